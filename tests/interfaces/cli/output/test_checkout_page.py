"""What a person reads of a checkout: how it stands, both clocks, who and why, now and as of any moment."""

import json
import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import a_checkout
from log_parts import BEGINNING, LogWriter
from sample_log import CANCELED, DEBIT, FOREIGN, KEYS, SHOP
from typed_ids import as_event, as_session, as_stream

from application.reading.checkout_state import CheckoutState
from application.reading.states_in_words import STATES
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.mail import MailKind
from interfaces.cli.arguments.times import moment, shown_zone
from interfaces.cli.output.checkout_page import occasion_in_words
from interfaces.cli.output.order_fields import order_fields
from interfaces.cli.output.text import exact, to_the_second

Fulfill = Callable[..., Any]


def pointed_at(document: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


ORDER = "cs_test_a1Q7xK2mVd"
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


@pytest.mark.parametrize("state", CheckoutState)
def test_every_state_has_its_plain_words(state: CheckoutState) -> None:
    assert STATES[state].short == state.replace("_", " ")


@pytest.mark.usefixtures("log_file")
@pytest.mark.parametrize(
    ("session", "lines"),
    [
        (SHOP, ["(test mode)", "all license keys of a line are revoked", "49.90 EUR, paid", "ORDER-17"]),
        (
            DEBIT,
            [
                "(test mode)",
                "payment failed: the payment failed or was canceled",
                "13.90 EUR, not paid\n",
                "ORDER-17",
            ],
        ),
        (KEYS, ["to do by hand: every line waits", "13.90 EUR, paid", "li_key"]),
        (CANCELED, ["canceled: the undelivered items", "13.90 EUR, paid", "li_key"]),
        (FOREIGN, ["(live mode)", "parked: needs a person", "Payment       reported as paid, not retrieved yet"]),
    ],
)
def test_the_header_says_how_it_stands(fulfill: Fulfill, session: str, lines: list[str]) -> None:
    result = fulfill("checkout", session)

    header = result.out.split(f"\n\n{BEGINNING:%Y}")[0]
    assert [line for line in lines if line not in header] == []


def test_lines_mails_and_reference_are_in_both_forms(fulfill: Fulfill, small_shop: Path) -> None:
    shown, document = fulfill("checkout", ORDER).out, fulfill("checkout", ORDER, "--json").json

    assert document["client_reference_id"] == "ORDER-17"
    assert "as_of" not in document
    for item in document["line_items"]:
        sku = item["sku"] or ""
        assert re.search(rf"{item['id']} +{item['quantity']}  {item['name']} +{sku} +{item['delivery']}", shown)
    for mail in document["emails"]:
        assert re.search(rf"^{mail['kind']} +{mail['state']} +{mail['to']}", shown, re.MULTILINE)


def test_every_event_is_reported_in_log_order_with_clocks_actor_and_cause(fulfill: Fulfill, small_shop: Path) -> None:
    shown, document = fulfill("checkout", ORDER).out, fulfill("checkout", ORDER, "--json").json

    assert len(document["story"]) == 19
    for entry in document["story"]:
        head = (
            f"{entry['recorded_at']}  {entry['text']}\n{'':29}#{entry['position']} {entry['type']} by {entry['actor']}"
        )
        assert head in shown
        shown = shown.partition(head)[2]
        below = shown.partition("\n")[0]
        happened = f", happened {entry['occurred_at']}"
        assert (happened in below) is (entry["occurred_at"] != entry["recorded_at"])
        assert bool(re.search(r", because of (#\d+|\w+@\d+)$", below)) is (entry["cause"] is not None)


def test_the_newest_event_can_come_first(fulfill: Fulfill, small_shop: Path) -> None:
    heads = [fulfill("checkout", ORDER, *option).out.split("\n\n")[-1] for option in ((), ("--newest-first",))]
    positions = [re.findall(r"^ +#(\d+) ", story, re.MULTILINE) for story in heads]

    assert len(positions[0]) == 19
    assert positions[1] == positions[0][::-1]
    assert re.search(r"#3 CheckoutSession.Completed .*because of #2\n", heads[1]), "causes keep their numbers"


def test_times_are_shown_in_a_zone_as_as_of_takes_them(fulfill: Fulfill, small_shop: Path) -> None:
    utc = fulfill("checkout", ORDER).out
    berlin = fulfill("checkout", ORDER, "--time-zone", "Europe/Berlin").out
    shown = re.findall(r"^(2026\S+)  ", berlin, re.MULTILINE)

    assert [exact(datetime.fromisoformat(at)) for at in shown] == re.findall(r"^(2026\S+)  ", utc, re.MULTILINE)
    assert all(at.endswith("+01:00") for at in shown)
    assert re.search(r", happened 2026-11-24T10:01:00\.000000\+01:00, ", berlin)
    assert re.search(MOMENT, berlin) is None
    as_of = ("--as-of", shown[1], "--time-zone", "Europe/Berlin")
    assert f"As of         {shown[1]}, in the past" in fulfill("checkout", ORDER, *as_of).out
    assert fulfill("checkout", ORDER, "--time-zone", "UTC").out == utc


@pytest.mark.usefixtures("small_shop")
def test_the_short_form_has_the_words_of_the_landing_page(fulfill: Fulfill) -> None:
    fulfill("ship", ORDER, "--carrier", "DHL", "--tracking", "0034", "--as", "kim", "--reason", "packed by kim")
    short, document = (
        fulfill("checkout", ORDER, "--for-customer").out,
        fulfill("checkout", ORDER, "--for-customer", "--json").json,
    )

    for line in (
        r"Status +Thank you for your order\. Part of it is ready\.",
        r"Total +115\.00 EUR, paid",
        r" +1  Online course: drawing trees +Ready for you",
        r" +2  Mug, blue +On its way to you",
        r" +1  Gift wrap +Prepared by our team",
        r" +1  License for Pro +Takes a little longer",
        r" +1  DHL +0034 +2026-",
        r"2026-\S+Z  Parcel 1 left with DHL: “Mug, blue”",
    ):
        assert re.search(f"^{line}", short, re.MULTILINE), line
    for text in ("kim", "Ada", "Grace", "ada@example.com", "li_", "cs_test", "pi_17", "policy", "mug-blue"):
        assert text not in short
        assert text not in json.dumps(document)
    assert document["headline"] == "Thank you for your order"
    assert document["parcels"][0]["tracking"] == "0034"
    assert document["personal"] == ["/parcels/0/tracking"]
    assert [each["status"] for each in document["items"]][1] == "On its way to you"


@pytest.mark.usefixtures("log_file")
def test_a_customer_whose_keys_were_all_revoked_does_not_read_that_the_order_is_complete(fulfill: Fulfill) -> None:
    short = fulfill("checkout", SHOP, "--for-customer").out

    assert re.search(r"^Status +.*\. Part of it is no longer available\.", short, re.MULTILINE)
    assert re.search(r"^ +\d+  .* No longer valid$", short, re.MULTILINE)
    assert "complete" not in short


@pytest.mark.usefixtures("small_shop")
def test_the_short_form_takes_the_options_of_the_full_one(fulfill: Fulfill) -> None:
    early = fulfill("checkout", ORDER, "--for-customer", "--as-of", "2026-11-24T09:01:00.700005Z").out
    newest = fulfill("checkout", ORDER, "--for-customer", "--newest-first", "--time-zone", "Europe/Berlin").out

    assert re.findall(r"Z  (.*)", early) == ["Order placed"]
    assert re.findall(r"\+01:00  (.*)", newest)[-1] == "Order placed"
    assert fulfill("checkout", "cs_test_zzzzzzzzzz", "--for-customer").code == 1


@pytest.mark.usefixtures("small_shop")
def test_local_times_have_the_offset_that_this_machine_has_at_each_moment(
    script: Fulfill, monkeypatch: pytest.MonkeyPatch
) -> None:
    berlin = script("checkout", ORDER, "--time-zone", "Europe/Berlin").out

    assert script("checkout", ORDER, "--local", TZ="Europe/Berlin").out == berlin
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    local, last_of_summer = shown_zone(None, local=True), datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC)
    assert to_the_second(last_of_summer, local) == "2026-10-25T02:59:59+02:00"
    assert to_the_second(last_of_summer + timedelta(seconds=1), local) == "2026-10-25T02:00:00+01:00"
    monkeypatch.undo()
    time.tzset()


