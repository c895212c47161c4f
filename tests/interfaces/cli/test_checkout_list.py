"""`fulfill checkout list`: checkouts by state, date and amount, the newest first."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from cyclopts import Token
from sandbox_sales import paid

from application.reading.checkout_state import CheckoutState, Situation
from application.reading.states_in_words import STATES
from interfaces.cli.arguments.state_words import StateWord, state_of
from interfaces.sandbox.sandbox import Sandbox

Fulfill = Callable[..., Any]
ORDER, DEBIT, POSTER = "cs_test_a1Q7xK2mVd", "cs_test_b2R8yL3nWe", "cs_test_c3S9zM4oXf"


@pytest.mark.usefixtures("small_shop_anywhere")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), [POSTER, DEBIT, ORDER]),
        (("--state", "fulfilling"), [ORDER]),
        (("--state", "blocked", "--state", "awaiting_payment"), [POSTER, DEBIT]),
        (("--state", "to_do_by_hand"), [POSTER]),
        (("--state", "to do by hand", "--state", "awaiting payment"), [POSTER, DEBIT]),
        (("--state", "To do by hand", "--state", "fulfilling", "--limit", "1"), [POSTER]),
        (("--state", "backordered", "--state", "possibly paid twice", "--state", "parked"), []),
        (("--since", "2026-11-24T09:02:00Z"), [POSTER, DEBIT]),
        (("--until", "2026-11-24T09:02:00Z"), [ORDER]),
        (("--since", "2026-11-25"), []),
        (("--since", "2026-11-24", "--until", "2026-11-24"), [POSTER, DEBIT, ORDER]),
        (("--until", "2026-11-23"), []),
        (("--currency", "EUR", "--at-least", "24"), [DEBIT, ORDER]),
        (("--currency", "eur", "--at-least", "24.01"), [ORDER]),
        (("--currency", "eur", "--at-most", "24.00", "--at-least", "9.00"), [POSTER, DEBIT]),
        (("--currency", "usd"), []),
        (("--state", "fulfilling", "--currency", "eur", "--at-most", "100"), []),
        (("--limit", "2"), [POSTER, DEBIT]),
        (("--limit", "2", "--before", "8VN6K-XA5GM"), [ORDER]),
    ],
)
def test_only_the_checkouts_that_are_meant_are_listed(
    fulfill: Fulfill, arguments: tuple[str, ...], expected: list[str]
) -> None:
    said = fulfill("checkout", "list", *arguments, "--json")

    assert [each["session_id"] for each in said.json] == expected
    assert said.code == (0 if expected else 1)


@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("Asia/Tokyo", "2026-11-24", [POSTER, DEBIT, ORDER]),
        ("Pacific/Kiritimati", "2026-11-24", [POSTER, DEBIT, ORDER]),
        ("Etc/GMT+12", "2026-11-24", []),
        ("Etc/GMT+12", "2026-11-23", [POSTER, DEBIT, ORDER]),
    ],
)
def test_a_day_is_that_of_the_shop(
    fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch, zone: str, day: str, expected: list[str]
) -> None:
    """The orders came on November 24 at 09:01 to 09:03 in UTC, which is still the day before in Etc/GMT+12."""
    monkeypatch.setenv("FULFILL_TIME_ZONE", zone)

    listed = fulfill("checkout", "list", "--since", day, "--until", day, "--json").json
    found = fulfill("search", "ada@example.com", "--since", day, "--until", day, "--json").json

    assert [each["session_id"] for each in listed] == expected
    assert [each["session_id"] for each in found] == expected


@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize("command", [("checkout", "list"), ("search", "ada")], ids=" ".join)
def test_before_a_checkout_that_is_not_there_is_no_page(fulfill: Fulfill, command: tuple[str, ...]) -> None:
    said = fulfill(*command, "--before", "cs_test_zzzzzzzzzz")

    assert (said.code, said.out, said.err) == (1, "", "fulfill: No checkout cs_test_zzzzzzzzzz in the log.\n")


@pytest.mark.usefixtures("small_shop")
def test_a_search_of_a_time_that_ends_before_it_begins_is_wrong_usage(fulfill: Fulfill) -> None:
    said = fulfill("search", "ada@example.com", "--since", "2026-11-25", "--until", "2026-11-24")

    assert (said.code, "--since must be before --until" in said.err) == (2, True), said.err


@pytest.mark.usefixtures("small_shop")
def test_a_list_shows_customer_items_and_state_and_how_to_see_more(fulfill: Fulfill) -> None:
    said = fulfill("checkout", "list", "--limit", "1")

    header, line = said.out.splitlines()
    assert header.split() == ["ORDER", "SESSION", "STATE", "AMOUNT", "FIRST", "SEEN", "CUSTOMER", "ITEMS"]
    for cell in (
        "FYNAM-S28WS",
        POSTER,
        "to do by hand",
        "9.00 EUR",
        "2026-11-24T09:03:02Z",
        "Ada Example",
        "1 x Poster",
    ):
        assert cell in line
    assert said.err == "fulfill: Showing the newest 1. For older ones, add --before FYNAM-S28WS.\n"


@pytest.mark.usefixtures("small_shop")
def test_the_state_is_that_of_the_checkout_after_each_command(fulfill: Fulfill) -> None:
    for command in (("complete", ORDER, "--line", "li_wrap"), ("cancel", ORDER, "--line", "li_mug"), ("cancel", DEBIT)):
        fulfill(*command, "--as", "kim")

    listed = {each["session_id"]: each["state"] for each in fulfill("checkout", "list", "--json").json}

    assert listed == {id: fulfill("checkout", id, "--json").json["state"] for id in (POSTER, DEBIT, ORDER)}
    assert listed[ORDER] == "partially_fulfilled"
    assert listed[DEBIT] == "canceled"


@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize("least", ["20,00", "20.00", "20", "20,1", "23,99"])
def test_an_amount_is_taken_in_either_spelling(fulfill: Fulfill, least: str) -> None:
    listed = fulfill(
        "checkout", "list", "--currency", "eur", "--at-least", least, "--at-most", "1.000,00", "--json"
    ).json

    assert [each["session_id"] for each in listed] == [DEBIT, ORDER]


@pytest.mark.usefixtures("small_shop")
def test_a_redacted_list_has_no_personal_data(fulfill: Fulfill) -> None:
    assert "Ada" not in fulfill("checkout", "list", "--redact").out
    assert "ada@example.com" not in fulfill("checkout", "list", "--redact", "--json").out


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("--state", "done"), "--state must be one of open, awaiting_payment, "),
        (("--at-least", "24"), "--at-least needs --currency"),
        (("--currency", "jpy", "--at-most", "24.5"), "--at-most must be an amount in jpy such as 49 (got '24.5')."),
        (("--currency", "eur", "--at-most", "24,-"), "--at-most must be an amount in eur such as 49.00 (got '24,-')."),
        (
            ("--currency", "eur", "--at-least", "1,500"),
            "--at-least can mean 1500 or 1.50 (got '1,500'). Write it as one of these.",
        ),
        (("--limit", "201"), "--limit must be 1 to 200 (got 201)."),
        (("--since", "yesterday"), "--since must be a time such as"),
        (("--until", "9999-12-31"), "--until must be a time such as"),
        (("--currency", "EURO"), "--currency must be the ISO 4217 code of a currency, such as eur (got 'EURO')."),
        (("--currency", "xyz"), "--currency must be the ISO 4217 code of a currency, such as eur (got 'xyz')."),
        (
            ("--since", "2026-11-25", "--until", "2026-11-24"),
            "--since must be before --until (got '2026-11-25' and '2026-11-24'), since no checkout is between them. "
            "Choose an earlier --since or a later --until.",
        ),
        (
            ("--since", "2026-11-24T09:02:00Z", "--until", "2026-11-24T10:02:00+01:00"),
            "--since must be before --until",
        ),
        (
            ("--currency", "eur", "--at-least", "100", "--at-most", "24.50"),
            "--at-least must not be more than --at-most (got 100 and 24.50), since no total is both. "
            "Choose a lower --at-least or a higher --at-most.",
        ),
    ],
)
@pytest.mark.usefixtures("small_shop")
def test_a_filter_that_can_not_be_meant_is_wrong_usage(
    fulfill: Fulfill, arguments: tuple[str, ...], wrong: str
) -> None:
    said = fulfill("checkout", "list", *arguments)

    assert (said.code, wrong in said.err) == (2, True), said.err


@pytest.mark.usefixtures("small_shop")
def test_a_list_an_answer_and_the_checkout_call_a_state_alike(fulfill: Fulfill) -> None:
    answer = fulfill("note", POSTER, "called", "--as", "kim").out
    listed = {row["session_id"]: row["situation"] for row in fulfill("checkout", "list", "--json").json}

    assert answer.endswith(" is to do by hand.\n")
    for id in (POSTER, DEBIT, ORDER):
        [line] = [each for each in fulfill("checkout", "list").out.splitlines() if id in each]
        [shown] = re.findall(r"\nState +([^:]+): ", fulfill("checkout", id).out)
        assert f" {shown} " in line
        assert fulfill("checkout", id, "--json").json["situation"] == listed[id]


@pytest.mark.usefixtures("small_shop")
def test_an_order_that_waits_for_stock_is_called_backordered_and_found_by_that(
    fulfill: Fulfill, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "catalog.toml").unlink()
    session = paid(sandbox, "license_key")
    fulfill("run", session, "--as", "kim")

    [listed] = fulfill("checkout", "list", "--state", "backordered", "--json").json

    assert (listed["session_id"], listed["state"], listed["situation"]) == (session, "blocked", "backordered")
    assert "backordered: it waits for stock or license keys" in fulfill("checkout", session).out


def test_every_state_that_is_shown_can_be_asked_for_and_is_completed_and_in_the_help(fulfill: Fulfill) -> None:
    assert list(get_args(StateWord)) == [*CheckoutState, *Situation]
    for state, words in STATES.items():
        for given in (state.value, words.short, words.short.replace(" ", "_"), words.short.upper()):
            assert state_of(None, [Token(value=given)]) is state
    help, script = fulfill("checkout", "list", "--help").out, fulfill("completion", "bash").out
    for state in STATES:
        assert state.value in help
        assert state.value in script
