"""Lets the policies decide over a batch of events, and parks events that a policy can't handle."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

import structlog
from eventsourcing.persistence import PersistenceError

from application.errors import Unprepared, reason_for
from application.log.insertion import ParkedEvent
from application.log.log import Entry, Log
from application.log_line import LogLine
from application.ports import Clock
from application.running.readings import RETRIES, Reading, Readings
from application.text.reason_wording import in_words
from application.writing.recent_states import RecentStates
from application.writing.unit_of_work import Fetch, Stamp, UnitOfWork
from domain import reasons
from domain.errors import UnreadableEvent
from domain.event import Event
from domain.policy import Policy
from domain.reason import Reason
from domain.stripe_event import StripeEvent

_DECIDED_MAX = 256
"""A batch ends after the event with which so many events are decided, since webhooks that arrive meanwhile wait for
it."""
_TRIES = 2

logger = structlog.get_logger(__name__)


class _Poison(Exception):
    """A policy can't handle this event."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision of a policy about one event."""

    policy: str
    event: Event
    led_to: Sequence[Event]


@dataclass(slots=True)
class Batch:
    """The bookkeeping that one turn stores besides the decided events."""

    unit: UnitOfWork
    parked_subjects: set[tuple[str, str]]
    """The policies and subjects with parked events, once this is in the log."""
    positions: dict[str, int]
    park: list[ParkedEvent] = field(default_factory=list)
    unpark: list[tuple[str, int]] = field(default_factory=list)
    decisions: list["Decision"] = field(default_factory=list)
    awaited: str | None = None
    """The long stream that is being prepared for the event before which the batch ends."""

    @property
    def has_news(self) -> bool:
        return bool(self.unit.pending or self.park or self.unpark)


