"""What Stripe has only reported of a checkout: staff read that, and neither that it is open nor that it is paid."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from log_parts import COURSE, LogWriter, checkout
from typed_ids import as_event, as_session, as_stream

from application.reading.projection import rfc3339
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFact
from domain.effect import Effect
from domain.event import Event
from domain.park_reason import ParkReason
from domain.source import Source

Fulfill = Callable[..., Any]
WriteLog = Callable[[Iterable[Event]], Path]
ID = as_session("cs_test_a1Reported")
RETRIEVAL = as_stream(f"eff_{ID}_retrieve_completed")
SUCCEEDED = CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_2"))
UNPAID = CheckoutSession.Retrieved(checkout=checkout(COURSE, payment_status="unpaid"), source=Source.WEBHOOK)
OPEN = CheckoutSession.Retrieved(checkout=checkout(COURSE, status="open", payment_status="unpaid"), source=Source.STAFF)
EXPIRED = CheckoutSession.Expired(stripe_event=as_event("evt_4"))
PAID = CheckoutSession.Paid(payment_status="paid", amount_total=1390, currency="eur")
CANCELED = CheckoutSession.Canceled(notifies=False)


def completed(payment_status: str | None) -> CheckoutSessionFact:
    return CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status=payment_status)


def refused_key(log: LogWriter) -> None:
    log.add(RETRIEVAL, Effect.Requested(step="retrieve_completed", kind="retrieve"), session_id=ID)
    log.add(RETRIEVAL, Effect.AttemptStarted(number=1, worker="w1"), session_id=ID)
    again = log.events[-1].recorded_at
    failed = Effect.AttemptFailed(number=1, error=reasons.stripe_key_refused("HTTP 401"), retry_at=again)
    log.add(RETRIEVAL, failed, session_id=ID)


@pytest.mark.parametrize(
    ("facts", "situation", "state", "payment"),
    [
        ([completed("paid")], "reported_paid", "open", "reported as paid, not retrieved yet"),
        ([completed(None), completed("paid")], "reported_paid", "open", "reported as paid, not retrieved yet"),
        ([SUCCEEDED], "reported_paid", "open", "reported as paid, not retrieved yet"),
        ([OPEN, completed("paid")], "reported_paid", "open", "13.90 EUR, reported as paid, not retrieved yet"),
        ([EXPIRED, SUCCEEDED], "reported_paid", "expired", "reported as paid, not retrieved yet"),
        ([CANCELED, SUCCEEDED], "reported_paid", "canceled", "reported as paid, not retrieved yet"),
        ([UNPAID, SUCCEEDED], "reported_paid", "awaiting_payment", "13.90 EUR, reported as paid, not retrieved yet"),
        ([completed("unpaid")], "reported_complete", "open", "not paid yet, as Stripe reported"),
        ([completed("no_payment_required")], "reported_complete", "open", "nothing to pay, as Stripe reported"),
        ([completed(None)], "reported_complete", "open", "not known yet"),
        ([completed("unpaid"), UNPAID], "awaiting_payment", "awaiting_payment", "13.90 EUR, not paid yet"),
        ([OPEN], "open", "open", "13.90 EUR, not paid yet"),
    ],
)
def test_every_list_and_the_checkout_say_what_stripe_reported_and_do_not_say_that_it_is_paid(
    fulfill: Fulfill,
    write_log: WriteLog,
    facts: list[CheckoutSessionFact],
    situation: str,
    state: str,
    payment: str,
) -> None:
    log = LogWriter()
    log.add(ID, *facts, session_id=ID)
    refused_key(log)
    write_log(log.events)
    words = {"reported_paid": "reported as paid", "reported_complete": "reported as complete"}
    short = words.get(situation, situation.replace("_", " "))

    for listed in (("checkout", "list"), ("search", ID), ("checkout", "list", "--state", situation)):
        [row] = fulfill(*listed, "--json").json
        assert (row["session_id"], row["situation"], row["state"]) == (ID, situation, state), listed
        assert f"  {short}  " in fulfill(*listed).out
    [task] = fulfill("queue", "--kind", "stripe_key_refused", "--json").json
    assert task["situation"] == situation
    is_said = f"  {short}, not retrieved yet  " in fulfill("queue").out
    assert is_said is (situation in words and task["order"] is None)
    document, text = fulfill("checkout", ID, "--json").json, fulfill("checkout", ID).out
    assert (document["situation"], document["state"]) == (situation, state)
    assert document["reported"] == (situation.removeprefix("reported_") if situation in words else None)
    assert re.search(rf"^State +{short}: ", text, re.MULTILINE)
    assert re.search(rf"^Payment +{re.escape(payment)}$", text, re.MULTILINE)
    assert ("  not retrieved yet" in text.partition("LINE ITEM")[2]) is (situation in words and "EUR" in payment)


@pytest.mark.parametrize(
    "then",
    [
        [CheckoutSession.Retrieved(checkout=checkout(COURSE), source=Source.WEBHOOK), PAID],
        [PAID],
    ],
)
def test_what_the_retrieval_shows_is_no_longer_only_reported(
    fulfill: Fulfill, write_log: WriteLog, then: list[CheckoutSessionFact]
) -> None:
    log = LogWriter()
    log.add(ID, completed("paid"), *then, session_id=ID)
    write_log(log.events)

    [row] = fulfill("checkout", "list", "--json").json
    assert not row["situation"].startswith("reported")
    assert fulfill("checkout", ID, "--json").json["reported"] is None


def test_what_was_reported_then_is_shown_as_of_then(fulfill: Fulfill, write_log: WriteLog) -> None:
    log = LogWriter()
    log.add(ID, completed("paid"), session_id=ID)
    then = rfc3339(log.events[-1].recorded_at)
    log.add(ID, CheckoutSession.Retrieved(checkout=checkout(COURSE), source=Source.WEBHOOK), PAID, session_id=ID)
    write_log(log.events)

    assert fulfill("checkout", ID, "--json").json["situation"] == "fulfilling"
    assert fulfill("checkout", ID, "--as-of", then, "--json").json["situation"] == "reported_paid"


def test_a_parked_checkout_needs_a_person_whatever_stripe_reported(fulfill: Fulfill, write_log: WriteLog) -> None:
    log = LogWriter()
    parked = CheckoutSession.Parked(why=ParkReason.CONNECTED_ACCOUNT, detail=reasons.connected_account())
    log.add(ID, completed("paid"), parked, session_id=ID)
    write_log(log.events)

    [row] = fulfill("checkout", "list", "--json").json
    assert row["situation"] == "parked"
