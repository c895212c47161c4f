"""Effects: the only code that talks to the outside. Claimed, concurrent, retried, given up into a visible state.

At least once towards the outside, under a key that stays the same; exactly once in the log.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime

import structlog

from application.errors import Busy, Stopped, StoreUnavailable, described
from application.log.unit_of_work import Stamp, UnitOfWork
from application.log.writer import Command, Writer
from application.ports import Clock, NotTaken, Permanent, PortError, WorkerLocks
from application.reading.due_effects import DueEffect, DueEffects
from application.running.candidates import Candidates
from application.running.effect_kinds import Attempt, Done, Kind
from application.threads import Threads
from domain.effect import Effect
from domain.errors import UnreadableEvent
from domain.identifiers import fulfillment_id

logger = structlog.get_logger(__name__)

_ERROR_MAX = 500
_STORE_AGAIN_SECONDS = 1.0
_STOPPED = "stopped"
"""A restart finds the orphaned attempt and repeats it under the same key."""


@dataclass(slots=True)
class _Call:
    """An attempt that is claimed: where it is made, and since when."""

    kind: Kind
    executor: Executor
    attempt: Attempt
    began_at: float | None = None
    streams: Sequence[str] = ()
    """What the outcome needs beside the checkout's own streams."""


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
        self._writer = writer
        self._locks = locks
        self._clock = clock
        self._random = random
        self._executors = executors
        self._keeper = keeper
        self._threads = threads or Threads()
        self._candidates = Candidates(kinds, due, locks, self._threads)
        self.wake = self._threads.signal()
        """Set when there may be something to do."""

    @property
    def is_busy(self) -> bool:
        """Whether something claimed is still under way."""
        return self._candidates.has_any_in_hand

    def turn(self) -> bool:
        """Claim what is due and free, and have it done. False if there was nothing to claim. What is wrong with one
        effect or its checkout stops that effect alone.

        Raises:
            Busy, StoreUnavailable: not everything could be claimed; what could is being done all the same.
            Stopped: nothing is done any more.
        """
        self._enlist()
        now = self._clock()
        chosen = self._candidates.choose(self._worker, now, looks_around=not self._writer.has_thread)
        won, trouble = self._claim_all(chosen, now)
        if isinstance(trouble, Stopped):
            won = []  # what came of them could not be stored: whoever comes next finds them orphaned
        taken = {attempt.effect.id for _, attempt in won}
        self._candidates.let_go(hint.effect_id for hint in chosen if hint.effect_id not in taken)
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
        """Begin nothing more, and give back what is claimed and not begun. Outcomes are stored on until the writer is
        closed."""
        for executor in self._executors.values():
            executor.shutdown(wait=False, cancel_futures=True)

    def _begin(self, call: "_Call") -> None:
        def ended(done: "Future[None]") -> None:
            if done.cancelled():
                self._give_back(call)
            elif (error := done.exception()) is not None:
                logger.error("effect ended its thread", effect=call.attempt.step, error=type(error).__name__)
                self._record(call, self._failed(call.kind, call.attempt, described(error, PortError)))

        try:
            call.executor.submit(self._perform, call).add_done_callback(ended)
        except RuntimeError:  # it was shut down meanwhile
            self._give_back(call)

    def _give_back(self, call: "_Call") -> None:
        """Let another worker have what we claimed and did not begin. If that can't be stored, it finds an orphan."""
        attempt = call.attempt

        def release(unit: UnitOfWork) -> str:
            unit.command(Effect, attempt.effect.id, Effect.release, attempt.number)
            return _STOPPED

        self._record(call, release)

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
                attempt = self._claimed(hint, claim, now)
            except (Busy, Stopped, StoreUnavailable) as error:  # raised by the turn, once all that was won is under way
                trouble = trouble or error
                self._candidates.in_doubt.add(hint.effect_id)
            else:
                self._candidates.in_doubt.discard(hint.effect_id)
                won += [(hint, attempt)] if attempt is not None else []
        return won, trouble

    def _claimed(self, hint: DueEffect, claim: "Future[Attempt | None]", now: datetime) -> Attempt | None:
        """What was won. An error of this claim alone is recorded as a failed attempt; if even that can't be recorded,
        the effect is set aside."""
        try:
            return self._writer.result(claim)
        except (Busy, Stopped, StoreUnavailable):
            raise
        except UnreadableEvent as unreadable:
            self._put_aside(hint, unreadable)
        except Exception as error:  # noqa: BLE001 - the boundary around one claim: recorded as failed
            try:
                self._writer.result(self._submit_failed_claim(hint, now, described(error, PortError)))
            except (Busy, Stopped, StoreUnavailable):
                raise
            except Exception as trouble:  # noqa: BLE001 - its own stream can't take it
                self._put_aside(hint, trouble)
        return None

    def _put_aside(self, hint: DueEffect, trouble: Exception) -> None:
        set_aside = self._candidates.set_aside(hint.effect_id)
        logger.error(
            "effect set aside until a restart",
            session_id=hint.session_id,
            effect=hint.effect_id,
            error=described(trouble, PortError),
            set_aside=set_aside,
        )

    def _submit_failed_claim(self, hint: DueEffect, now: datetime, error: str) -> "Future[None]":
        def fail(unit: UnitOfWork) -> None:
            started = self._start(hint, now, unit)
            if started is not None:
                kind, attempt = self._kinds[hint.kind], self._attempt(hint, started)
                self._failed(kind, attempt, error, may_have_gone_out=False)(unit)

        return self._writer.submit(self._stamp(hint.session_id, None), [hint.effect_id], fail)

    def _claim(self, hint: DueEffect, now: datetime) -> "Future[Attempt | None]":
        def claim(unit: UnitOfWork) -> Attempt | None:
            effect, kind = unit.load(Effect, hint.effect_id), self._kinds.get(hint.kind)
            if not self._may_claim(effect, hint):
                return None
            if kind is None:
                unit.command(Effect, effect.id, Effect.give_up_unknown, hint.kind, now=now)
                return None
            why = kind.handler.why_unwanted(effect, hint.session_id, unit) if effect.is_open else None
            if why is not None:
                unit.command(Effect, effect.id, Effect.withdraw, why)
                return None
            started = self._start(hint, now, unit)
            return self._attempt(hint, started) if started is not None else None

        ids = [hint.effect_id, hint.session_id, fulfillment_id(hint.session_id)]
        return self._writer.submit(self._stamp(hint.session_id, None), ids, claim)

    def _start(self, hint: DueEffect, now: datetime, unit: UnitOfWork) -> Effect | None:
        """The effect with an attempt of ours; nothing if it can't be had now."""
        effect = unit.load(Effect, hint.effect_id)
        if not self._may_claim(effect, hint):
            return None
        if effect.worker == self._worker:
            return effect  # an insert was taken for lost; what is under way here is not claimed again
        if effect.worker is not None:
            unit.command(Effect, effect.id, Effect.orphan, effect.worker, now=now, random=self._random())
        started = unit.command(Effect, effect.id, Effect.start, self._worker, now=now)
        return started if started.worker == self._worker else None

    def _may_claim(self, effect: Effect, hint: DueEffect) -> bool:
        """False if the hint was old: another worker is at it."""
        return effect.worker in {None, hint.worker, self._worker}

    def _attempt(self, hint: DueEffect, started: Effect) -> Attempt:
        return Attempt(effect=started, session_id=hint.session_id, number=started.attempt)

    def _perform(self, call: "_Call") -> None:
        """One attempt: the call of the port. No error of the port leaves it."""
        kind, attempt = call.kind, call.attempt
        call.began_at = self._threads.monotonic()
        try:
            done = kind.handler.perform(attempt)
            call.streams = done.streams
            record = self._answered(kind, attempt, done)
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
            outcome = self._submit(call.attempt, record, call.streams)
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
        if call.began_at is not None:
            logger.info(
                "effect attempted",
                session_id=call.attempt.session_id,
                effect=call.attempt.step,
                attempt=call.attempt.number,
                outcome="failed" if error else "succeeded",
                error=error,
                duration_ms=round((self._threads.monotonic() - call.began_at) * 1000),
            )
        self._candidates.let_go([call.attempt.effect.id])
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

    def _submit(
        self, attempt: Attempt, record: "Command[str | None]", streams: Sequence[str] = ()
    ) -> "Future[str | None]":
        cause = f"{attempt.effect.id}@{attempt.effect.version}"
        ids = [attempt.effect.id, attempt.session_id, fulfillment_id(attempt.session_id), *streams]
        return self._writer.submit(self._stamp(attempt.session_id, cause, attempt.effect.worker), ids, record)

    def _stamp(self, session_id: str, cause: str | None, worker: str | None = None) -> Stamp:
        """`worker` made the attempt, if it was under another ID than ours is now."""
        actor = f"worker:{worker or self._worker}"
        return Stamp(actor=actor, now=self._clock(), cause=cause, session_id=session_id)