def test_times_are_shown_in_one_zone(fulfill: Fulfill, small_shop: Path) -> None:
    result = fulfill("checkout", ORDER, "--local", "--time-zone", "UTC")

    assert (result.code, result.err) == (2, "fulfill: Use either --time-zone or --local.\n")


def test_a_zone_has_its_offset_of_the_season() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    last_of_summer = datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC)

    assert to_the_second(last_of_summer, berlin) == "2026-10-25T02:59:59+02:00"
    assert to_the_second(last_of_summer + timedelta(seconds=1), berlin) == "2026-10-25T02:00:00+01:00"
    assert exact(datetime.max.replace(tzinfo=UTC), berlin) == "9999-12-31T23:59:59.999999Z"
    assert exact(last_of_summer, ZoneInfo("Asia/Kathmandu")) == "2026-10-25T06:44:59.000000+05:45"


@pytest.mark.parametrize("name", ["Europe/Berlim", "Europe", "../etc/passwd", "", "+01:00"])
def test_a_zone_that_there_is_not_is_refused(fulfill: Fulfill, small_shop: Path, name: str) -> None:
    result = fulfill("checkout", ORDER, "--time-zone", name)

    wanted = f"--time-zone must be the IANA name of a time zone such as Europe/Berlin (got {name!r})."
    assert (result.code, result.out) == (2, "")
    assert wanted in result.err


