"""An event class got another shape. Every reader of an old log gets the new one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, cast

import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import get_topic
from fakes.outside import FixedClock, MemoryLocks
from read_side import ReadSide, open_read_side
from sample_log import SHOP, sample_log
from typed_ids import as_session

from application.reading.projections.search import SEARCH
from application.running.followers import Followers
from application.writing.recent_states import RecentStates
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.personal import Personal
from domain.policy import NOTHING_FURTHER, Begin
from domain.streams import Streams
from infrastructure.event_store.codec import JsonMapper
from infrastructure.event_store.topics import TOPICS

STREAM = f"ful_{SHOP}"


@dataclass(frozen=True, kw_only=True)
class Shipped(Fulfillment.Shipped):
    """As if the version of today had called `carrier` and `tracking` otherwise."""

    TOPIC: ClassVar[str] = "Fulfillment.Shipped"
    class_version: ClassVar[int] = 4

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["carrier"] = state.pop("company")

    @staticmethod
    def upcast_v3_v4(state: dict[str, Any]) -> None:
        state["tracking"] = state.pop("tracking_number")


class Tomorrow(JsonMapper):
    topics = {**TOPICS, Shipped.TOPIC: Shipped}  # noqa: RUF012 - its type is given where it is declared


@dataclass
class Recording:
    """A policy that only looks."""

    name: str = "recording"
    begins: Begin = Begin.AT_THE_BEGINNING
    reads: frozenset[type[Event]] = frozenset({*TOPICS.values(), Shipped})
    further: Mapping[type[Event], Begin] = field(default_factory=lambda: NOTHING_FURTHER)
    seen: list[Event] = field(default_factory=list)

    def likely(self, event: Event) -> Sequence[str]:
        return ()

    def decide(self, event: Event, do: Streams) -> None:
        self.seen.append(event)


def in_the_shape_of_today(stored: StoredEvent) -> StoredEvent:
    if stored.topic != Shipped.TOPIC:
        return stored
    state = stored.state.replace(b'"carrier":', b'"company":').replace(b'"tracking":', b'"tracking_number":')
    return StoredEvent(stored.originator_id, stored.originator_version, stored.topic, state)


@pytest.fixture
def old_log(store_url: str) -> Iterator[ReadSide]:
    """The sample log, with its parcel in the shape of today, opened by tomorrow's version of the engine."""
    with open_read_side(store_url) as today:
        today.log.store.insert_events([in_the_shape_of_today(stored) for stored in today.log.encode(sample_log())])
    with open_read_side(store_url, environment={"MAPPER_TOPIC": get_topic(Tomorrow)}) as tomorrow:
        yield tomorrow


def by_position(old_log: ReadSide) -> list[Event]:
    return [old_log.log.decode(each) for each in old_log.log.store.select_notifications(None, 1000)]


def by_stream(old_log: ReadSide) -> list[Event]:
    return list(old_log.log.streams([STREAM])[STREAM])


def by_the_audit_trail_of_the_library(old_log: ReadSide) -> list[Event]:
    return [cast(Event, event) for event in old_log.log.events.get(STREAM)]


def by_a_policy(old_log: ReadSide) -> list[Event]:
    policy = Recording()
    followers = Followers(old_log.log, [policy], RecentStates(old_log.log.store), MemoryLocks({}), FixedClock())
    while followers.turn():
        assert old_log.log.store.select_parked_events() == []
    return policy.seen


@pytest.mark.parametrize("read", [by_position, by_stream, by_the_audit_trail_of_the_library, by_a_policy])
def test_who_reads_events_sees_the_new_shape(old_log: ReadSide, read: Callable[[ReadSide], list[Event]]) -> None:
    shipped, *_ = [event for event in read(old_log) if isinstance(event, Fulfillment.Shipped)]

    assert isinstance(shipped, Shipped)
    assert (shipped.carrier, shipped.tracking) == ("DHL", Personal("TRACK42"))
    assert not {"company", "tracking_number", "class_version"} & set(vars(shipped))


def test_an_aggregate_is_made_of_the_new_shape(old_log: ReadSide) -> None:
    (parcel,) = old_log.log.get(Fulfillment, STREAM).parcels

    assert (parcel.carrier, parcel.tracking) == ("DHL", Personal("TRACK44"))


def test_views_that_follow_are_rebuilt_or_verified_are_made_of_the_new_shape(old_log: ReadSide) -> None:
    old_log.projector.catch_up()
    followed = old_log.rows(SEARCH)
    old_log.rebuild.rebuild("search")

    assert old_log.rows(SEARCH) == followed
    assert {"term": "track42", "session_id": SHOP, "field": "tracking"} in followed
    assert [each.unreadable for each in old_log.views.all()] == [0] * len(old_log.projections)
    assert old_log.rebuild.verify("search").is_right


def test_the_story_is_reported_of_the_new_shape(old_log: ReadSide) -> None:
    document = old_log.queries.checkout(as_session(SHOP))

    assert document is not None
    shown, *_ = [entry.text for entry in document.story if entry.type == Shipped.TOPIC]
    assert "DHL" in shown
    assert "TRACK42" in shown


def test_what_is_written_from_now_on_has_the_new_version_and_comes_back(old_log: ReadSide) -> None:
    new = replace(by_stream(old_log)[9], originator_version=100)

    (stored,) = old_log.log.encode([new])

    assert b'"class_version":4' in stored.state
    assert old_log.log.decode(stored) == new


def test_a_version_that_is_left_again_names_what_it_can_not_read_and_takes_the_rest_in(
    old_log: ReadSide, store_url: str
) -> None:
    old_log.append([replace(by_stream(old_log)[9], originator_version=len(by_stream(old_log)) + 1)])
    end = old_log.log.store.max_notification_id()

    with open_read_side(store_url) as today:
        last = sample_log()[-1]
        today.append([replace(last, originator_version=last.originator_version + 1)])
        today.projector.catch_up()
        (timeline,) = [view for view in today.views.all() if view.name == "timeline"]

        assert (timeline.position, timeline.unreadable) == ((end or 0) + 1, 3)
        assert [
            (each.position == end, "its class is of version 4" in each.error)
            for each in today.views.unreadable(timeline)
        ] == [(False, False), (False, False), (True, True)]
