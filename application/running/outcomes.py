"""Stores the outcomes of attempts. Storing is retried until it succeeds, since a call to the outside can't be
undone."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import assert_never

import structlog

from application.errors import Busy, Stopped, StoreUnavailable, described, reason_for
from application.log_line import LogLine
from application.ports import Clock, PortError
from application.running.effect_kinds import Attempt, Done, EffectKind
from application.text.reason_wording import in_words
from application.threads import Threads
from application.writing.unit_of_work import Stamp, UnitOfWork
from application.writing.writer import Writer
from domain.effect import Effect
from domain.identifiers import fulfillment_id
from domain.reason import Reason, ReasonCode

logger = structlog.get_logger(__name__)

_STORE_AGAIN_SECONDS = 1.0


@dataclass(slots=True)
class Call:
    """A claimed attempt, with the executor of its call and the time when the call began."""

    kind: EffectKind
    executor: Executor
    attempt: Attempt
    began_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A failed attempt."""

    error: Reason
    retry_at: datetime | None
    """The time of the next attempt; None if none follows."""
    may_have_gone_out: bool


@dataclass(frozen=True, slots=True)
class NotBegun:
    """A released claim: another worker may claim the effect. If the release can't be stored, that worker finds an
    orphan."""


Result = Done | Failed | NotBegun


@dataclass(frozen=True, slots=True)
class CallEnd:
    """The end of a call, for its log line."""

    error: str | None = None
    level: int = logging.INFO


_SUCCEEDED = CallEnd()
_STOPPED = CallEnd("stopped")
"""A restart finds the orphaned attempt and repeats it under the same key."""


class Outcomes:
    def __init__(
        self,
        *,
        writer: Writer,
        keeper: Executor,
        threads: Threads,
        clock: Clock,
        random: Callable[[], float],
        on_end: Callable[[Call], None],
    ) -> None:
        """The keeper's threads wait until a result that the store did not accept at once is stored. `on_end` is called
        once for each call, when this process does nothing more for it."""
        self._writer = writer
        self._keeper = keeper
        self._threads = threads
        self._clock = clock
        self._random = random
        self._on_end = on_end

    def failed(self, kind: EffectKind, attempt: Attempt, error: Reason, *, may_have_gone_out: bool = True) -> Failed:
        """Return the failure of this attempt, with the time of the next one by the retry rule of its kind."""
        wait = kind.retry.retry_after(attempt.effect.attempts_since_request, self._random)
        retry_at = None if wait is None else self._clock() + wait
        return Failed(error=error, retry_at=retry_at, may_have_gone_out=may_have_gone_out)

    def store(self, call: Call, result: Result) -> None:
        """Submit the result without waiting for the store, so that the next call can begin at once."""
        try:
            stored = self._submit(call, result)
        except (Busy, Stopped):
            self._store_at_length(call, result)
        else:
            stored.add_done_callback(partial(self._when_stored, call, result))
            self._writer.settle(stored)

    def _when_stored(self, call: Call, result: Result, stored: "Future[CallEnd]") -> None:
        """Handle the end of a write. Runs on the writer's thread, which must not wait."""
        failure = stored.exception()
        if failure is None:
            self._end(call, stored.result())
        elif isinstance(failure, Stopped):
            self._end(call, _STOPPED)
        else:
            self._keeper.submit(self._store_at_length, call, result)

    def _store_at_length(self, call: Call, result: Result) -> None:
        """Store the result. If it can't be recorded at the checkout, record a failed attempt."""
        try:
            ending = self._store_until_taken(call, result)
        except Exception as failure:  # noqa: BLE001 - the boundary around one outcome: recorded as failed
            ending = self._store_failure(call, reason_for(failure, PortError))
        self._end(call, ending)

    def _store_failure(self, call: Call, error: Reason) -> CallEnd:
        try:
            return self._store_until_taken(call, self.failed(call.kind, call.attempt, error))
        except Exception as failure:  # noqa: BLE001 - after a restart the attempt counts as orphaned
            return CallEnd(f"The outcome can't be stored: {described(failure, PortError)}", logging.ERROR)

    def _store_until_taken(self, call: Call, result: Result) -> CallEnd:
        while True:
            try:
                return self._writer.result(self._submit(call, result))
            except Stopped:
                return _STOPPED
            except (Busy, StoreUnavailable) as error:
                logger.warning(LogLine.OUTCOME_NOT_STORED, session_id=call.attempt.session_id, error=str(error))
                self._threads.sleep(_STORE_AGAIN_SECONDS)

    def _submit(self, call: Call, result: Result) -> "Future[CallEnd]":
        effect, session_id = call.attempt.effect, call.attempt.session_id
        stamp = Stamp(
            actor=f"worker:{effect.worker}",
            now=self._clock(),
            cause=f"{effect.id}@{effect.version}",
            session_id=session_id,
        )
        more: Sequence[str] = result.streams if isinstance(result, Done) else ()
        ids = [effect.id, session_id, fulfillment_id(session_id), *more]
        return self._writer.submit(stamp, ids, partial(self._record, call, result))

    def _record(self, call: Call, result: Result, unit: UnitOfWork) -> CallEnd:
        """Record the outcome of the attempt."""
        match result:
            case Done():
                return self._record_answer(call, result, unit)
            case Failed():
                return record_failure(call.attempt, result, unit)
            case NotBegun():
                unit.command(Effect, call.attempt.effect.id, Effect.release, call.attempt.number)
                return _STOPPED
            case _:
                assert_never(result)

    def _record_answer(self, call: Call, done: Done, unit: UnitOfWork) -> CallEnd:
        why_again = done.outcome(unit) if done.outcome else None
        if why_again is not None:
            return record_failure(call.attempt, self.failed(call.kind, call.attempt, why_again), unit)
        if done.given_up is not None:
            final = Failed(error=done.given_up, retry_at=None, may_have_gone_out=False)
            return record_failure(call.attempt, final, unit)
        number = call.attempt.number
        unit.command(Effect, call.attempt.effect.id, Effect.succeed, number, done.note, done.found, done.sent)
        return _SUCCEEDED

    def _end(self, call: Call, ending: CallEnd) -> None:
        if call.began_at is not None:
            logger.log(
                ending.level,
                LogLine.EFFECT_ATTEMPTED,
                session_id=call.attempt.session_id,
                effect=call.attempt.step,
                attempt=call.attempt.number,
                outcome="failed" if ending.error else "succeeded",
                error=ending.error,
                duration_ms=round((self._threads.monotonic() - call.began_at) * 1000),
            )
        self._on_end(call)


def record_failure(attempt: Attempt, failed: Failed, unit: UnitOfWork) -> CallEnd:
    unit.command(
        Effect,
        attempt.effect.id,
        Effect.fail,
        attempt.number,
        failed.error,
        retry_at=failed.retry_at,
        may_have_gone_out=failed.may_have_gone_out,
    )
    return CallEnd(in_words(failed.error), _level(failed))


def _level(failed: Failed) -> int:
    """Return the level of the log line: an error needs a person, since no attempt follows or an operator must fix the
    key."""
    needs_person = failed.retry_at is None or failed.error.code is ReasonCode.STRIPE_KEY_REFUSED
    return logging.ERROR if needs_person else logging.WARNING