def test_a_cause_is_named_by_its_place_in_the_story(fulfill: Fulfill, small_shop: Path) -> None:
    shown = fulfill("checkout", ORDER).out

    assert re.search(
        r"#2 StripeEvent.Received by stripe.*\n.*\n +#3 CheckoutSession.Completed .*because of #2\n", shown
    )


@pytest.mark.usefixtures("log_file")
def test_who_did_it_and_why_stands_below_what_staff_did(fulfill: Fulfill) -> None:
    shown = fulfill("checkout", SHOP).out

    assert re.search(r"Note: A gift\n +#\d+ CheckoutSession.Noted by staff:kim.*\n +reason: asked by phone\n", shown)


def test_as_of_a_moment_it_is_reported_what_was_recorded_by_then(fulfill: Fulfill, small_shop: Path) -> None:
    story = fulfill("checkout", ORDER, "--json").json["story"]
    then = datetime.fromisoformat(story[1]["recorded_at"])
    known = [entry for entry in story if entry["recorded_at"] <= story[1]["recorded_at"]]

    at, before = (
        fulfill("checkout", ORDER, "--as-of", exact(when), "--json").json
        for when in (then, then - timedelta(microseconds=1))
    )

    assert (at["story"], at["as_of"]) == (known, exact(then))
    assert before["story"] == story[:1]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-24T14:00:00.500+05:00", datetime(2026, 11, 24, 9, 0, 0, 500_000, UTC)),
        ("2026-11-24t09:00z", datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ("2026-11-24 09:00:00", datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_every_zone_and_without_a_zone_or_setting_it_is_utc(text: str, read: datetime) -> None:
    assert (moment(text, "--since"), moment(text, "--since").tzinfo) == (read, UTC)


def test_the_past_is_called_the_past(fulfill: Fulfill, small_shop: Path) -> None:
    then = fulfill("checkout", ORDER, "--as-of", "2026-11-24T09:01:00.700005Z").out
    later = fulfill("checkout", ORDER, "--as-of", "2999-01-01").out

    assert "As of         2026-11-24T09:01:00.700005Z, in the past; the current state may differ\n" in then
    assert "State         reported as complete: " in then
    assert "Reference" not in then, "it was not known then"
    assert "in the future; this is the current state" in later


def test_as_of_a_day_it_is_its_end_in_the_zone_of_the_shop(
    fulfill: Fulfill, small_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FULFILL_TIME_ZONE", "Europe/Berlin")

    document = fulfill("checkout", ORDER, "--as-of", "2026-11-24", "--json").json

    assert document["as_of"] == "2026-11-24T22:59:59.999999Z"
    assert document["state"] == fulfill("checkout", ORDER, "--json").json["state"]


@pytest.mark.parametrize(
    ("text", "read"),
    [("2026-11-24T09:00", "2026-11-24T08:00:00.000000Z"), ("2026-11-24T09:00Z", "2026-11-24T09:00:00.000000Z")],
)
def test_a_time_without_a_zone_is_of_the_shop(
    fulfill: Fulfill, small_shop: Path, monkeypatch: pytest.MonkeyPatch, text: str, read: str
) -> None:
    monkeypatch.setenv("FULFILL_TIME_ZONE", "Europe/Berlin")

    assert f"was not in the log yet at {read}" in fulfill("checkout", ORDER, "--as-of", text).err


def test_before_its_first_event_there_is_nothing_to_show(fulfill: Fulfill, small_shop: Path) -> None:
    result = fulfill("checkout", ORDER, "--as-of", "2026-11-23")

    assert (result.code, result.out) == (1, "")
    assert f"{ORDER} was not in the log yet at 2026-11-23T23:59:59.999999Z" in result.err
    assert re.search(rf"Its first event was recorded at {MOMENT}\.$", result.err)


def test_a_session_that_is_not_retrieved_yet_is_shown_as_far_as_it_is_known(
    fulfill: Fulfill, write_log: Callable[[Iterable[Event]], Path]
) -> None:
    log = LogWriter()
    completed = CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="some_new_status")
    log.add(as_stream("cs_test_new"), completed, session_id=as_session("cs_test_new"), actor="policy:intake")
    write_log(log.events)

    result = fulfill("checkout", "cs_test_new")

    assert re.search(r"^Payment +some_new_status, as Stripe reported$", result.out, re.MULTILINE)
    assert "LINE ITEM" not in result.out
    assert "EMAIL" not in result.out


WHOLE = """
State            fulfilled: everything was delivered, and all license keys of a line are revoked
Payment          49.90 EUR, paid
Presentment      61.20 USD, in the customer's currency
Discount         5.00 EUR, A tenth off (code WELCOME), hidden
Shipping         4.90 EUR, Express, 1 to 2 days (shr_express)
Tax              9.33 EUR
Customer         Zoé O'Example
Business         Example & Daughters
Email            Zoe@Example.com
Phone            +4930000
Tax ID           DE123456789 (eu_vat)
Billing          1 Example Road
                 Exampleton
                 Germany
Consent          terms of service accepted, promotions opt in
Ship to          Gift Receiver
                 1 Example Road
                 Exampleton
                 Germany
                 +4930000
Custom field     Engraving: For you
Reference        ORDER-17
Metadata         order: 17
Payment intent   pi_Shop1
Stripe customer  cus_1
Recovered from   cs_test_abandoned
Landing page     /after-checkout?session_id=cs_test_shop
"""


@pytest.mark.usefixtures("log_file")
def test_the_header_says_who_ordered_and_where_it_goes(fulfill: Fulfill) -> None:
    assert WHOLE in fulfill("checkout", SHOP).out


@pytest.mark.parametrize(
    ("kind", "occasion", "words"),
    [
        (MailKind.RECEIPT, None, ""),
        (MailKind.SHIPPED, "2", "parcel 2"),
        (MailKind.SHIPPED, "1_1", "correction of parcel 1 (1_1)"),
        (MailKind.DELIVERED, "li_key", "License (li_key)"),
        (MailKind.BACKORDERED, "li_gone", "li_gone"),
        (MailKind.KEYS_REPLACED, "1", "1"),
    ],
)
def test_people_read_the_occasion_of_a_mail_in_words(kind: MailKind, occasion: str | None, words: str) -> None:
    assert occasion_in_words(kind, occasion, {"li_key": "License"}) == words


@pytest.mark.usefixtures("log_file")
def test_each_parcel_is_shown_with_its_carrier_and_tracking(fulfill: Fulfill) -> None:
    shown = fulfill("checkout", SHOP).out

    assert re.search(
        r"^PARCEL  CARRIER  TRACKING +SHIPPED +LINE ITEMS\n +2  DHL +TRACK44 +2026\S+ +li_mug$", shown, re.M
    )


@pytest.mark.usefixtures("log_file")
def test_the_landing_page_has_the_address_of_the_settings(fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULFILL_PUBLIC_URL", "https://shop.example.com/")

    page = f"https://shop.example.com/after-checkout?session_id={SHOP}"
    assert f"Landing page     {page}\n" in fulfill("checkout", SHOP).out
    assert fulfill("checkout", SHOP, "--json").json["landing_page"] == page


@pytest.mark.usefixtures("log_file")
def test_mails_that_go_elsewhere_say_where(fulfill: Fulfill) -> None:
    shown = fulfill("checkout", KEYS).out

    assert re.search(r"^Email +Zoe@Example.com$", shown, re.MULTILINE)
    assert re.search(r"^Mails go to +zoe.other@example.com$", shown, re.MULTILINE)


@pytest.mark.usefixtures("log_file")
@pytest.mark.parametrize("session", [SHOP, DEBIT, FOREIGN, KEYS])
def test_a_redacted_page_has_no_personal_data(fulfill: Fulfill, session: str) -> None:
    whole = fulfill("checkout", session, "--json").json
    marked = {str(pointed_at(whole, pointer)).removeprefix("Note: ") for pointer in whole["personal"]}

    page, document = (
        fulfill("checkout", session, "--redact").out,
        fulfill("checkout", session, "--redact", "--json").out,
    )

    short = {"DE", "17"}  # which are parts of words that are not personal
    assert [text for text in marked - short if text in page or text in document] == []
    assert "Germany" not in page
    assert whole["landing_page"] not in page + document
    assert whole["state"] in document


@pytest.mark.usefixtures("log_file")
def test_a_redacted_address_is_one_line(fulfill: Fulfill) -> None:
    shown = fulfill("checkout", SHOP, "--redact").out

    assert "Ship to          [redacted]\n                 [redacted]\n                 [redacted]\nCustom" in shown
    assert "Custom field     Engraving: [redacted]\n" in shown


TEXT = """
Text of the mail receipt, as it was sent:
    Hello Zoé O'Example,

    thank you!

"""


@pytest.mark.usefixtures("log_file")
def test_a_mail_is_shown_with_its_recipient_subject_and_text(fulfill: Fulfill) -> None:
    shown, hidden = fulfill("checkout", KEYS).out, fulfill("checkout", KEYS, "--redact").out

    assert re.search(r"^receipt +sent +Zoe@Example.com +Your order at Example$", shown, re.MULTILINE)
    assert TEXT in shown
    assert re.search(r"^receipt +sent +\[redacted\] +\[redacted\]$", hidden, re.MULTILINE)
    assert "thank you" not in hidden


@pytest.mark.parametrize(
    ("status", "name"), [("paid", "Paid by"), ("unpaid", "Payment method"), ("no_payment_required", "Payment method")]
)
def test_only_a_paid_order_says_what_it_was_paid_by(status: str, name: str) -> None:
    order = a_checkout(payment_status=status, payment_method_type="sepa_debit")

    assert (name, "sepa debit") in list(order_fields(order, hides_personal=False))