class Deciding:
    def __init__(
        self, log: Log, policies: Mapping[str, Policy], readings: Readings, recent: RecentStates, clock: Clock
    ) -> None:
        self._log = log
        self._policies = policies
        self._readings = readings
        self._recent = recent
        self._fetch: Fetch = log.short_streams if recent.has_long else log.streams
        self._clock = clock

    def decide(
        self,
        read: Sequence[Entry],
        positions: Mapping[str, int],
        parked_subjects: Set[tuple[str, str]],
        is_urgent: Callable[[], bool],
    ) -> Batch:
        """Decide over these events, up to the first that needs a long stream, or until the batch is full or a waiting
        request is urgent.

        `positions` are those of the readings that follow; `parked_subjects` are the policies and subjects with parked
        events so far.

        Raises:
            PersistenceError: the store could not be read.
        """
        batch = Batch(UnitOfWork(self._fetch, self._recent), set(parked_subjects), dict(positions))
        batch.unit.refresh()  # even if nothing is decided: this finds out if the log went back, and `read` is of before
        events = [(entry, entry.readable) for entry in read if self._readings.may_concern(entry.topic, positions)]
        batch.unit.prefetch(self._likely((event for _, event in events if isinstance(event, Event)), positions))
        position = 0
        for entry, event in events:
            try:
                self._follow_all(entry, event, batch)
            except Unprepared as error:
                batch.awaited = error.stream
                break
            position = entry.position
            if len(batch.unit.pending) >= _DECIDED_MAX or is_urgent():
                break
        else:
            position = read[-1].position if read else 0
        batch.positions = {name: max(reached, position) for name, reached in batch.positions.items()}
        return batch

    def retry(
        self, policy: str, subject: str, positions: Mapping[str, int], parked_subjects: Set[tuple[str, str]]
    ) -> Batch:
        """Handle the parked events of this subject in order, up to the first that fails. If it fails for the reason for
        which it was parked, there is no news: it has waited since then.

        Raises:
            PersistenceError: the store could not be read.
        """
        batch = Batch(UnitOfWork(self._fetch, self._recent), set(parked_subjects), dict(positions))
        parked = self._log.store.select_parked_events(policy=policy, subjects=[subject])
        known = {each.position: each.error for each in parked}
        try:
            self._retry(self._policies[policy], subject, batch)
        except Unprepared as error:
            return Batch(UnitOfWork(self._fetch, self._recent), set(parked_subjects), {}, awaited=error.stream)
        batch.park = [each for each in batch.park if each.error != known.get(each.position)]
        return batch

    def _likely(self, events: Iterable[Event], positions: Container[str]) -> Iterable[str]:
        for event in events:
            for reading in self._readings.of(event):
                if reading.name in positions:
                    yield from self._policies[reading.policy].likely(event)

    def _follow_all(self, entry: Entry, event: Event | UnreadableEvent, batch: Batch) -> None:
        """
        Raises:
            Unprepared: one of the policies needs a long stream. Those before it have decided.
        """
        for reading in self._readings.of(event):
            if reading.name in batch.positions:
                self._follow(reading, entry, event, batch)
                batch.positions[reading.name] = entry.position

    def _follow(self, reading: Reading, entry: Entry, event: Event | UnreadableEvent, batch: Batch) -> None:
        """Let the policy decide. Park the event if it can't, or if an earlier event of the same subject is parked."""
        policy, subject = self._policies[reading.policy], event.session_id or entry.stream
        if reading.is_own and isinstance(event, RETRIES):
            self._retry(policy, subject, batch)
        if not isinstance(event, UnreadableEvent) and type(event) not in reading.kinds:
            return
        if (policy.name, subject) in batch.parked_subjects:
            if reading.is_own or not self._is_parked(policy, entry.position, subject, batch):
                self._park(policy, entry.position, subject, reasons.waits_behind(), batch)
            return
        try:
            self._attempt(policy, event, batch)
        except _Poison as poison:
            batch.parked_subjects.add((policy.name, subject))
            self._park(policy, entry.position, subject, poison.reason, batch)
            self._mark_failed(policy, event, poison.reason, batch.unit)

    def _attempt(self, policy: Policy, event: Event | UnreadableEvent, batch: Batch) -> None:
        """Let the policy decide, and undo what it did if it raises.

        Raises:
            _Poison: the policy can't, however often it tries.
            PersistenceError: the store could not be read, which is not the fault of the event.
        """
        if isinstance(event, UnreadableEvent):
            raise _Poison(event.reason) from event
        for remaining in reversed(range(_TRIES)):
            try:
                before = len(batch.unit.pending)
                with batch.unit.attempt(self._stamp(policy.name, event)):
                    policy.decide(event, batch.unit)
                if led_to := batch.unit.pending[before:]:
                    batch.decisions.append(Decision(policy.name, event, led_to))
                return
            except (PersistenceError, Unprepared):
                raise
            except Exception as error:  # the boundary around one event: recorded, never swallowed
                if remaining == 0:
                    raise _Poison(reason_for(error)) from error

    def _stamp(self, name: str, event: Event) -> Stamp:
        return Stamp(
            actor=f"policy:{name}",
            now=self._clock(),
            cause=f"{event.originator_id}@{event.originator_version}",
            session_id=event.session_id,
        )

    def _is_parked(self, policy: Policy, position: int, subject: str, batch: Batch) -> bool:
        """True if another reading of this policy has parked this event."""
        parked = [*batch.park, *self._log.store.select_parked_events(policy=policy.name, subjects=[subject])]
        return (policy.name, position) in {(each.policy, each.position) for each in parked}

    def _park(self, policy: Policy, position: int, subject: str, error: Reason, batch: Batch) -> None:
        logger.error(
            LogLine.EVENT_PARKED, policy=policy.name, position=position, subject=subject, error=in_words(error)
        )
        batch.park.append(
            ParkedEvent(policy=policy.name, position=position, subject=subject, error=error, parked_at=self._clock())
        )

    def _mark_failed(self, policy: Policy, event: Event | UnreadableEvent, error: Reason, unit: UnitOfWork) -> None:
        """Record the failure at the Stripe event, too, which has a state of its own."""
        if not isinstance(event, StripeEvent.Received):
            return
        try:
            with unit.attempt(self._stamp(policy.name, event)):
                unit.command(StripeEvent, event.originator_id, StripeEvent.fail, error)
        except UnreadableEvent as unreadable:
            why = in_words(unreadable.reason)
            logger.error(LogLine.STRIPE_EVENT_NOT_MARKED, stripe_event=event.originator_id, error=why)

    def _retry(self, policy: Policy, subject: str, batch: Batch) -> None:
        """Handle the parked events of this subject in order, up to the first that fails, since a person asked for a
        retry."""
        if (policy.name, subject) not in batch.parked_subjects:
            return
        entries = self._log.store.select_parked_events(policy=policy.name, subjects=[subject])
        ours = [entry for entry in batch.park if (entry.policy, entry.subject) == (policy.name, subject)]
        for entry in [*entries, *ours]:
            event = self._log.entry(self._log.store.select_positions([entry.position])[0]).readable
            try:
                self._attempt(policy, event, batch)
            except _Poison as poison:
                self._park(policy, entry.position, subject, poison.reason, batch)
                self._mark_failed(policy, event, poison.reason, batch.unit)
                return
            batch.unpark.append((policy.name, entry.position))
            if entry in batch.park:
                batch.park.remove(entry)
        batch.parked_subjects.discard((policy.name, subject))
