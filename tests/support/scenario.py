"""Given what happened, when something is commanded or decided, then exactly these events. No framework."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Concatenate, Generic, ParamSpec

import pytest
from builders import a_line_item
from typed_ids import as_effect, as_session, as_stream

from application.log.anchor import Stretch
from application.writing.recent_states import RecentStates
from application.writing.unit_of_work import Stamp, UnitOfWork
from domain.errors import Refused
from domain.event import UNSTAMPED, A, Event
from domain.fulfillment import Fulfillment
from domain.identifiers import EffectId, SessionId, Sku, StreamId
from domain.plan import PlannedLine
from domain.policy import Policy
from domain.refusal import Refusal

P = ParamSpec("P")

SESSION = as_session("cs_test_1")
FULFILLMENT = as_stream(f"ful_{SESSION}")
SAID_AT = datetime(2026, 11, 24, 8, 45, tzinfo=UTC)
"""The time of Stripe's events, by Stripe's clock."""
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""When we decide, by our clock."""


def effect(step: str, session: str = SESSION) -> EffectId:
    return as_effect(f"eff_{session}_{step}")


def planned(id: str, delivery: str, *, quantity: int = 1, tracks: Sku | None = None, **changes: Any) -> PlannedLine:
    """A planned line; `tracks` names the SKU whose stock it takes."""
    item = a_line_item(id, quantity=quantity)
    line = PlannedLine(item=item, delivery=delivery, sku=tracks, track_stock=tracks is not None)
    return replace(line, **changes)


def requested(*plan: PlannedLine) -> Fulfillment.Requested:
    """The session is paid, and planned so."""
    return Fulfillment.Requested(
        plan=plan,
        catalog="c0ffee",
        currency="eur",
        amount_shipping=0,
        amount_tax=0,
        paid_at=SAID_AT,
        amount_total=sum(line.item.amount_total for line in plan),
    )


@dataclass(frozen=True, slots=True)
class Decision(Generic[A]):
    """What an aggregate makes of a command."""

    state: A
    decide: Callable[[], Sequence[Event]]

    def then(self, *facts: Event) -> "Given[A]":
        """Exactly these facts are decided. Returns the aggregate after them, for what happens next."""
        assert list(self.decide()) == list(facts)
        return given(self.state, *facts)

    def then_nothing(self) -> None:
        assert list(self.decide()) == []

    def then_refused(self, refusal: Refusal) -> None:
        with pytest.raises(Refused) as caught:
            self.decide()
        assert caught.value.refusal == refusal


@dataclass(frozen=True, slots=True)
class Given(Generic[A]):
    state: A

    def when(
        self, decision: Callable[Concatenate[A, P], Sequence[Event]], *args: P.args, **kwargs: P.kwargs
    ) -> Decision[A]:
        return Decision(self.state, lambda: decision(self.state, *args, **kwargs))


def given(state: A, *facts: Event) -> Given[A]:
    """An aggregate to which this happened."""
    for fact in facts:
        state = state.evolve(replace(fact, originator_id=state.id, originator_version=state.version + 1))
    return Given(state)


class NoLog:
    """Without other writers, no stream moves."""

    epoch = 0

    def max_notification_id(self) -> int:
        return 0

    def begin_epoch(self) -> None:
        """It is never another one."""

    def select_stretch(self, start: int, limit: int) -> Stretch:
        return Stretch(begin=None, moves=(), end=None)


Facts = Mapping[str, Sequence[Event]]
"""Stream to the facts on it, in order."""


@dataclass
class Streams:
    """A log in memory, and policies that follow it."""

    log: list[Event] = field(default_factory=list)
    position: int = 0
    """How far the policies have followed it."""

    def add(self, stream: StreamId, *facts: Event) -> Event:
        """The facts happened. Returns the last of them as the log has it."""
        for fact in facts:
            version = 1 + sum(event.originator_id == stream for event in self.log)
            session = fact.session_id or session_of(stream)
            self.log.append(replace(fact, originator_id=stream, originator_version=version, session_id=session))
        return self.log[-1]

    def load(self, kind: type[A], stream: StreamId) -> A:
        state = kind(id=stream)
        for event in self._fetch([stream])[stream]:
            state = state.evolve(event)
        return state

    def decide(self, policy: Policy, event: Event) -> list[Event]:
        """Let the policy decide over the event, and record what it decided."""
        unit = UnitOfWork(self._fetch, RecentStates(NoLog()))
        self._attempt(unit, policy, event)
        self.log += unit.pending
        return unit.pending

    def follow(self, policies: Sequence[Policy]) -> None:
        """Let the policies follow the log to its end, as in the engine: each event once."""
        unit = UnitOfWork(self._fetch, RecentStates(NoLog()))
        while self.position < len(self.log):
            for policy in policies:
                decided = len(unit.pending)
                self._attempt(unit, policy, self.log[self.position])
                self.log += unit.pending[decided:]
            self.position += 1
            assert self.position < 10_000, "the policies do not finish"

    def _attempt(self, unit: UnitOfWork, policy: Policy, event: Event) -> None:
        cause = f"{event.originator_id}@{event.originator_version}"
        with unit.attempt(Stamp(actor=f"policy:{policy.name}", now=NOW, cause=cause, session_id=event.session_id)):
            policy.decide(event, unit)

    def when(
        self, policy: Policy, stream: StreamId, fact: Event, *, meanwhile: Sequence[tuple[str, Event]] = ()
    ) -> "Whenever":
        """The policy comes to this event; what happened `meanwhile` is in the log behind it."""
        event = self.add(stream, fact)
        for other, later in meanwhile:
            self.add(as_stream(other), later)
        return Whenever(self, policy, event)

    def _fetch(self, ids: Sequence[str]) -> Mapping[str, list[Event]]:
        return {id: [event for event in self.log if event.originator_id == id] for id in ids}


@dataclass(frozen=True, slots=True)
class Whenever:
    streams: Streams
    policy: Policy
    event: Event

    def then(self, expected: Facts) -> Streams:
        """Exactly these facts are recorded, and deciding the same event again records nothing more."""
        recorded = self.streams.decide(self.policy, self.event)
        assert self._by_stream(recorded) == {
            stream: [self._bare(fact) for fact in facts] for stream, facts in expected.items()
        }
        again = self.streams.decide(self.policy, self.event)
        assert self._by_stream(again) == {}, "deciding the same event twice recorded more"
        return self.streams

    def then_nothing(self) -> Streams:
        return self.then({})

    def _by_stream(self, events: Sequence[Event]) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = {}
        for event in events:
            found.setdefault(event.originator_id, []).append(self._bare(event))
        return found

    def _bare(self, event: Event) -> Event:
        """Without what the unit of work stamps; the session only where it is another one than the event's."""
        unstamped: dict[str, Any] = dict.fromkeys(("cause", "reason"))
        unstamped |= {"originator_id": "", "originator_version": 0, "recorded_at": UNSTAMPED, "actor": ""}
        if event.occurred_at == NOW:
            unstamped["occurred_at"] = UNSTAMPED
        if event.session_id == self.event.session_id:
            unstamped["session_id"] = None
        return replace(event, **unstamped)


def streams(*facts: tuple[str, Event]) -> Streams:
    """A log in which this happened."""
    log = Streams()
    for stream, fact in facts:
        log.add(as_stream(stream), fact)
    return log


def session_of(stream: str) -> SessionId | None:
    """The session that a stream belongs to, if its ID names one."""
    found = re.search(r"cs_(?:test|live)_[A-Za-z0-9]+", stream)
    return as_session(found.group()) if found else None
