"""How a checkout and its lines stand, in words that say whether staff have to act."""

from dataclasses import replace
from pathlib import Path

import pytest
from every_store import sqlite_url
from read_side import open_read_side
from sample_log import SHOP, sample_log
from typed_ids import as_session

from application.reading.checkout_document import CheckoutDocument
from application.reading.checkout_state import CheckoutState, Situation
from application.reading.states_in_words import STATES, checkout_in_words, line_in_words
from domain import reasons
from domain.line import LineState

PARCEL, BY_HAND, ACCESS = "shipment", "manual", "access"


@pytest.fixture
def document(tmp_path: Path) -> CheckoutDocument:
    with open_read_side(sqlite_url(tmp_path)) as read_side:
        read_side.append(sample_log())
        found = read_side.queries.checkout(as_session(SHOP))
    assert found is not None
    return found


def with_lines(
    document: CheckoutDocument, state: CheckoutState, *lines: tuple[str | None, LineState]
) -> CheckoutDocument:
    first = document.line_items[0]
    items = tuple(replace(first, delivery=delivery, state=line, quantity=1) for delivery, line in lines)
    return replace(document, state=state, line_items=items)


@pytest.mark.parametrize(
    ("state", "lines", "words"),
    [
        (CheckoutState.BLOCKED, [(BY_HAND, LineState.MANUAL)], "to do by hand: every line waits"),
        (CheckoutState.BLOCKED, [(BY_HAND, LineState.MANUAL), (PARCEL, LineState.GIVEN_UP)], "blocked: "),
        (CheckoutState.FULFILLING, [(PARCEL, LineState.PENDING)], "fulfilling: a parcel is to be packed"),
        (CheckoutState.FULFILLING, [(ACCESS, LineState.PENDING)], "fulfilling: the engine is delivering it"),
        (
            CheckoutState.FULFILLING,
            [(ACCESS, LineState.PENDING), (PARCEL, LineState.BACKORDERED)],
            "fulfilling: the engine is delivering it, and a line needs a person",
        ),
        (
            CheckoutState.FULFILLING,
            [(PARCEL, LineState.PENDING), (BY_HAND, LineState.MANUAL)],
            "fulfilling: a parcel is to be packed, and a line needs a person",
        ),
        (
            CheckoutState.FULFILLED,
            [(PARCEL, LineState.DELIVERED), (PARCEL, LineState.CANCELED)],
            "fulfilled: everything that was not canceled is delivered",
        ),
        (CheckoutState.FULFILLED, [(PARCEL, LineState.DELIVERED)], str(STATES[CheckoutState.FULFILLED])),
    ],
)
def test_a_checkout_in_words(
    document: CheckoutDocument, state: CheckoutState, lines: list[tuple[str | None, LineState]], words: str
) -> None:
    assert checkout_in_words(with_lines(document, state, *lines)).startswith(words)


@pytest.mark.parametrize(
    ("keys", "of_checkout", "of_line"),
    [
        ((2, 0, 0), "fulfilled: everything is delivered", "delivered"),
        ((1, 1, 0), "fulfilled: everything is delivered", "delivered"),
        ((0, 2, 0), "fulfilled: everything was delivered, and all license keys of a line", "keys revoked"),
        (
            (0, 2, 2),
            "fulfilled: everything was delivered, and a line waits for new license keys",
            "waits for new keys",
        ),
    ],
)
def test_a_line_of_license_keys_in_words(
    document: CheckoutDocument, keys: tuple[int, int, int], of_checkout: str, of_line: str
) -> None:
    (valid, revoked, awaited), state = keys, CheckoutState.FULFILLED
    (line,) = with_lines(document, state, ("license_key", LineState.DELIVERED)).line_items
    line = replace(line, keys_valid=valid, keys_revoked=revoked, keys_awaited=awaited)

    assert line_in_words(line, state) == of_line
    assert checkout_in_words(replace(document, state=state, line_items=(line,))).startswith(of_checkout)


def test_a_checkout_that_was_paid_after_it_was_canceled(document: CheckoutDocument) -> None:
    (item,) = with_lines(document, CheckoutState.BLOCKED, (BY_HAND, LineState.MANUAL)).line_items
    late = replace(item, why=reasons.paid_after_cancellation())

    words = checkout_in_words(replace(document, state=CheckoutState.BLOCKED, line_items=(late,)))

    assert words.startswith("paid after it was canceled: ")


@pytest.mark.parametrize(
    ("state", "delivery", "line", "words"),
    [
        (Situation.REPORTED_PAID, None, LineState.PENDING, "not retrieved yet"),
        (Situation.REPORTED_COMPLETE, None, LineState.PENDING, "not retrieved yet"),
        (CheckoutState.EXPIRED, None, LineState.PENDING, "not to deliver"),
        (CheckoutState.PAYMENT_FAILED, None, LineState.PENDING, "not to deliver"),
        (CheckoutState.AWAITING_PAYMENT, None, LineState.PENDING, "not paid"),
        (CheckoutState.PARKED, None, LineState.PENDING, "not planned"),
        (CheckoutState.FULFILLING, PARCEL, LineState.PENDING, "to pack"),
        (CheckoutState.FULFILLING, ACCESS, LineState.PENDING, "pending"),
        (CheckoutState.BLOCKED, BY_HAND, LineState.MANUAL, "to do by hand"),
        (CheckoutState.BLOCKED, PARCEL, LineState.GIVEN_UP, "given up"),
    ],
)
def test_a_line_in_words(
    document: CheckoutDocument,
    state: CheckoutState | Situation,
    delivery: str | None,
    line: LineState,
    words: str,
) -> None:
    (item,) = with_lines(document, document.state, (delivery, line)).line_items

    assert line_in_words(item, state) == words
