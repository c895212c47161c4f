"""Effects: the only code that talks to the outside. Claimed, concurrent, retried, given up into a visible state.

At least once towards the outside, under a key that stays the same; exactly once in the log.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime

import structlog

from application.due_effects import DueEffect, DueEffects
from application.effect_kinds import Attempt, Done, Kind
from application.errors import Busy, Stopped, StoreUnavailable, UnreadableEvent, described
from application.ports import Clock, NotTaken, Permanent, PortError, WorkerLocks
from application.threads import Threads
from application.unit_of_work import Stamp, UnitOfWork
from application.writer import Command, Writer
from domain.effect import Effect
from domain.identifiers import fulfillment_id

logger = structlog.get_logger(__name__)

_CANDIDATES_MAX = 500
_CLAIMED_MIN, _CLAIMED_TIMES = 64, 4
_ERROR_MAX = 500
_STORE_AGAIN_SECONDS = 1.0
_LOOK_AROUND_SECONDS = 1.0
_STOPPED = "stopped"
"""A restart finds the orphaned attempt and repeats it under the same key."""


@dataclass(slots=True)
class _Call:
    """An attempt that is claimed: where it is made, and since when."""

    kind: Kind
    executor: Executor
    attempt: Attempt
    began_at: float = 0.0


class EffectRunner:
    def __init__(
        self,
        *,
        kinds: Mapping[str, Kind],
        due: DueEffects,
        writer: Writer,
        locks: WorkerLocks,
        clock: Clock,
        random: Callable[[], float],
        executors: Mapping[str, Executor],
        keeper: Executor,
        threads: Threads | None = None,
    ) -> None:
        """Each kind has an executor of its own, which calls as many ports at a time as the kind allows. The keeper's
        threads wait until an outcome that the store did not take at once is stored."""
        self._worker = ""
        """The ID under which we work now."""
        self._kinds = kinds
        self._due = due
        self._writer = writer
        self._locks = locks
        self._clock = clock
        self._random = random
        self._executors = executors
        self._keeper = keeper
        self._threads = threads or Threads()
        self._looked_around_at = float("-inf")
        self._orphans: Sequence[DueEffect] = ()
        """What was found to be nobody's when we last looked, and is not claimed yet."""
        self._under_way: dict[str, str] = {}
        """Effect to kind, from the claim until the outcome is stored."""
        self._in_doubt: set[str] = set()
        """Effects that may be claimed in our name without our knowing: the store failed when it was asked to."""
        self._set_aside: set[str] = set()
        """Effects of checkouts with an event that this version can't read: another version will have to do them."""
        self._lock = threading.Lock()
        self.wake = self._threads.signal()
        """Set when there may be something to do."""

    @property
    def is_busy(self) -> bool:
        """Whether something claimed is still under way."""
        return bool(self._under_way)

    def turn(self) -> bool:
        """Claim what is due and free, and have it done. False if there was nothing to claim.

        Raises:
            Busy, StoreUnavailable: not everything could be claimed; what could is being done all the same.
            Stopped: nothing is done any more.
        """
        self._enlist()
        now = self._clock()
        self._look_around(now)
        chosen = self._choose([*self._orphans, *self._free(now)])
        chosen_ids = {hint.effect_id for hint in chosen}
        self._orphans = [hint for hint in self._orphans if hint.effect_id not in chosen_ids]
        won, trouble = self._claim_all(chosen, now)
        if isinstance(trouble, Stopped):
            won = []  # what came of them could not be stored: whoever comes next finds them orphaned
        taken = {attempt.effect.id for _, attempt in won}
        self._let_go(hint.effect_id for hint in chosen if hint.effect_id not in taken)
        for hint, attempt in won:
            self._begin(_Call(self._kinds[hint.kind], self._executors[hint.kind], attempt))
        if trouble is not None:
            raise trouble
        return bool(won)

    def _enlist(self) -> None:
        """Whoever copies a log into this one marks it first and looks for workers then; we do both the other way
        round. So at least one of the two finds the other.

        Raises:
            UnfinishedCopy: what is due here may be done already in the rest of the log.
        """
        worker = self._locks.enlist()
        if worker != self._worker:
            self._writer.check_log()
            self._worker = worker

    def stop(self) -> None:
        """Begin nothing more. What is claimed and not begun is left to whoever comes next, who finds it orphaned.
        Outcomes are stored on until the writer is closed."""
        for executor in self._executors.values():
            executor.shutdown(wait=False, cancel_futures=True)

    def _begin(self, call: "_Call") -> None:
        id = call.attempt.effect.id

        def let_go(done: "Future[None]") -> None:
            if done.cancelled():
                self._let_go([id])
            elif (error := done.exception()) is not None:
                logger.error("effect ended its thread", effect=call.attempt.step, error=type(error).__name__)
                self._in_doubt.add(id)
                self._let_go([id])

        try:
            call.executor.submit(self._perform, call).add_done_callback(let_go)
        except RuntimeError:  # it was shut down meanwhile
            self._let_go([id])

    def _free(self, now: datetime) -> Sequence[DueEffect]:
        """What nobody has claimed, of each kind that has room."""
        with self._lock:
            running = Counter(self._under_way.values())
        found: list[DueEffect] = []
        for name, kind in self._kinds.items():
            if running[name] < _claimed_max(kind):
                # The view may not know yet of what we have claimed
                found += self._due.free(name, now, _claimed_max(kind) + len(self._set_aside))
        return found

    def _look_around(self, now: datetime) -> None:
        """Now and then: what others have claimed and won't do, and what nobody here can do. It comes before what is
        free, or it would wait for as long as there is anything."""
        if self._writer.has_thread and self._threads.monotonic() - self._looked_around_at < _LOOK_AROUND_SECONDS:
            return
        self._looked_around_at = self._threads.monotonic()
        due = self._due.due(now, _CANDIDATES_MAX + len(self._set_aside))
        others = {hint.worker for hint in due if hint.worker not in {None, self._worker}}
        at_work = {worker for worker in others if worker and self._locks.is_at_work(worker)}
        self._orphans = [hint for hint in due if self._is_orphaned(hint, at_work)]

    def _is_orphaned(self, hint: DueEffect, at_work: Set[str]) -> bool:
        """Whether who has it won't do it, or nobody can. What we have and don't know of is orphaned; what else names us
        is done already, and the view is behind."""
        if hint.worker is None:
            return hint.kind not in self._kinds
        if hint.worker == self._worker:
            return hint.effect_id in self._in_doubt
        return hint.worker not in at_work

    def _claim_all(
        self, hints: Sequence[DueEffect], now: datetime
    ) -> tuple[Sequence[tuple[DueEffect, Attempt]], Exception | None]:
        """What was won, and the first trouble. The answer to every claim is waited for, whatever became of the others:
        nobody else does what this worker has won."""
        claims: list[tuple[DueEffect, Future[Attempt | None]]] = []
        won: list[tuple[DueEffect, Attempt]] = []
        trouble: Exception | None = None
        for hint in hints:
            try:
                claim = self._claim(hint, now)
            except (Busy, Stopped) as error:
                trouble = error
                break
            claims.append((hint, claim))
        for hint, claim in claims:
            try:
                attempt = self._claimed(hint, claim)
            except Exception as error:  # noqa: BLE001 - raised by the turn, once everything that was won is under way
                trouble = trouble or error
                self._in_doubt.add(hint.effect_id)
            else:
                self._in_doubt.discard(hint.effect_id)
                won += [(hint, attempt)] if attempt is not None else []
        return won, trouble

    def _claimed(self, hint: DueEffect, claim: "Future[Attempt | None]") -> Attempt | None:
        try:
            return self._writer.result(claim)
        except UnreadableEvent as unreadable:
            self._set_aside.add(hint.effect_id)
            logger.error(
                "effect set aside until a restart",
                session_id=hint.session_id,
                effect=hint.effect_id,
                error=str(unreadable),
            )
            return None

    def _choose(self, hints: Sequence[DueEffect]) -> list[DueEffect]:
        """Those that nobody works at and whose kind has room, each counted as under way from here on."""
        with self._lock:
            running = Counter(self._under_way.values())
            chosen = []
            for hint in hints:
                kind = self._kinds.get(hint.kind)
                if hint.effect_id in self._set_aside:
                    continue
                if hint.effect_id in self._under_way or (kind and running[hint.kind] >= _claimed_max(kind)):
                    continue
                running[hint.kind] += 1
                self._under_way[hint.effect_id] = hint.kind
                chosen.append(hint)
        return chosen

    def _let_go(self, effect_ids: Iterable[str]) -> None:
        with self._lock:
            for id in effect_ids:
                self._under_way.pop(id, None)

    def _claim(self, hint: DueEffect, now: datetime) -> "Future[Attempt | None]":
        def claim(unit: UnitOfWork) -> Attempt | None:
            effect, kind = unit.load(Effect, hint.effect_id), self._kinds.get(hint.kind)
            if effect.worker not in {None, hint.worker, self._worker}:
                return None  # the hint was old: somebody else is at it
            if kind is None:
                unit.command(Effect, effect.id, Effect.give_up, f"Nothing here carries out '{hint.kind}'")
                return None
            why = kind.handler.why_unwanted(effect, hint.session_id, unit) if effect.is_open else None
            if why is not None:
                unit.command(Effect, effect.id, Effect.withdraw, why)
                return None
            # If it is ours, then because an insert was taken for lost: what is under way here is not claimed again.
            started = unit.command(Effect, effect.id, Effect.start, self._worker, now=now, orphaned_by=effect.worker)
            if started.attempt == effect.attempt:
                return None
            return Attempt(effect=started, session_id=hint.session_id, number=started.attempt)

        ids = [hint.effect_id, hint.session_id, fulfillment_id(hint.session_id)]
        return self._writer.submit(self._stamp(hint.session_id, None), ids, claim)

    def _perform(self, call: "_Call") -> None:
        """One attempt: the call of the port. It never raises."""
        kind, attempt = call.kind, call.attempt
        call.began_at = self._threads.monotonic()
        try:
            record = self._answered(kind, attempt, kind.handler.perform(attempt))
        except Permanent as refusal:
            record = self._answered(kind, attempt, Done(given_up=str(refusal)))
        except Exception as trouble:  # noqa: BLE001 - the boundary around one call of a port: recorded as failed
            may_have_gone_out = not isinstance(trouble, NotTaken)
            record = self._failed(kind, attempt, described(trouble, PortError), may_have_gone_out=may_have_gone_out)
        self._record(call, record)

    def _record(self, call: "_Call", record: "Command[str | None]") -> None:
        """Have the outcome stored without waiting for that, so that the next call can go out meanwhile."""

        def stored(done: "Future[str | None]") -> None:
            trouble = done.exception()
            if trouble is None:
                self._finish(call, done.result())
            elif isinstance(trouble, Stopped):
                self._finish(call, _STOPPED)
            else:
                self._keeper.submit(self._store_at_length, call, record)  # it may wait, and this is the writer's thread

        try:
            outcome = self._submit(call.attempt, record)
        except (Busy, Stopped):
            self._store_at_length(call, record)
        else:
            outcome.add_done_callback(stored)
            self._writer.settle(outcome)

    def _store_at_length(self, call: "_Call", record: "Command[str | None]") -> None:
        try:
            error = self._stored(call, record)
        except Exception as trouble:  # noqa: BLE001 - a restart finds the orphaned attempt
            error = f"The outcome can't be stored: {described(trouble, PortError)}"
        self._finish(call, error)

    def _stored(self, call: "_Call", record: "Command[str | None]") -> str | None:
        """Store the outcome; if the checkout can't take it, the attempt failed, since it made nothing known."""
        try:
            return self._store(call.attempt, record)
        except Exception as trouble:  # noqa: BLE001 - the boundary around one outcome: recorded as failed
            return self._store(call.attempt, self._failed(call.kind, call.attempt, described(trouble, PortError)))

    def _finish(self, call: "_Call", error: str | None) -> None:
        logger.info(
            "effect attempted",
            session_id=call.attempt.session_id,
            effect=call.attempt.step,
            attempt=call.attempt.number,
            outcome="failed" if error else "succeeded",
            error=error,
            duration_ms=round((self._threads.monotonic() - call.began_at) * 1000),
        )
        self._let_go([call.attempt.effect.id])
        self.wake.set()

    def _answered(self, kind: Kind, attempt: Attempt, done: Done) -> "Command[str | None]":
        def record(unit: UnitOfWork) -> str | None:
            why_again = done.outcome(unit) if done.outcome else None
            if why_again is not None:
                return self._failed(kind, attempt, why_again)(unit)
            if done.given_up is not None:
                text = done.given_up[:_ERROR_MAX]
                unit.command(
                    Effect, attempt.effect.id, Effect.fail, attempt.number, text, retry_at=None, may_have_gone_out=False
                )
                return text
            unit.command(Effect, attempt.effect.id, Effect.succeed, attempt.number, done.note)
            return None

        return record

    def _failed(
        self, kind: Kind, attempt: Attempt, error: str, *, may_have_gone_out: bool = True
    ) -> "Command[str | None]":
        wait = kind.retry.retry_after(attempt.effect.attempts_since_request, self._random)
        retry_at = None if wait is None else self._clock() + wait

        def record(unit: UnitOfWork) -> str | None:
            text = error[:_ERROR_MAX]
            unit.command(
                Effect,
                attempt.effect.id,
                Effect.fail,
                attempt.number,
                text,
                retry_at=retry_at,
                may_have_gone_out=may_have_gone_out,
            )
            return text

        return record

    def _store(self, attempt: Attempt, record: "Command[str | None]") -> str | None:
        """Store the outcome, as often as it takes: what was done outside can't be undone."""
        while True:
            try:
                return self._writer.result(self._submit(attempt, record))
            except Stopped:
                return _STOPPED
            except (Busy, StoreUnavailable) as error:
                logger.warning("outcome not stored yet", session_id=attempt.session_id, error=str(error))
                self._threads.sleep(_STORE_AGAIN_SECONDS)

    def _submit(self, attempt: Attempt, record: "Command[str | None]") -> "Future[str | None]":
        cause = f"{attempt.effect.id}@{attempt.effect.version}"
        ids = [attempt.effect.id, attempt.session_id, fulfillment_id(attempt.session_id)]
        return self._writer.submit(self._stamp(attempt.session_id, cause), ids, record)

    def _stamp(self, session_id: str, cause: str | None) -> Stamp:
        return Stamp(actor=f"worker:{self._worker}", now=self._clock(), cause=cause, session_id=session_id)


def _claimed_max(kind: Kind) -> int:
    """How many of a kind may be claimed: more than are called at a time, so that no call waits for the log."""
    return max(_CLAIMED_MIN, _CLAIMED_TIMES * kind.concurrency)
