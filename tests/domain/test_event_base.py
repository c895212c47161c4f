"""How a state is made from events: one after the other, each only once."""

from dataclasses import replace

import pytest
from scenario import FULFILLMENT, NOW, SESSION, given, requested, streams
from typed_ids import as_line, as_stream

from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.errors import UnreadableEvent
from domain.event import UNSTAMPED, aggregate_fold
from domain.fulfillment import Fulfillment
from domain.reason import EventProblem
from domain.stock_item import StockItem

COUNTED = [
    StockItem.Counted(on_hand=number, originator_id=as_stream("sku_mug"), originator_version=number)
    for number in range(1, 4)
]


def test_a_stream_without_events_has_no_state() -> None:
    assert aggregate_fold(StockItem)(None, []) is None


def test_a_state_is_made_from_its_events() -> None:
    assert aggregate_fold(StockItem)(None, COUNTED) == StockItem(id=as_stream("sku_mug"), version=3, on_hand=3)


def test_a_state_goes_on_from_where_it_was() -> None:
    fold = aggregate_fold(StockItem)

    assert fold(fold(None, COUNTED[:1]), COUNTED[1:]) == fold(None, COUNTED)


def test_what_is_foreseen_has_not_happened() -> None:
    stock = StockItem(id=as_stream("sku_mug"), version=3)

    foreseen = stock.foresee([StockItem.Counted(on_hand=5)])

    assert (foreseen.on_hand, foreseen.version, stock.on_hand) == (5, 3, 0)


def test_a_fact_says_only_what_happened_until_it_is_recorded() -> None:
    (fact,) = CheckoutSession(id=SESSION).request_retry()

    assert (fact.originator_id, fact.originator_version, fact.actor, fact.occurred_at) == ("", 0, "", UNSTAMPED)


def test_the_scenario_log_numbers_each_stream_from_one() -> None:
    log = streams((SESSION, CheckoutSession.RetryRequested()), ("ful_" + SESSION, requested()))
    log.add(SESSION, replace(CheckoutSession.RetryRequested(), occurred_at=NOW))

    assert [event.originator_version for event in log.log] == [1, 1, 2]
    assert log.load(CheckoutSession, SESSION) == given(CheckoutSession(id=SESSION), *log.log[::2]).state


def test_what_must_belong_to_a_session_is_counted_for_none_without_it() -> None:
    nobodys = StockItem.Reserved(line_item=as_line("li_1"), quantity=1)

    with pytest.raises(AssertionError, match=r"^StockItem.Reserved is always stamped with its session"):
        StockItem(id=as_stream("sku_mug")).apply(nobodys)


def test_a_stored_event_that_does_not_fit_what_came_before_it_is_named_without_its_words() -> None:
    unplanned = Fulfillment.LineItemDelivered(
        line_item=as_line("ada@example.com"),
        originator_id=FULFILLMENT,
        originator_version=1,
        session_id=SESSION,
    )

    with pytest.raises(UnreadableEvent) as unreadable:
        Fulfillment(id=FULFILLMENT).evolve(unplanned)

    assert unreadable.value.reason == reasons.event_not_readable(
        FULFILLMENT, 1, "Fulfillment.LineItemDelivered", EventProblem.MISFIT, "KeyError"
    )
    assert unreadable.value.session_id == SESSION


@pytest.mark.parametrize("before", [0, 2, 3])
def test_a_stored_event_without_the_one_before_it_can_not_be_read(before: int) -> None:
    second = CheckoutSession.RetryRequested(originator_id=SESSION, originator_version=2, session_id=SESSION)

    with pytest.raises(UnreadableEvent) as unreadable:
        CheckoutSession(id=SESSION, version=before).evolve(second)

    assert unreadable.value.reason == reasons.event_not_readable(
        SESSION, 2, "CheckoutSession.RetryRequested", EventProblem.GAP, before
    )
    assert unreadable.value.session_id == SESSION


def test_what_is_not_stamped_yet_counts_as_older_than_all_that_is() -> None:
    assert UNSTAMPED < NOW


def test_an_event_that_changes_nothing_else_leaves_the_state_before_it_at_its_version() -> None:
    before = CheckoutSession(id=SESSION, version=1)

    after = before.evolve(CheckoutSession.RetryRequested(originator_id=SESSION, originator_version=2))

    assert (before.version, after.version) == (1, 2)
