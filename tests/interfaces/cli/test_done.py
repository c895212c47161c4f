"""A command of staff says in a sentence what it has recorded and what follows, not only that it has."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from kinds import SHIPMENT
from scenario import FULFILLMENT, given, planned, requested

from domain.event import Event
from domain.fulfillment import Fulfillment
from interfaces.cli.done import canceled, completed, shipped, unshipped

Fulfill = Callable[..., Any]
ORDER, DEBIT, POSTER = "cs_test_a1Q7xK2mVd", "cs_test_b2R8yL3nWe", "cs_test_c3S9zM4oXf"
BY = ("--as", "kim")
STATE = r" [0-9A-Z]{5}-[0-9A-Z]{5} \(cs_test_\w+\) (is|has|was) [a-z ]+\.\n"


def state(*facts: Event) -> Fulfillment:
    return given(Fulfillment(id=FULFILLMENT), *facts).state


def said(fulfill: Fulfill, *arguments: str) -> str:
    """The answer without the sentence about the state of the checkout, with which each ends."""
    result = fulfill(*arguments, *BY)
    assert result.code == 0, result.err
    assert re.search(f"{STATE}$", result.out), result.out
    return re.sub(f"{STATE}$", "", str(result.out))


@pytest.mark.usefixtures("small_shop")
def test_what_is_shipped_undone_and_shipped_again_is_named(fulfill: Fulfill) -> None:
    ship = ("ship", ORDER, "--carrier", "DHL")
    mug = "2 x Mug, blue (li_mug)"

    assert said(fulfill, *ship) == f"Recorded parcel 1 with DHL: {mug}. The customer gets a mail about it."
    assert said(fulfill, "unship", ORDER, "--restock") == (
        f"Undid parcel 1. To be packed again: {mug}. The customer gets no mail about it."
    )
    assert said(fulfill, *ship) == f"Recorded parcel 2 with DHL: {mug}. The customer gets a mail about it."
    fulfill("stock", "count", "mug-blue", "0", *BY)
    assert said(fulfill, "unship", ORDER, "--lost") == (
        f"Undid parcel 2. Waiting for stock: {mug}. The customer gets no mail about it."
    )


@pytest.mark.usefixtures("small_shop")
def test_no_mail_is_promised_that_the_settings_leave_out(fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULFILL_MAILS", "receipt,delivered")

    assert said(fulfill, "ship", ORDER, "--carrier", "DHL") == "Recorded parcel 1 with DHL: 2 x Mug, blue (li_mug)."


@pytest.mark.usefixtures("small_shop")
def test_lines_that_are_delivered_canceled_or_planned_again_are_named(fulfill: Fulfill) -> None:
    assert said(fulfill, "complete", ORDER) == "Recorded as delivered by hand: 1 x Gift wrap (li_wrap)."
    assert said(fulfill, "cancel", ORDER, "--line", "li_key", "--notify") == (
        "Canceled: 1 x License for Pro (li_key). The customer gets a mail about it."
    )
    assert said(fulfill, "cancel", ORDER) == "Canceled: 2 x Mug, blue (li_mug)."
    assert said(fulfill, "cancel", DEBIT) == "Canceled the whole checkout."
    assert said(fulfill, "replan", POSTER) == (
        "Planned again from the catalog: 1 x Poster as a file (li_poster) as access."
    )


def test_what_others_planned_or_changed_at_the_same_time_is_no_error() -> None:
    """The sentence is composed after the fact is recorded: an error would read as if it was not."""
    mug = planned("li_mug", SHIPMENT)
    gone = Fulfillment.Shipped(number=1, lines=(mug.id,), carrier="DHL", tracking=None)
    undone = Fulfillment.Unshipped(number=1, lines=(mug,), is_restocked=True)
    unplanned, ready = state(), state(requested(mug))

    assert completed(unplanned, state(requested(mug), Fulfillment.LineItemDelivered(line_item=mug.id))) == (
        f"Recorded as delivered by hand: 1 x {mug.title} (li_mug)."
    )
    assert canceled(unplanned, ready, notifies=False) == "Canceled the whole checkout."
    assert shipped(ready, state(requested(mug), gone, undone), notifies=False) == "Recorded parcel 1 with DHL."
    assert unshipped(ready, ready).startswith("Undid a parcel that another process has changed")


@pytest.mark.usefixtures("small_shop")
def test_a_retry_says_what_is_tried_again(fulfill: Fulfill) -> None:
    assert said(fulfill, "retry", DEBIT) == (
        "Requested another retrieval from Stripe, which a running server or worker makes at once."
    )
    assert fulfill("retry", "evt_4", *BY).out.startswith("Requested another try: evt_4 still can't be handled: ")


@pytest.mark.parametrize(
    "command",
    [
        ("ship", ORDER, "--carrier", "DHL"),
        ("complete", ORDER),
        ("cancel", ORDER),
        ("replan", POSTER),
        ("retry", DEBIT),
        ("retry", "evt_4"),
    ],
    ids=lambda command: command[0],
)
@pytest.mark.usefixtures("small_shop")
def test_no_answer_is_a_bare_recorded(fulfill: Fulfill, command: tuple[str, ...]) -> None:
    result = fulfill(*command, *BY)

    assert (result.code, "Recorded. " in result.out) == (0, False)
