"""How people at a terminal call a checkout."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from log_parts import COURSE, LogWriter, checkout
from sample_log import KEYS, SHOP
from typed_ids import as_line, as_session, as_stream

from domain.checkout import Contact
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.order_number import order_number
from domain.personal import Personal
from domain.source import Source

Fulfill = Callable[..., Any]
WriteLog = Callable[[Iterable[Event]], Path]
NUMBER = order_number(as_session(SHOP))


@pytest.mark.usefixtures("log_file")
@pytest.mark.parametrize(
    "name",
    [SHOP, NUMBER, NUMBER.lower().replace("-", " "), f"SHOP-{NUMBER}", "t_shop", "…test_shop", "TEST_SHOP"]
    + [f"https://dashboard.stripe.com/{page}checkout/sessions/{SHOP}" for page in ("", "test/", "acct_1032D82e/test/")],
)
def test_a_checkout_is_meant_by_any_of_its_names(fulfill: Fulfill, name: str) -> None:
    result = fulfill("checkout", name, "--json")

    assert (result.code, result.json["session_id"], result.json["order_number"]) == (0, SHOP, NUMBER)


def number_of(id: str) -> str:
    return order_number(as_session(id))


def test_a_reference_names_a_checkout_as_a_whole_and_only_if_no_other_has_it(
    fulfill: Fulfill, write_log: WriteLog
) -> None:
    log = LogWriter()
    for number, reference in enumerate(["INV 17-B", "INV 18", "inv 18"]):
        id = f"cs_test_number{number}"
        contact = Contact(email=Personal(f"zoe{number}@example.com"))
        paid = replace(checkout(COURSE), payment_intent=f"pi_{number}", contact=contact)
        paid = replace(paid, client_reference_id=Personal(reference))
        retrieved = CheckoutSession.Retrieved(checkout=paid, source=Source.WEBHOOK)
        log.add(as_stream(id), retrieved, session_id=as_session(id), actor="worker:w1")
    write_log(log.events)

    assert fulfill("checkout", "inv 17-b", "--json").json["session_id"] == "cs_test_number0"
    assert fulfill("checkout", "17-b").code == 1, "a part of a reference"
    assert fulfill("checkout", "PI_2", "--json").json["session_id"] == "cs_test_number2"
    assert fulfill("checkout", "pi_").code == 1, "a part of an ID"
    result = fulfill("checkout", "INV 18")
    assert (result.code, result.out) == (2, "")
    first, second = (f"cs_test_number{number}" for number in (1, 2))
    assert result.err == (
        f"fulfill: 'INV 18' may be any of {number_of(first)} ({first}, zoe1@example.com, 13.90 EUR); "
        f"{number_of(second)} ({second}, zoe2@example.com, 13.90 EUR). Nothing was done. Repeat it with one of these.\n"
    )
    for command in (("checkout", "INV 18"), ("queue", "--order", "INV 18"), ("search", "", "--before", "INV 18")):
        hidden = fulfill(*command, "--redact")
        assert (hidden.code, number_of(first) in hidden.err, "zoe" in hidden.err) == (2, True, False)


@pytest.mark.usefixtures("log_file")
@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "pi_shop",
        "shop",
        "https://dashboard.stripe.com/payments/pi_shop",
        "K7Q2M-9XDRT",
        "zoe@example.com",
        "%",
        "_" * 8,
    ],
)
def test_what_names_no_checkout_is_not_acted_on(fulfill: Fulfill, name: str) -> None:
    result = fulfill("note", name, "called back", "--as", "kim", "--reason", "asked")

    assert (result.code, result.out) == (1, "")
    assert "Find it with `fulfill search`." in result.err


def test_commands_of_staff_act_on_the_checkout_that_is_meant(fulfill: Fulfill, log_file: Path) -> None:
    number = order_number(as_session(KEYS))

    result = fulfill("note", number, "called back", "--as", "kim", "--reason", "asked", "--json")

    assert (result.code, result.json["session_id"]) == (0, KEYS)
    assert "called back" in fulfill("checkout", KEYS).out


@pytest.mark.usefixtures("log_file")
@pytest.mark.parametrize("label", [f"{NUMBER} · ORDER-17", f"MUG-{NUMBER} · ORDER-17"])
def test_an_order_is_found_by_its_label_in_mails(fulfill: Fulfill, label: str) -> None:
    assert [hit["session_id"] for hit in fulfill("search", label, "--json").json] == [SHOP]


@pytest.mark.usefixtures("log_file")
@pytest.mark.parametrize("name", [NUMBER, f"MUG-{NUMBER}", f"OLD-{NUMBER}"])
def test_people_read_the_prefix_of_the_shop_and_find_orders_with_any(
    fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("FULFILL_ORDER_PREFIX", "MUG")

    page, document = fulfill("checkout", name), fulfill("checkout", name, "--json")
    hits, found = fulfill("search", name), fulfill("search", name, "--json")

    assert re.search(rf"^Order number +MUG-{NUMBER}$", page.out, re.MULTILINE)
    assert hits.out.splitlines()[1].startswith(f"MUG-{NUMBER} ")
    assert [document.json["order_number"], *(hit["order_number"] for hit in found.json)] == [NUMBER, NUMBER]


@pytest.mark.usefixtures("small_shop")
def test_answers_and_refusals_name_the_order_first(fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULFILL_ORDER_PREFIX", "MUG")
    id, number = "cs_test_a1Q7xK2mVd", "MUG-KV96R-719NK"

    noted, json = (fulfill("note", id, "called", "--as", "kim", *more) for more in ((), ("--json",)))
    dismissed, retried = (fulfill(verb, id, "--as", "kim", "--reason", "x") for verb in ("dismiss", "retry"))
    shipped = fulfill("ship", id, "--line", "li_key", "--carrier", "DHL", "--as", "kim")

    assert noted.out == f"Added the note. {number} ({id}) is fulfilling.\n"
    assert (json.json["session_id"], json.json["order_number"]) == (id, "KV96R-719NK")
    for refused in (dismissed, retried, shipped):
        assert (refused.code, refused.err.startswith(f"fulfill: {number}: ")) == (1, True), refused


@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize("command", [("retry",), ("dismiss", "--reason", "a test")], ids=" ".join)
def test_a_stripe_event_is_named_by_its_page_in_the_dashboard_too(fulfill: Fulfill, command: tuple[str, ...]) -> None:
    verb, *more = command
    page = "https://dashboard.stripe.com/test/workbench/events/evt_1NG8Du2eZvKYlo2C"

    result = fulfill(verb, page, *more, "--as", "kim")

    assert (result.code, result.err) == (1, "fulfill: No Stripe event evt_1NG8Du2eZvKYlo2C in the log.\n")
    assert fulfill("queue", "--order", page).out == "No such task is in the queue.\n"


@pytest.mark.usefixtures("small_shop")
def test_a_session_that_is_not_in_the_log_keeps_its_letters_from_the_address(fulfill: Fulfill) -> None:
    result = fulfill("checkout", "https://dashboard.stripe.com/test/checkout/sessions/cs_test_a1Elsewhere")

    assert (result.code, "No checkout cs_test_a1Elsewhere in the log." in result.err) == (1, True)


def test_a_payment_intent_is_named_by_its_page_and_by_its_end_if_no_other_ends_so(
    fulfill: Fulfill, write_log: WriteLog
) -> None:
    log = LogWriter()
    for number in (1, 2):
        paid = replace(checkout(COURSE), payment_intent=f"pi_{number}SameEnd")
        retrieved = CheckoutSession.Retrieved(checkout=paid, source=Source.WEBHOOK)
        id = as_session(f"cs_test_number{number}")
        log.add(as_stream(id), retrieved, session_id=id, actor="worker:w1")
    write_log(log.events)

    result = fulfill("checkout", "SameEnd")

    assert (result.code, result.out) == (2, "")
    for number in (1, 2):
        assert f"cs_test_number{number}" in result.err
    for name in (
        "2sameend",
        "…2SameEnd",
        "https://dashboard.stripe.com/payments/pi_2SameEnd",
        "https://dashboard.stripe.com/test/payments/pi_2SameEnd?tab=overview",
        "https://dashboard.stripe.com/acct_1032D82eZvKYlo2C/test/payments/pi_2SameEnd#log",
    ):
        assert fulfill("checkout", name, "--json").json["session_id"] == "cs_test_number2"


@pytest.fixture
def renewed(write_log: WriteLog) -> None:
    """Two orders with subscriptions, of which the second bought two things, and a third that shares its invoice."""
    log = LogWriter()
    for number, items in enumerate((["li_1Aa"], ["li_2Aa", "li_2Bb"], ["li_3Aa"])):
        lines = [replace(COURSE, item=replace(COURSE.item, id=as_line(id))) for id in items]
        paid = replace(checkout(*lines), payment_intent=None, subscription=f"sub_{number}Monthly")
        paid = replace(paid, invoice=f"in_{max(number, 1)}First")
        id = as_session(f"cs_test_number{number}")
        retrieved = CheckoutSession.Retrieved(checkout=paid, source=Source.WEBHOOK)
        log.add(as_stream(id), retrieved, session_id=id, actor="worker:w1")
    write_log(log.events)


@pytest.mark.usefixtures("renewed")
@pytest.mark.parametrize(
    "name",
    [
        *("sub_1Monthly", "SUB_1monthly", "1Monthly", "…1Monthly"),
        *("https://dashboard.stripe.com/subscriptions/sub_1Monthly", "li_2Aa", "li_2Bb", "li_2bb"),
    ],
)
def test_an_order_is_named_by_its_subscription_and_its_line_items(fulfill: Fulfill, name: str) -> None:
    assert fulfill("checkout", name, "--json").json["session_id"] == "cs_test_number1"
    noted = fulfill("note", name, "called back", "--as", "kim", "--json")
    assert (noted.code, noted.json["session_id"]) == (0, "cs_test_number1")


@pytest.mark.usefixtures("renewed")
@pytest.mark.parametrize("name", ["in_2First", "https://dashboard.stripe.com/test/invoices/in_2First?plugin_name=x"])
def test_an_order_is_named_by_its_invoice(fulfill: Fulfill, name: str) -> None:
    assert fulfill("checkout", name, "--json").json["session_id"] == "cs_test_number2"


@pytest.mark.usefixtures("renewed")
@pytest.mark.parametrize("name", ["in_1First", "1First"])
def test_an_invoice_of_two_orders_lists_both_and_does_nothing(fulfill: Fulfill, name: str) -> None:
    result = fulfill("note", name, "called back", "--as", "kim")

    assert (result.code, result.out) == (2, "")
    assert all(f"cs_test_number{number}" in result.err for number in (0, 1))
    assert "cs_test_number2" not in result.err


@pytest.mark.usefixtures("renewed")
@pytest.mark.parametrize(
    ("words", "field"), [("li_2Bb", "line_item"), ("sub_1Monthly", "subscription"), ("1Monthly", "subscription")]
)
def test_search_finds_an_order_by_these_ids_too(fulfill: Fulfill, words: str, field: str) -> None:
    [hit] = fulfill("search", words, "--json").json

    assert (hit["session_id"], hit["matched"]) == ("cs_test_number1", [field])
