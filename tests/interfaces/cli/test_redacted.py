"""`--redact`: no session ID is shown, since it opens the customer's page; the order number names the order."""

import shlex
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from log_parts import COURSE, LogWriter, checkout
from sample_log import CANCELED, DEBIT, FOREIGN, KEYS, SHOP
from typed_ids import as_event, as_session

from application.reading.redacted import document_without_sessions, without_sessions
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.order_number import order_number
from domain.source import Source

Fulfill = Callable[..., Any]
WriteLog = Callable[[Iterable[Event]], Path]
COMPLETED = CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="paid")
FIRST, SECOND = as_session("cs_test_a1Qfirst"), as_session("cs_test_b1Qsecond")


@pytest.mark.usefixtures("log_file")
@pytest.mark.parametrize("json", [(), ("--json",)], ids=["text", "json"])
def test_no_answer_has_a_session_id_and_each_has_the_order_number(fulfill: Fulfill, json: tuple[str, ...]) -> None:
    of_queue: list[tuple[str, ...]] = [("queue",), ("queue", "--limit", "1"), ("queue", "--order", KEYS)]
    for session in map(as_session, (SHOP, DEBIT, FOREIGN, KEYS, CANCELED)):
        for command in (("checkout", session), ("checkout", "list"), ("search", session), ("search", "")):
            shown = fulfill(*command, "--redact", *json)
            assert shown.code == 0, command
            assert "cs_" not in shown.out + shown.err, command
            assert order_number(session) in shown.out, command
    for arguments in of_queue:
        shown = fulfill(*arguments, "--redact", *json)
        assert "cs_" not in shown.out + shown.err, arguments
    assert "cs_" in fulfill("queue", *json).out + fulfill("checkout", SHOP, *json).out


@pytest.mark.usefixtures("log_file")
def test_a_redacted_list_has_no_column_for_the_session(fulfill: Fulfill) -> None:
    whole, hidden = (fulfill("checkout", "list", *redact).out.splitlines()[0] for redact in ((), ("--redact",)))

    assert whole.split()[:3] == ["ORDER", "SESSION", "STATE"]
    assert hidden.split()[:2] == ["ORDER", "STATE"]


@pytest.mark.usefixtures("log_file")
def test_what_stands_in_the_place_of_the_id_can_be_pasted(fulfill: Fulfill) -> None:
    document = fulfill("checkout", SHOP, "--redact", "--json").json

    assert document["session_id"] == document["order_number"] == order_number(SHOP)
    assert fulfill("checkout", document["session_id"], "--json").json["session_id"] == SHOP


@pytest.mark.usefixtures("log_file")
def test_a_redacted_cursor_leads_to_the_next_page(fulfill: Fulfill) -> None:
    whole = [(row["kind"], row["item"]) for row in fulfill("queue", "--json").json]
    shown, more = list[tuple[str, str]](), list[str]()

    for _ in whole:
        page = fulfill("queue", "--limit", "1", "--redact", "--json", *more)
        shown += [(row["kind"], row["item"]) for row in page.json]
        more = ["--after", page.json[-1]["cursor"]]
        assert not page.err or shlex.split(page.err)[-1].removesuffix(".") == more[1]

    assert shown == whole


def test_a_parcel_of_another_session_in_a_story_or_a_reason_is_named_by_its_order_number(
    fulfill: Fulfill, write_log: WriteLog
) -> None:
    log = LogWriter()
    for session in (FIRST, SECOND):
        log.add(session, COMPLETED, session_id=session)
        retrieved = CheckoutSession.Retrieved(checkout=checkout(COURSE), source=Source.WEBHOOK)
        log.add(session, retrieved, session_id=session)
    log.add(SECOND, CheckoutSession.Contradicted(what=reasons.paid_twice(FIRST)), session_id=SECOND)
    write_log(log.events)

    for command in (("checkout", SECOND), ("queue",)):
        out = fulfill(*command, "--redact", "--json").out
        assert "cs_" not in out
        assert order_number(FIRST) in out


def test_candidates_of_an_ambiguous_name_are_named_without_ids(fulfill: Fulfill, write_log: WriteLog) -> None:
    log = LogWriter()
    sessions = [as_session(f"cs_test_{letter}ambiguous") for letter in "ab"]
    for session in sessions:
        log.add(session, COMPLETED, session_id=session)
    write_log(log.events)

    refused = fulfill("checkout", "ambiguous", "--redact")

    assert refused.code == 2
    assert "cs_" not in refused.err
    assert all(order_number(each) in refused.err for each in sessions)


def test_every_id_in_a_document_or_text_is_replaced_and_nothing_else() -> None:
    number = order_number(FIRST)

    assert without_sessions(f"eff_{FIRST}_mail_receipt@2, {FIRST}.") == f"eff_{number}_mail_receipt@2, {number}."
    assert document_without_sessions({"a": [FIRST, 1, None, ("x", True)], "b": {"c": f"ful_{FIRST}"}}) == {
        "a": [number, 1, None, ["x", True]],
        "b": {"c": f"ful_{number}"},
    }
    assert without_sessions("evt_1, pi_1, cs_test_") == "evt_1, pi_1, cs_test_"
