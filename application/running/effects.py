"""The effects worker: claims due effects, carries them out concurrently, retries them, and gives them up visibly.

Only this code talks to the outside world. There an effect happens at least once under one key, in the log exactly once.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from datetime import datetime
from functools import partial

import structlog

from application.errors import Busy, Stopped, StoreUnavailable, described, reason_for
from application.log_line import LogLine
from application.ports import Clock, NotTaken, Permanent, PortError, WorkerLocks
from application.reading.due_effects import DueEffect, DueEffects
from application.running.candidates import Candidates
from application.running.effect_kinds import Attempt, Done, EffectKind
from application.running.outcomes import Call, NotBegun, Outcomes, Result, record_failure
from application.threads import Threads
from application.writing.unit_of_work import Stamp, UnitOfWork
from application.writing.writer import Writer
from domain.effect import Effect
from domain.errors import UnreadableEvent
from domain.identifiers import SessionId, fulfillment_id
from domain.reason import Reason

logger = structlog.get_logger(__name__)


class EffectRunner:
    def __init__(
        self,
        *,
        kinds: Mapping[str, EffectKind],
        due: DueEffects,
        writer: Writer,
        locks: WorkerLocks,
        clock: Clock,
        random: Callable[[], float],
        executors: Mapping[str, Executor],
        keeper: Executor,
        threads: Threads | None = None,
    ) -> None:
        """Each kind has its own executor, which makes as many calls at a time as the kind allows. The keeper's threads
        wait until an outcome that the store did not accept at once is stored."""
        self._worker = ""
        """The current worker ID of this process."""
        self._kinds = kinds
        self._writer = writer
        self._locks = locks
        self._clock = clock
        self._random = random
        self._executors = executors
        self._threads = threads or Threads()
        self._candidates = Candidates(kinds, due, locks, self._threads)
        self._outcomes = Outcomes(
            writer=writer, keeper=keeper, threads=self._threads, clock=clock, random=random, on_end=self._let_go
        )
        self.wake = self._threads.signal()
        """Set when there may be work."""

    @property
    def is_busy(self) -> bool:
        """True while a claimed effect is under way."""
        return self._candidates.has_any_in_hand

    def turn(self) -> bool:
        """Claim due and free effects, and start them. Return False if there was nothing to claim.

        An error in one effect or its checkout stops that effect alone.

        Raises:
            Busy, StoreUnavailable: not everything could be claimed; what could is being done all the same.
            Stopped: nothing is done any more.
        """
        self._enlist()
        now = self._clock()
        chosen = self._candidates.choose(self._worker, now, looks_around=not self._writer.has_thread)
        won, failure = self._claim_all(chosen, now)
        if isinstance(failure, Stopped):
            won = []  # outcomes can no longer be stored: the next worker treats the attempts as orphaned
        taken = {attempt.effect.id for _, attempt in won}
        self._candidates.let_go(hint.effect_id for hint in chosen if hint.effect_id not in taken)
        for hint, attempt in won:
            self._begin(Call(self._kinds[hint.kind], self._executors[hint.kind], attempt))
        if failure is not None:
            raise failure
        return bool(won)

    def _enlist(self) -> None:
        """Enlist as a worker, and then check for the mark of a copy. A copy into this log sets its mark first and then
        looks for workers, so at least one of the two finds the other.

        Raises:
            UnfinishedCopy: what is due here may be done already in the rest of the log.
        """
        worker = self._locks.enlist()
        if worker != self._worker:
            self._writer.check_log()
            self._worker = worker

    def stop(self) -> None:
        """Begin nothing more, and release claims that have not begun. Outcomes are stored until the writer is
        closed."""
        for executor in self._executors.values():
            executor.shutdown(wait=False, cancel_futures=True)

    def _begin(self, call: Call) -> None:
        try:
            begun = call.executor.submit(self._perform, call)
        except RuntimeError:  # shut down meanwhile
            self._outcomes.store(call, NotBegun())
        else:
            begun.add_done_callback(partial(self._when_performed, call))

    def _perform(self, call: Call) -> None:
        """Make one attempt: call the port. No error of the port leaves this method."""
        call.began_at = self._threads.monotonic()
        result: Result
        try:
            result = call.kind.handler.perform(call.attempt)
        except Permanent as refusal:
            result = Done(given_up=refusal.reason)
        except Exception as failure:  # noqa: BLE001 - the boundary around one call of a port: recorded as failed
            error, may_have_gone_out = reason_for(failure, PortError), not isinstance(failure, NotTaken)
            result = self._outcomes.failed(call.kind, call.attempt, error, may_have_gone_out=may_have_gone_out)
        self._outcomes.store(call, result)

    def _when_performed(self, call: Call, performed: "Future[None]") -> None:
        if performed.cancelled():
            self._outcomes.store(call, NotBegun())
        elif (error := performed.exception()) is not None:
            logger.error(LogLine.EFFECT_ENDED_ITS_THREAD, effect=call.attempt.step, error=type(error).__name__)
            self._outcomes.store(call, self._outcomes.failed(call.kind, call.attempt, reason_for(error, PortError)))

    def _let_go(self, call: Call) -> None:
        self._candidates.let_go([call.attempt.effect.id])
        self.wake.set()

    def _claim_all(
        self, hints: Sequence[DueEffect], now: datetime
    ) -> tuple[Sequence[tuple[DueEffect, Attempt]], Exception | None]:
        """Return the won claims, and the first failure. All answers are awaited, even after a failure: no other worker
        carries out an effect that this one has claimed."""
        claims: list[tuple[DueEffect, Future[Attempt | None]]] = []
        won: list[tuple[DueEffect, Attempt]] = []
        failure: Exception | None = None
        for hint in hints:
            try:
                claim = self._submit_claim(hint, now)
            except (Busy, Stopped) as error:
                failure = error
                break
            claims.append((hint, claim))
        for hint, claim in claims:
            try:
                attempt = self._claimed(hint, claim, now)
            except (Busy, Stopped, StoreUnavailable) as error:  # raised once everything that was claimed is under way
                failure = failure or error
                self._candidates.in_doubt.add(hint.effect_id)
            else:
                self._candidates.in_doubt.discard(hint.effect_id)
                won += [(hint, attempt)] if attempt is not None else []
        return won, failure

    def _claimed(self, hint: DueEffect, claim: "Future[Attempt | None]", now: datetime) -> Attempt | None:
        """Return the won claim. An error of this claim alone is recorded as a failed attempt; if even that can't be
        recorded, the effect is set aside."""
        try:
            return self._writer.result(claim)
        except (Busy, Stopped, StoreUnavailable):
            raise
        except UnreadableEvent as unreadable:
            self._set_aside(hint, unreadable)
        except Exception as error:  # noqa: BLE001 - the boundary around one claim: recorded as failed
            try:
                self._writer.result(self._submit_failed_claim(hint, now, reason_for(error, PortError)))
            except (Busy, Stopped, StoreUnavailable):
                raise
            except Exception as failure:  # noqa: BLE001 - not even the failure can be recorded in its stream
                self._set_aside(hint, failure)
        return None

    def _set_aside(self, hint: DueEffect, failure: Exception) -> None:
        set_aside = self._candidates.set_aside(hint.effect_id)
        logger.error(
            LogLine.EFFECT_SET_ASIDE,
            session_id=hint.session_id,
            effect=hint.effect_id,
            error=described(failure, PortError),
            set_aside=set_aside,
        )

    def _submit_failed_claim(self, hint: DueEffect, now: datetime, error: Reason) -> "Future[None]":
        return self._writer.submit(
            self._stamp(hint.session_id), [hint.effect_id], partial(self._record_failed_claim, hint, now, error)
        )

    def _record_failed_claim(self, hint: DueEffect, now: datetime, error: Reason, unit: UnitOfWork) -> None:
        started = self._start(hint, now, unit)
        if started is not None:
            attempt = self._attempt(hint, started)
            failed = self._outcomes.failed(self._kinds[hint.kind], attempt, error, may_have_gone_out=False)
            record_failure(attempt, failed, unit)

    def _submit_claim(self, hint: DueEffect, now: datetime) -> "Future[Attempt | None]":
        ids = [hint.effect_id, hint.session_id, fulfillment_id(hint.session_id)]
        return self._writer.submit(self._stamp(hint.session_id), ids, partial(self._claim, hint, now))

    def _claim(self, hint: DueEffect, now: datetime, unit: UnitOfWork) -> Attempt | None:
        """Return our attempt; None if the effect can't be claimed, or is no longer needed."""
        effect, kind = unit.load(Effect, hint.effect_id), self._kinds.get(hint.kind)
        if not self._may_claim(effect, hint):
            return None
        if kind is None:
            unit.command(Effect, effect.id, Effect.give_up_unknown, hint.kind, now=now)
            return None
        why = kind.handler.prepare(effect, hint.session_id, unit) if effect.is_open else None
        if why is not None:
            unit.command(Effect, effect.id, Effect.withdraw, why)
            return None
        started = self._start(hint, now, unit)
        return self._attempt(hint, started) if started is not None else None

    def _start(self, hint: DueEffect, now: datetime, unit: UnitOfWork) -> Effect | None:
        """Return the effect with our attempt; None if it can't be claimed now."""
        effect = unit.load(Effect, hint.effect_id)
        if not self._may_claim(effect, hint):
            return None
        if effect.worker == self._worker:
            return effect  # our insert succeeded although it seemed lost: the claim is ours already
        if effect.worker is not None:
            unit.command(Effect, effect.id, Effect.orphan, effect.worker, now=now, random=self._random())
        started = unit.command(Effect, effect.id, Effect.start, self._worker, now=now)
        return started if started.worker == self._worker else None

    def _may_claim(self, effect: Effect, hint: DueEffect) -> bool:
        """Return False if the hint was stale: another worker has claimed the effect."""
        return effect.worker in {None, hint.worker, self._worker}

    def _attempt(self, hint: DueEffect, started: Effect) -> Attempt:
        return Attempt(effect=started, session_id=hint.session_id, number=started.attempt)

    def _stamp(self, session_id: SessionId) -> Stamp:
        return Stamp(actor=f"worker:{self._worker}", now=self._clock(), session_id=session_id)
