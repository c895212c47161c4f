"""A key that Stripe refuses is one task, whatever number of checkouts waits for it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from log_parts import LogWriter
from pasted_commands import arguments_of
from typed_ids import as_event, as_session, as_stream

from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import Event
from domain.order_number import order_number

Fulfill = Callable[..., Any]
WriteLog = Callable[[Iterable[Event]], Path]
COMPLETED = CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="paid")
WAITING = [as_session(f"cs_test_a{number:02}") for number in range(12)]
OTHER = as_session("cs_test_b1")


@pytest.fixture(autouse=True)
def shop_with_a_refused_key(write_log: WriteLog) -> LogWriter:
    """Another task has waited for longer than the checkouts, and one for less long."""
    log = LogWriter()
    for number in (1, 2):
        session = as_session(f"{OTHER}{number}")
        log.add(session, COMPLETED, session_id=session)
        if number == 2:
            for each in WAITING:
                refuse(log, each)
        log.add(session, CheckoutSession.Contradicted(what=reasons.completed_after_expiry()), session_id=session)
    write_log(log.events)
    return log


def refuse(log: LogWriter, session: Any) -> None:
    retrieval = as_stream(f"eff_{session}_retrieve_completed")
    log.add(session, replace(COMPLETED, stripe_event=as_event(f"evt_{session}")), session_id=session)
    log.add(retrieval, Effect.Requested(step="retrieve_completed", kind="retrieve"), session_id=session)
    log.add(retrieval, Effect.AttemptStarted(number=1, worker="w1"), session_id=session)
    error = reasons.stripe_key_refused(f"HTTP 401, req_{session[-2:]}")
    failed = Effect.AttemptFailed(number=1, error=error, retry_at=log.events[-1].recorded_at)
    log.add(retrieval, failed, session_id=session)


def tasks(fulfill: Fulfill, *arguments: str) -> list[Any]:
    return [row for row in fulfill("queue", *arguments, "--json").json if row["kind"] != "waiting_effect"]


def test_the_queue_has_one_row_for_the_key_with_the_checkouts_that_wait(
    fulfill: Fulfill, shop_with_a_refused_key: LogWriter
) -> None:
    first, key, last = tasks(fulfill)

    assert (first["kind"], key["kind"], last["kind"]) == ("contradicted", "stripe_key_refused", "contradicted")
    failed = [each for each in shop_with_a_refused_key.events if isinstance(each, Effect.AttemptFailed)]
    assert (key["subject"], key["item"], key["order"], key["order_number"], key["situation"]) == (
        *("STRIPE_API_KEY", ""),
        *(None, None, None),
    )
    assert key["order_numbers"] == [order_number(each) for each in WAITING]
    assert key["since"] == f"{failed[0].recorded_at:%Y-%m-%dT%H:%M:%S.%f}Z"
    assert key["retry_at"] == f"{failed[0].retry_at:%Y-%m-%dT%H:%M:%S.%f}Z"
    assert "HTTP 401, req_11" in key["detail"]
    assert first["order_numbers"] is None
    [row] = [line for line in fulfill("queue").out.splitlines() if "stripe key refused" in line]
    assert "  STRIPE_API_KEY  stripe key refused  12 checkouts to retrieve  " in row
    assert row.endswith("  fulfill retry --all --kind stripe_key_refused  queue")


def test_its_checkouts_are_listed_by_the_command_beside_it_and_counted(fulfill: Fulfill) -> None:
    [_, key, _] = tasks(fulfill)
    retry, list_ = key["commands"]

    behind = fulfill(*arguments_of(list_), "--json").json
    counts = {row["kind"]: row["count"] for row in fulfill("queue", "--counts", "--json").json}

    assert retry == "fulfill retry --all --kind stripe_key_refused"
    assert [row["subject"] for row in behind] == WAITING
    assert {row["situation"] for row in behind} == {"reported_paid"}
    assert counts["stripe_key_refused"] == len(WAITING)
    assert [row["subject"] for row in tasks(fulfill, "--order", WAITING[3])] == [WAITING[3]]


def test_a_page_has_the_key_once_and_goes_on_behind_it(fulfill: Fulfill) -> None:
    shown, more = list[tuple[str, str]](), list[str]()
    for _ in range(30):
        result = fulfill("queue", "--limit", "1", *more, "--json")
        shown += [(row["kind"], row["subject"]) for row in result.json]
        more = ["--after", result.json[-1]["cursor"]]
        if not result.err:
            break

    assert [each for each in shown if each[0] != "waiting_effect"] == [
        ("contradicted", f"{OTHER}1"),
        ("stripe_key_refused", "STRIPE_API_KEY"),
        ("contradicted", f"{OTHER}2"),
    ]


def test_the_command_of_the_row_asks_stripe_again_about_every_checkout_behind_it(fulfill: Fulfill) -> None:
    [_, key, _] = tasks(fulfill)

    result = fulfill(*arguments_of(key["commands"][0]), "--as", "kim", "--json")

    assert result.json["retried"] == len(WAITING)
    assert [row["kind"] for row in tasks(fulfill)] == ["contradicted", "contradicted"]
