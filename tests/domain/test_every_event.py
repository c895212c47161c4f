"""Every event class: named permanently, frozen, applied by its aggregate and by no other."""

import inspect
import sys
from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any, get_args

import pytest
from event_classes import AGGREGATES, event_classes
from sample_log import sample_log
from typed_ids import as_stream

from domain.event import Aggregate, Event, aggregate_fold

TOPICS = """
StripeEvent.Received StripeEvent.Ignored StripeEvent.Failed StripeEvent.RetryRequested StripeEvent.Dismissed
CheckoutSession.Completed CheckoutSession.AsyncPaymentSucceeded CheckoutSession.AsyncPaymentFailed
CheckoutSession.Expired CheckoutSession.Retrieved CheckoutSession.Paid CheckoutSession.Contradicted
CheckoutSession.Parked CheckoutSession.RetryRequested CheckoutSession.Noted CheckoutSession.Readdressed
CheckoutSession.ResendRequested
CheckoutSession.Dismissed CheckoutSession.Canceled
Payment.Reported Payment.BelongsTo
Fulfillment.StockHeld Fulfillment.HoldReleased Fulfillment.Requested Fulfillment.Replanned
Fulfillment.LineItemReserved Fulfillment.LineItemBlocked Fulfillment.LineItemResumed Fulfillment.LineItemDelivered
Fulfillment.Shipped Fulfillment.ParcelCorrected Fulfillment.Unshipped Fulfillment.LineItemsCanceled
Fulfillment.ShippingCorrected Fulfillment.KeysShown
Fulfillment.KeysRevoked Fulfillment.KeysAwaited Fulfillment.KeysWaitEnded Fulfillment.KeysReplaced Fulfillment.Completed
StockItem.Counted StockItem.Reserved StockItem.Backordered StockItem.Released StockItem.Dispatched StockItem.Returned
KeyPool.Imported KeyPool.Assigned KeyPool.RanOut KeyPool.WaitEnded KeyPool.Returned KeyPool.Revoked
KeyPool.Withdrawn
Effect.Requested Effect.AttemptStarted Effect.AttemptFailed Effect.AttemptOrphaned Effect.AttemptReleased
Effect.Succeeded Effect.GivenUp Effect.Withdrawn Effect.RetryRequested
Reference.Paid
""".split()
"""Logs are kept under these names: one may be added, none may be renamed or removed."""


def sample_of(kind: type[Event]) -> Event:
    found = next((event for event in sample_log() if type(event) is kind), None)
    assert found is not None, f"Add a {kind.TOPIC} to tests/support/sample_log.py; see docs/extending.md, An event."
    return found


EVENT_CLASSES = [(aggregate, each) for aggregate in AGGREGATES for each in event_classes(aggregate)]
each_event_class = pytest.mark.parametrize(
    ("aggregate", "kind"), [pytest.param(*pair, id=pair[1].TOPIC) for pair in EVENT_CLASSES]
)


@pytest.mark.parametrize("aggregate", AGGREGATES, ids=lambda kind: kind.__name__)
def test_an_aggregate_applies_its_events_by_a_match_that_type_checking_completes(
    aggregate: type[Aggregate[Any]],
) -> None:
    assert "assert_never(event)" in inspect.getsource(aggregate.apply)


def test_there_is_no_other_aggregate() -> None:
    names = {each.__name__ for each in Aggregate.__subclasses__() if each.__module__.startswith("domain.")}

    assert names == {each.__name__ for each in AGGREGATES}


def test_the_names_in_the_log_stay_as_they_are() -> None:
    assert [kind.TOPIC for _, kind in EVENT_CLASSES] == TOPICS, (
        "A stored topic is never renamed or removed. A new event goes to the same place in TOPICS here and into "
        "tests/golden/topics.txt, tests/support/sample_log.py (then `python -m golden.store_log log`) and "
        "docs/events.md; see docs/extending.md, An event."
    )


def test_no_two_events_have_the_same_name() -> None:
    assert len(set(TOPICS)) == len(TOPICS)


@each_event_class
def test_an_event_is_named_after_its_aggregate_and_itself(aggregate: type[Aggregate[Any]], kind: type[Event]) -> None:
    assert vars(kind)["TOPIC"] == f"{aggregate.__name__}.{kind.__name__}"


def members(facts: Any) -> tuple[Any, ...]:
    """Of a union, or the one class itself."""
    return get_args(facts) or (facts,)


@each_event_class
def test_an_event_is_one_of_the_facts_of_its_aggregate(aggregate: type[Aggregate[Any]], kind: type[Event]) -> None:
    facts = getattr(sys.modules[aggregate.__module__], f"{aggregate.__name__}Fact")

    assert kind in members(facts)
    assert len(members(facts)) == len(event_classes(aggregate))


@each_event_class
def test_an_event_is_frozen_keyword_only_and_not_slotted(aggregate: type[Aggregate[Any]], kind: type[Event]) -> None:
    sample = sample_of(kind)

    assert is_dataclass(kind)
    assert all(field.kw_only for field in fields(kind))
    assert vars(sample)["originator_id"] == sample.originator_id
    with pytest.raises(FrozenInstanceError):
        sample.actor = "another actor"  # type: ignore[misc]


@each_event_class
def test_an_event_that_changed_is_read_from_every_version_before(
    aggregate: type[Aggregate[Any]], kind: type[Event]
) -> None:
    upcasts = [f"upcast_v{version}_v{version + 1}" for version in range(1, kind.class_version)]

    assert [name for name in upcasts if not hasattr(kind, name)] == []


@each_event_class
def test_an_event_is_applied_by_its_aggregate(aggregate: type[Aggregate[Any]], kind: type[Event]) -> None:
    sample = sample_of(kind)
    stream = [event for event in sample_log() if event.originator_id == sample.originator_id]

    state = aggregate_fold(aggregate)(None, stream[: sample.originator_version])

    assert state is not None
    assert (state.id, state.version) == (sample.originator_id, sample.originator_version)


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_an_aggregate_never_passes_over_an_event_that_it_does_not_know(aggregate: type[Aggregate[Any]]) -> None:
    class Unheard(Event):
        TOPIC = "Unknown.Unheard"

    with pytest.raises(AssertionError, match="Unheard"):
        aggregate(id=as_stream("stream")).apply(Unheard())
