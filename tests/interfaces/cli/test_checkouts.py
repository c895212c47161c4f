"""Commands about checkouts: what they print, what staff do with who and why, and what follows before they return."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import a_checkout
from every_store import sqlite_url
from read_side import open_read_side
from sample_log import SHOP
from sandbox_sales import paid
from typed_ids import as_session

from application.log.insertion import Bookkeeping, Insertion, ParkedEvent
from application.reading.checkout_state import CheckoutState
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.line import LineState
from domain.mail import MailKind
from domain.order_number import order_number
from interfaces.cli.lines import about_the_money
from interfaces.sandbox.sandbox import Sandbox

Fulfill = Callable[..., Any]
ORDER, DEBIT, POSTER = "cs_test_a1Q7xK2mVd", "cs_test_b2R8yL3nWe", "cs_test_c3S9zM4oXf"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
BY = ("--as", "kim", "--reason", "the customer called")


def state(fulfill: Fulfill, session: str) -> Any:
    return fulfill("checkout", session, "--json").json["state"]


@pytest.mark.usefixtures("small_shop")
def test_a_checkout_has_the_promised_shape(fulfill: Fulfill) -> None:
    document = fulfill("checkout", ORDER, "--json").json

    assert document["session_id"] == ORDER
    assert document["state"] in set(CheckoutState)
    assert (document["payment_status"], document["livemode"]) == ("paid", False)
    assert (document["amount_total"], document["currency"]) == (11500, "eur")
    line_item = {"id", "price", "product", "description", "quantity", "delivery", "state", "detail", "why"}
    line_item |= {"name", "sku", "amount_total", "link", "keys_valid", "keys_revoked", "keys_awaited"}
    assert all(item.keys() == line_item and item["state"] in set(LineState) for item in document["line_items"])
    of_a_mail = {"kind", "state", "occasion", "to", "subject", "text", "detail", "why"}
    assert all(mail.keys() == of_a_mail for mail in document["emails"])
    assert all(m["kind"] in set(MailKind) and m["state"] in {"queued", "sent", "failed"} for m in document["emails"])


@pytest.mark.usefixtures("log_file")
def test_a_story_has_the_promised_shape(fulfill: Fulfill) -> None:
    story = fulfill("checkout", SHOP, "--json").json["story"]

    for entry in story:
        keys = "position stream type occurred_at recorded_at actor cause reason text is_personal why is_routine"
        assert entry.keys() == set(keys.split())
        assert RFC3339.fullmatch(entry["recorded_at"])
        assert RFC3339.fullmatch(entry["occurred_at"])
        assert re.fullmatch(r"[A-Z]\w+\.[A-Z]\w+", entry["type"])
        assert entry["cause"] is None or re.fullmatch(r"\S+@\d+", entry["cause"])
    assert [entry["position"] for entry in story] == sorted(entry["position"] for entry in story)


@pytest.mark.usefixtures("log_file")
@pytest.mark.parametrize("words", [("zoe@example.com",), ("zoé", "o'example"), ("zoe o'ex",), (SHOP,)], ids=" ".join)
def test_a_checkout_is_found_by_what_people_know_of_it(fulfill: Fulfill, words: tuple[str, ...]) -> None:
    found, shown = fulfill("search", *words, "--json"), fulfill("search", *words)

    assert (found.code, shown.code) == (0, 0)
    assert SHOP in {hit["session_id"] for hit in found.json}
    assert re.search(rf" {SHOP} +fulfilled +49\.90 EUR ", shown.out, re.MULTILINE)


@pytest.mark.usefixtures("log_file")
def test_every_word_must_be_found(fulfill: Fulfill) -> None:
    nothing, document = fulfill("search", "zoe", "stranger"), fulfill("search", "zoe", "stranger", "--json")

    assert (nothing.code, document.code, document.json) == (1, 1, [])
    assert nothing.out == "No checkouts found. Each search word must be a word of the checkout, or the start of one.\n"


@pytest.mark.usefixtures("small_shop")
def test_no_word_at_all_finds_the_newest(fulfill: Fulfill) -> None:
    assert [hit["session_id"] for hit in fulfill("search", "", "--json").json] == [POSTER, DEBIT, ORDER]


@pytest.mark.usefixtures("small_shop")
def test_hits_show_whose_order_it_is_and_of_what(fulfill: Fulfill) -> None:
    newest = fulfill("search", "").out.splitlines()[1]
    hit = fulfill("search", ORDER, "--json").json[0]
    hidden = fulfill("search", ORDER, "--redact")

    assert "Ada Example" in newest
    assert "1 x Poster as a file" in newest
    assert (hit["order"]["customer"]["name"], hit["order"]["customer"]["email"]) == ("Ada Example", "ada@example.com")
    assert "/order/customer/name" in hit["personal"]
    assert (hidden.code, "Ada" in hidden.out, "Mug, blue" in hidden.out) == (0, False, True)


@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--since", "2026-11-24T09:02:00Z"), [POSTER, DEBIT]),
        (("--until", "2026-11-24T09:03:00Z"), [DEBIT, ORDER]),
        (("--since", "2026-11-24T09:02:00Z", "--until", "2026-11-24T09:03:00Z"), [DEBIT]),
        (("--since", "2026-11-25"), []),
        (("--before", POSTER), [DEBIT, ORDER]),
        (("--before", DEBIT), [ORDER]),
        (("--before", ORDER), []),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
def test_a_search_is_narrowed_by_time_and_continues_page_by_page(
    fulfill: Fulfill, options: tuple[str, ...], found: list[str]
) -> None:
    assert [hit["session_id"] for hit in fulfill("search", "", *options, "--json").json] == found


def test_run_fulfills_a_session_without_a_webhook(fulfill: Fulfill, sandbox: Sandbox) -> None:
    session = paid(sandbox, "access")

    result = fulfill("run", session, *BY, "--json")

    named = {"session_id": session, "order_number": order_number(as_session(session))}
    assert (result.code, result.json) == (0, {**named, "state": "fulfilled", "is_followed": True})
    [receipt] = fulfill("checkout", session, "--json").json["emails"]
    assert (receipt["kind"], receipt["state"]) == ("receipt", "queued"), "mails are left to a server"
    retrieved = next(e for e in fulfill("checkout", session, "--json").json["story"] if "Retrieved" in e["type"])
    assert (retrieved["actor"], retrieved["reason"]) == ("staff:kim", "the customer called")


def test_a_discount_of_the_sandbox_is_in_the_order(fulfill: Fulfill, sandbox: Sandbox) -> None:
    price = {
        "currency": "eur",
        "unit_amount": 1000,
        "product_data": {"name": "Mug", "metadata": {"delivery": "access"}},
    }
    coupon = sandbox.create_coupon({"percent_off": 10, "name": "Welcome"})
    items = [{"price_data": price, "quantity": 2}]
    values = {"mode": "payment", "success_url": "http://localhost/x", "line_items": items}
    session = sandbox.create_session({**values, "discounts": [{"coupon": coupon.id}]}).id
    sandbox.pay(session)

    fulfill("run", session, *BY)

    document = fulfill("checkout", session, "--json").json
    assert (document["amount_subtotal"], document["amount_discount"], document["amount_total"]) == (2000, 200, 1800)
    assert [each["coupon_name"] for each in document["discounts"]] == ["Welcome"]
    assert "Welcome" in fulfill("checkout", session).out


def test_a_state_with_a_verb_of_its_own_is_no_adjective(fulfill: Fulfill, sandbox: Sandbox) -> None:
    session = sandbox.create_session({"mode": "setup", "currency": "eur", "success_url": "http://localhost/x"}).id
    sandbox.pay(session)

    result = fulfill("run", session, *BY)

    assert (
        result.out
        == f"Retrieved from Stripe. {order_number(as_session(session))} ({session}) has nothing to fulfill.\n"
    )


def test_run_for_a_session_unknown_to_stripe_is_refused(fulfill: Fulfill, sandbox: Sandbox) -> None:
    result = fulfill("run", "cs_test_unknown", *BY)

    assert result.code == 1
    assert "Stripe has no such session" in result.err


def test_run_without_stripe_says_that_it_can_not_be_reached(fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")

    result = fulfill("run", "cs_test_a", *BY)

    assert result.code == 1
    assert "could not be reached" in result.err


def test_a_manual_line_is_completed_by_hand_once(fulfill: Fulfill, sandbox: Sandbox) -> None:
    session = paid(sandbox, "manual")
    fulfill("run", session, *BY)
    assert [(item["subject"], item["kind"]) for item in fulfill("queue", "--json").json] == [(session, "manual_line")]

    done = fulfill("complete", session, *BY, "--json")
    again = fulfill("complete", session, *BY)

    assert (done.code, done.json["state"]) == (0, "fulfilled")
    assert again.code == 1
    assert fulfill("queue", "--json").json == []


def test_lines_are_shipped_apart(fulfill: Fulfill, sandbox: Sandbox) -> None:
    session = paid(sandbox, "shipment", "shipment")
    fulfill("run", session, *BY)
    first, second = (line["id"] for line in fulfill("checkout", session, "--json").json["line_items"])

    one = fulfill("ship", session, "--line", first, "--carrier", "DHL", "--tracking", "0034", *BY, "--json")
    wrong = fulfill("ship", session, "--line", first, "--carrier", "DHL", *BY)
    two = fulfill("ship", session, "--line", second, "--carrier", "Post", *BY, "--json")

    assert (one.json["state"], wrong.code, two.json["state"]) == ("fulfilling", 1, "fulfilled")


def test_a_new_rule_takes_effect_by_replanning(fulfill: Fulfill, sandbox: Sandbox, tmp_path: Path) -> None:
    session = paid(sandbox, "unheard_of")
    fulfill("run", session, *BY)
    assert state(fulfill, session) == "blocked"
    product = sandbox.books.of(session).line_items[0].product_id
    (tmp_path / "catalog.toml").write_text(f'[products.{product}]\ndelivery = "access"\n')

    result = fulfill("replan", session, *BY, "--json")

    assert result.json["state"] == "fulfilled"


def test_a_note_is_kept_with_its_lines_unless_it_steers_a_terminal(fulfill: Fulfill, sandbox: Sandbox) -> None:
    session = paid(sandbox, "access")
    fulfill("run", session, *BY)

    assert fulfill("note", session, "called \x1b[2J back", *BY).code == 1
    assert fulfill("note", session, "called\nback", *BY).code == 0

    assert "called back" in fulfill("checkout", session).out
    assert fulfill("note", session, "x", "--as", "kim", "--reason", " ").code == 2


@pytest.mark.usefixtures("small_shop")
def test_a_dismissed_stripe_event_is_gone_from_the_queue_until_a_retry_of_it_fails(fulfill: Fulfill) -> None:
    result = fulfill("dismiss", "evt_4", *BY)

    assert (result.code, result.out) == (0, "Dismissed evt_4. It has no more tasks in the queue.\n")
    assert "evt_4" not in fulfill("queue").out
    again = fulfill("dismiss", "evt_4", *BY)
    assert (again.code, "evt_4 has no task in the queue." in again.err) == (1, True)
    fulfill("retry", "evt_4", *BY)
    assert "evt_4" in fulfill("queue").out


@pytest.mark.usefixtures("small_shop")
def test_lines_are_not_dismissed_but_resolved(fulfill: Fulfill) -> None:
    before = fulfill("queue", "--json").json, fulfill("checkout", POSTER, "--json").json["story"]

    result = fulfill("dismiss", POSTER, *BY)

    assert (result.code, result.out) == (1, "")
    assert "The tasks of this checkout can't be dismissed, only resolved. Nothing was recorded." in result.err
    assert " manual line: `fulfill complete " in result.err
    assert (fulfill("queue", "--json").json, fulfill("checkout", POSTER, "--json").json["story"]) == before


@pytest.mark.usefixtures("small_shop")
def test_a_checkout_that_is_not_in_the_queue_is_not_dismissed(fulfill: Fulfill) -> None:
    result = fulfill("dismiss", DEBIT, *BY)

    assert result.code == 1
    assert result.err.endswith(": This checkout has no task in the queue. Nothing was recorded.\n")


def test_what_the_log_does_not_know_can_not_be_acted_on(fulfill: Fulfill) -> None:
    fulfill("migrate")
    said = "No checkout cs_test_stranger in the log. `fulfill run` retrieves it from Stripe.\n"
    for command in (("complete",), ("ship", "--carrier", "x"), ("retry",), ("replan",), ("cancel",), ("dismiss",)):
        result = fulfill(command[0], "cs_test_stranger", *command[1:], *BY)
        assert (result.code, result.err.endswith(said)) == (1, True), command
    assert fulfill("retry", "evt_stranger", *BY).code == 1
    assert fulfill("retry", "nonsense", *BY).code == 1
    assert fulfill("retry", "evt_!", *BY).code == 2
    assert fulfill("dismiss", "evt_stranger", *BY).code == 1
    assert fulfill("dismiss", "evt_!", *BY).code == 2


@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize("id", [ORDER, "evt_1"])
def test_a_retry_of_nothing_is_refused_and_not_recorded(fulfill: Fulfill, id: str) -> None:
    before = fulfill("checkout", ORDER, "--json").json["story"]

    result, document = fulfill("retry", id, *BY), fulfill("retry", id, *BY, "--json")

    assert (result.code, result.out, document.json["error"]["kind"]) == (1, "", "refused")
    assert "nothing to retry" in result.err
    assert fulfill("checkout", ORDER, "--json").json["story"] == before


def test_all_that_is_stuck_is_tried_again_and_counted(fulfill: Fulfill, sandbox: Sandbox) -> None:
    session = paid(sandbox, "access")
    fulfill("run", session, *BY)

    done = fulfill("retry", "--all", *BY, "--json")
    shown = fulfill("retry", "--all", "--kind", "parked_session", *BY)

    assert (done.code, done.json) == (0, {"retried": 0, "unreadable": [], "without_retry": [], "is_followed": True})
    assert (shown.code, shown.out) == (0, "No matching items in the queue.\n")


@pytest.mark.usefixtures("small_shop")
def test_the_count_of_retries_is_printed_once(fulfill: Fulfill) -> None:
    done = fulfill("retry", "--all", *BY)

    assert re.fullmatch(r"Requested \d+ retr(y|ies)\.\n", done.out)
    assert "so far" not in done.err


def test_parked_events_that_no_retry_releases_are_left_and_named(fulfill: Fulfill, small_shop: Path) -> None:
    why = reasons.as_written("no")
    at = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    parked = [
        ParkedEvent(policy="inventory", position=number, subject=subject, error=why, parked_at=at)
        for number, subject in enumerate(("sku_mug-blue", "pi_1", "keys_app", POSTER), 1)
    ]
    with open_read_side(sqlite_url(small_shop)) as side:
        side.log.store.insert(Insertion(books=Bookkeeping(park=parked)))

    done = fulfill("retry", "--all", "--kind", "parked_event", *BY, "--json")

    assert done.code == 0
    assert done.json == {
        "retried": 1,
        "unreadable": [],
        "without_retry": ["keys_app", "pi_1", "sku_mug-blue"],
        "is_followed": True,
    }
    assert "No retry releases the parked events of keys_app, pi_1, sku_mug-blue. A server tries them" in done.err
    [row] = fulfill("queue", "--order", POSTER, "--kind", "parked_event", "--json").json or [None]
    assert row is None
    rows = {each["subject"]: each for each in fulfill("queue", "--kind", "parked_event", "--json").json}
    assert rows["sku_mug-blue"]["detail"] == "no. A server tries it again when it starts"
    assert rows["sku_mug-blue"]["commands"] == ["fulfill serve", "fulfill policies list"]
    assert "can't read" not in done.err
    assert "No retry releases" not in fulfill("retry", "--all", "--kind", "mail_failed", *BY).err


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        ((), "Name either a checkout or Stripe event, or --all."),
        (("cs_test_a", "--all"), "Name either a checkout or Stripe event, or --all."),
        (("cs_test_a", "--kind", "mail_failed"), "--kind needs --all."),
        (("--all", "--kind", "parcels"), "--kind must be one of given_up_line, mail_failed, "),
    ],
)
def test_what_is_to_be_tried_again_is_named_in_one_way(
    fulfill: Fulfill, sandbox: Sandbox, arguments: tuple[str, ...], result: str
) -> None:
    refused = fulfill("retry", *arguments, *BY)

    assert refused.code == 2
    assert result in refused.err


@pytest.mark.usefixtures("small_shop")
def test_a_cancellation_notifies_no_one_by_a_mail_that_the_settings_leave_out(
    fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FULFILL_MAILS", "receipt,delivered")

    result = fulfill("cancel", POSTER, "--notify", *BY)

    assert (result.code, "FULFILL_MAILS leaves out `canceled`" in result.err) == (1, True)
    assert fulfill("checkout", POSTER, "--json").json["state"] != "canceled"


PAID = CheckoutSession(id=as_session("cs_test_a"), checkout=a_checkout(), paid_at=datetime(2026, 11, 24, tzinfo=UTC))
UNPAID = replace(PAID, checkout=a_checkout(payment_status="unpaid"), paid_at=None)


@pytest.mark.parametrize(
    ("session", "left"),
    [
        (PAID, "Refund the payment in Stripe's Dashboard."),
        (replace(PAID, checkout=a_checkout(payment_status="no_payment_required")), "no payment was required."),
        (UNPAID, "If a payment is on its way, cancel it in Stripe's Dashboard."),
        (replace(UNPAID, failed=True), "the payment failed or was canceled."),
        (
            replace(UNPAID, checkout=a_checkout(payment_status="unpaid", intent_status="canceled")),
            "the payment failed or was canceled.",
        ),
        (
            replace(UNPAID, checkout=a_checkout(payment_status="unpaid", status="open")),
            "The customer has not paid, and can until the session expires: `fulfill queue` would show it.",
        ),
        (
            replace(UNPAID, checkout=a_checkout(payment_status="unpaid", status="expired"), expired=True),
            "the session expired before it was paid.",
        ),
    ],
)
def test_a_cancellation_says_by_the_state_what_is_left_to_do_about_the_money(
    session: CheckoutSession, left: str
) -> None:
    said = about_the_money(session)

    assert said.startswith("No money was moved")
    assert said.endswith(left)
