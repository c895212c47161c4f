"""Followers lead the policies through the log: each event once, in order, even across crashes.

All policies share one reader. A batch's decisions, the new positions of the policies and the parked events are one
transaction, so a crash or a second copy of the process changes nothing twice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import structlog
from eventsourcing.persistence import IntegrityError

from application.log.insertion import Bookkeeping, Move
from application.log.leading import Terms
from application.log.log import Entry, Log
from application.log_line import LogLine
from application.ports import Clock, WorkerLocks
from application.reading.story import quotes_personal_data, sentence
from application.running.deciding import Batch, Deciding, Decision
from application.running.readings import Reading, Readings
from application.text.wording import Titles, titles
from application.writing.recent_states import RecentStates
from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, fulfillment_id, retried_subject
from domain.policy import Begin, Policy

_BATCH_MIN = 32
"""The size of a batch, until there is much to do: a webhook that arrives while a batch is decided waits for it."""
_BATCH_MAX = 512
_FAR_BEHIND = _BATCH_MAX
"""A distance in positions of the log. Below it, all policies decide over an event before any of them decides over the
next."""

logger = structlog.get_logger(__name__)


class Followers:
    def __init__(
        self,
        log: Log,
        policies: Sequence[Policy],
        recent: RecentStates,
        locks: WorkerLocks,
        clock: Clock,
        terms: Terms | None = None,
    ) -> None:
        """`terms` are the settings by which the policies decide. A server stores them in the log when it begins to
        lead."""
        self._log = log
        self._readings = Readings(policies)
        self._deciding = Deciding(log, {policy.name: policy for policy in policies}, self._readings, recent, clock)
        self._recent = recent
        self._locks = locks
        self._terms = terms or {}
        self.is_urgent: Callable[[], bool] = lambda: False
        """True if requests have waited for the thread that takes turns: a batch ends early."""
        self.is_server = False
        """True if it leads for longer than a staff command takes."""
        self._positions: dict[str, int] = {}
        """The position of each reading. It is stored with the next decision, or at the end of the log."""
        self._stored: dict[str, int] = {}
        """The positions in the store, as we know them."""
        self._parked_subjects: set[tuple[str, str]] = set()
        self._to_retry: list[tuple[str, str]] = []
        """The policies and subjects whose parked events this server still has to try: no request of a person does."""
        self._is_front_next = False
        """True if it is the turn of the readings at the front."""
        self._limit = _BATCH_MIN
        self._awaited: str | None = None
        """The long stream that the next event needs."""
        self._was_leading: bool | None = None
        self._epoch = log.store.epoch
        """The store's epoch before the queries for all of that."""

    @property
    def is_held_up(self) -> bool:
        """True if the next event needs a long stream that is being prepared."""
        return self._awaited is not None

    def turn(self) -> bool:
        """Follow the log for one batch. Return False if there was nothing, or if another process leads."""
        if not self._leads() or (self._awaited is not None and self._recent.is_in_preparation(self._awaited)):
            return False
        epoch = self._log.store.epoch
        if epoch != self._epoch:  # the log may have been replaced by a shorter one
            self._epoch = epoch
            self._positions = {}
        if not self._positions:
            self._adopt()
        if self._to_retry:
            return self._retry_parked(*self._to_retry[0])
        for positions, until in self._groups():
            read = self._log.read(min(positions.values(), default=0), self._limit, until)
            if read:
                return self._follow_batch(positions, read)
            if until is None and not self._store_positions():
                return True
        return False

    def _groups(self) -> Sequence[tuple[Mapping[str, int], int | None]]:
        """Return groups of readings at one position, each with the end up to which to read. Readings that are far
        behind take turns with those at the front, so no payment waits while a new policy reads the past."""
        levels = sorted(set(self._positions.values())) or [0]
        groups: list[tuple[int, int | None]] = [(levels[-1], None)]
        if len(levels) > 1:
            is_far = levels[-1] - levels[0] > _FAR_BEHIND
            groups.insert(1 if is_far and self._is_front_next else 0, (levels[0], levels[1]))
            self._is_front_next = is_far and not self._is_front_next
        return [({name: at for name, at in self._positions.items() if at == start}, end) for start, end in groups]

    def _follow_batch(self, positions: Mapping[str, int], read: Sequence[Entry]) -> bool:
        batch = self._deciding.decide(read, positions, self._parked_subjects, self.is_urgent)
        if self._has_kept(batch, len(read)):
            self._limit = self._next_limit(batch, read)
        return batch.has_news or not self.is_held_up

    def _next_limit(self, batch: Batch, read: Sequence[Entry]) -> int:
        """Twice as many events if there is much to do, half as many if the batch ended before its last event."""
        if len(read) < self._limit:
            return _BATCH_MIN
        has_ended_early = any(position < read[-1].position for position in batch.positions.values())
        return max(_BATCH_MIN, self._limit // 2) if has_ended_early else min(_BATCH_MAX, self._limit * 2)

    def _retry_parked(self, policy: str, subject: str) -> bool:
        """Try these parked events: this process may have a version, a catalog or an event that its predecessor had
        not."""
        batch = self._deciding.retry(policy, subject, {policy: self._positions[policy]}, self._parked_subjects)
        if self._has_kept(batch, 1) and batch.awaited is None:
            self._to_retry.remove((policy, subject))
        return not self.is_held_up

    def _has_kept(self, batch: Batch, size: int) -> bool:
        """Store the batch. Return False if a race for it was lost."""
        self._awaited = batch.awaited
        try:
            inserted = self._insert(batch)
        except IntegrityError:
            self._step_back(size)
            return False
        self._positions.update(batch.positions)
        if batch.has_news:
            self._stored.update(batch.positions)
        self._parked_subjects = batch.parked_subjects
        self._recent.keep(batch.unit.states, inserted)
        self._log_decisions(batch)
        return True

    def _leads(self) -> bool:
        leads = self._locks.lead()
        if leads is not self._was_leading:
            logger.info(LogLine.LEADING if leads else LogLine.STANDING_BY)
        self._was_leading = leads
        if not leads:
            self._positions = {}
        return leads

    def _adopt(self) -> None:
        """Begin at the stored positions, of this process or of the previous leader.

        Raises:
            UnfinishedCopy, LogMoved: no process may lead this log yet, or any more. A copy holds the lead until it
                ends, so a process that waited to lead during a copy finds out here.
        """
        self._log.check_is_at_work()
        if self.is_server and self._log.store.select_terms() != self._terms:
            self._log.store.replace_terms(self._terms)
        stored = self._look_up()
        if any(stored[name] < known for name, known in self._stored.items()):
            logger.warning(LogLine.LOG_WENT_BACK, positions=stored)
            self._log.store.begin_epoch()
            self._epoch = self._log.store.epoch
        # Everything is read before anything is kept: if a read fails, the next turn starts over.
        self._parked_subjects = {(parked.policy, parked.subject) for parked in self._log.store.select_parked_events()}
        stored |= self._begin([reading for reading in self._readings.every if stored[reading.name] == 0])
        self._stored, self._positions = stored, dict(stored)
        self._to_retry = sorted(filter(self._is_to_retry, self._parked_subjects))

    def _is_to_retry(self, parked: tuple[str, str]) -> bool:
        """True for events that only a server tries again. An event of a checkout waits for a person, who may have to
        look at it first."""
        policy, subject = parked
        return self.is_server and policy in self._positions and retried_subject(subject) is None

    def _begin(self, new: Sequence[Reading]) -> Mapping[str, int]:
        """Record the positions of new readings that begin at the end. The end is the position that the log's other
        readings have reached: an event that no policy has decided over yet is not past, even if it arrived before this
        process."""
        reached = max(self._log.positions().values(), default=0) if new else 0
        if not reached:
            return {}
        end = min(reached, self._log.store.max_notification_id() or 0)  # a restored log may lack its last events
        for reading in new:
            logger.info(LogLine.READING_BEGINS, policy=reading.policy, reading=reading.name, begins=str(reading.begins))
        begun = {reading.name: end for reading in new if reading.begins is Begin.AT_THE_END}
        moves = [Move(follower=name, since=0, to=end) for name in begun]
        if moves:
            self._log.append([], Bookkeeping(moves=moves), epoch=self._epoch)
        return begun

    def _look_up(self) -> dict[str, int]:
        """Return the positions in the store; 0 for a reading without one."""
        return {each.name: self._log.store.max_tracking_id(each.name) or 0 for each in self._readings.every}

    def stored_position(self) -> int:
        """Return the position of the policies in the store. Readings that are far behind do not count."""
        positions = self._look_up().values()
        front = max(positions, default=0)
        return min((position for position in positions if front - position <= _FAR_BEHIND), default=0)

    def check_positions(self) -> None:
        """Adopt the stored positions if they are not those that this leader stored. Then a backup was restored in
        place, which nothing else would show if no stream has a gap.

        Raises:
            PersistenceError: the store could not be read.
        """
        if self._positions and self._leads() and self._look_up() != self._stored:
            self._adopt()

    def _store_positions(self) -> bool:
        """Store the positions at the end of the log. Return False if they are no longer valid for this log, so that it
        has to be read again."""
        if self._positions == self._stored:
            return True
        self._recent.refresh()  # this finds out if the log went back, and the positions are beyond its end
        try:
            self._log.append([], Bookkeeping(moves=self._moves(self._positions)), epoch=self._epoch)
        except IntegrityError:
            self._adopt()  # another process leads, or the log was replaced
            return False
        self._stored = dict(self._positions)
        return True

    def _insert(self, batch: Batch) -> Sequence[Entry]:
        """Store the batch. One without decisions needs no transaction: its position is stored with a later one."""
        if not batch.has_news:
            return ()
        books = Bookkeeping(moves=self._moves(batch.positions), park=batch.park, unpark=batch.unpark)
        return self._log.append(batch.unit.pending, books, epoch=self._epoch)

    def _moves(self, positions: Mapping[str, int]) -> Sequence[Move]:
        return [Move(follower=name, since=self._stored.get(name, 0), to=at) for name, at in positions.items()]

    def _step_back(self, size: int) -> None:
        """Recover from a lost race. If it was for a position, to another leader or to our own commit with a lost
        acknowledgement, adopt the stored positions. If it was for one stream, decide again over half as many events."""
        if self._look_up() != self._stored:
            self._adopt()
        else:
            self._limit = max(1, size // 2)

    def _log_decisions(self, batch: Batch) -> None:
        for decision in batch.decisions:
            logger.info(
                LogLine.DECISION,
                policy=decision.policy,
                session_id=decision.event.session_id,
                because=decision.event.TOPIC,
                led_to=[event.TOPIC for event in decision.led_to],
                sentences=_Sentences(decision, self._recent),
            )


@dataclass(frozen=True, slots=True, repr=False)
class _Sentences:
    """What a decision led to, for a person who watches the log: what each event is about, and its sentence. Its `repr`
    shows nothing of the events, which have personal data."""

    decision: Decision
    recent: RecentStates

    def __call__(self) -> Iterator[tuple[str, str]]:
        for event in self.decision.led_to:
            if not quotes_personal_data(event):
                yield event.session_id or event.originator_id, sentence(event, self._titles(event.session_id))

    def _titles(self, session_id: SessionId | None) -> Titles:
        """The titles of a checkout, as far as they are in memory: a log line is no reason to read."""
        session = self.recent.get(session_id) if session_id else None
        fulfillment = self.recent.get(fulfillment_id(session_id)) if session_id else None
        if isinstance(session, CheckoutSession) and isinstance(fulfillment, Fulfillment):
            return titles(session, fulfillment)
        return Titles()
