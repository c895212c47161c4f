"""An effect: something done in the outside world. It is requested, attempted under a claim, retried, and done or given
up.

The stream's ID is the idempotency key of every attempt. The claim is an event: only one of two workers can append
attempt number n. The outcome of an attempt that is no longer current is not recorded.

An attempt whose process ended is an orphan. The worker that finds it records that and repeats the effect: the first
time at once, then after growing pauses, since the attempt itself may crash its process. After five orphans in a row the
effect is given up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self, assert_never

from domain import reasons, refusals
from domain.effect_events import EffectEvents, EffectFact, EffectFacts
from domain.errors import Refused
from domain.event import Aggregate, replace
from domain.mail import Mail, SentMail
from domain.plan import PlannedLine
from domain.reason import Reason
from domain.source import Source
from domain.step import Step

RETRIEVE, MAIL = "retrieve", "mail"

ORPHANS_MAX = 5
"""An effect is given up after so many orphaned attempts in a row."""
_ORPHAN_PAUSES = (timedelta(0), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
"""The longest pauses after the first, second, ... orphan in a row."""
LEFT_TO_OTHERS = timedelta(hours=1)
"""How long an effect of a kind that this worker does not know waits for a worker that knows it."""
LONGEST_WAIT = timedelta(days=2)
"""The longest time that an effect can be scheduled ahead. A later one was set by a clock that was ahead, and is
ignored."""


@dataclass(frozen=True, kw_only=True)
class Effect(EffectEvents, Aggregate[EffectFact]):
    requested: "Effect.Requested | None" = None
    attempt: int = 0
    """The number of the latest attempt, over all retries."""
    attempts_since_request: int = 0
    """The number that the cap limits: a person's retry resets it."""
    worker: str | None = None
    """The worker that has claimed it, while an attempt is under way."""
    orphans: int = 0
    """The number of orphaned attempts in a row, up to the latest."""
    asked_at: datetime | None = None
    """When it was requested, or a person asked for another try."""
    due_at: datetime | None = None
    """The earliest time of the next attempt; None if it is due at once."""
    may_have_gone_out: bool = False
    """True if an attempt, of any request, may have reached the other side. True while an attempt is under way."""
    had_gone_out: bool = False
    """The same, without the latest attempt."""
    is_done: bool = False
    sent: SentMail | None = None
    """The mail as it was sent, if it was."""
    given_up: Reason | None = None
    withdrawn: Reason | None = None
    edition: int = 1
    """Incremented when the effect is requested again after a withdrawn attempt that may still have gone out."""

    @property
    def is_open(self) -> bool:
        """True if it is requested and not finished."""
        return self.requested is not None and not (self.is_done or self.given_up or self.withdrawn)

    @property
    def is_scheduled(self) -> bool:
        """True if it was requested for a time in the future."""
        return self.requested is not None and self.requested.not_before is not None

    @property
    def is_under_way(self) -> bool:
        """True if an attempt has begun and its outcome is unknown."""
        return self.worker is not None or self.orphans > 0

    @property
    def can_be_retried(self) -> bool:
        """True if it was given up or waits for its next attempt."""
        is_waiting = self.is_open and self.worker is None and self.due_at is not None
        return self.given_up is not None or is_waiting

    def request(
        self,
        kind: str,
        step: Step,
        *,
        mail: Mail | None = None,
        line: PlannedLine | None = None,
        not_before: datetime | None = None,
        source: Source | None = None,
    ) -> EffectFacts:
        """Request it, once; a withdrawn effect can be requested again."""
        if self.requested and self.withdrawn is None:
            return []
        return [self.Requested(kind=kind, step=str(step), mail=mail, line=line, not_before=not_before, source=source)]

    def start(self, worker: str, *, now: datetime) -> EffectFacts:
        """Claim it for a worker. Record nothing if it is not due, or another worker has claimed it."""
        if not self.is_open or self.worker is not None or not self._is_due(now):
            return []
        return [self.AttemptStarted(number=self.attempt + 1, worker=worker)]

    def orphan(self, worker: str, *, now: datetime, random: float) -> EffectFacts:
        """Record that the worker of the current attempt is gone. `random`, from 0 to 1, is the part of the longest
        pause to wait, so that an effect that crashes processes is repeated alone, not together with the others that it
        orphaned."""
        if self.worker != worker:
            return []
        if self.orphans + 1 >= ORPHANS_MAX:
            return [self.GivenUp(error=reasons.orphaned_too_often(ORPHANS_MAX))]
        pause = _ORPHAN_PAUSES[self.orphans] * random
        return [self.AttemptOrphaned(number=self.attempt, retry_at=now + pause)]

    def release(self, number: int) -> EffectFacts:
        """Release a claim whose attempt has not begun."""
        return [self.AttemptReleased(number=number)] if self.is_current(number) else []

    def give_up_unknown(self, kind: str, *, now: datetime) -> EffectFacts:
        """Give up an effect that no worker knew for long enough. The hour also counts into the future, since the time
        may be from a clock that was ahead."""
        since = self.due_at or self.asked_at
        if since is None or abs(now - since) < LEFT_TO_OTHERS:
            return []
        return self.give_up(reasons.no_worker(kind))

    def _is_due(self, now: datetime) -> bool:
        return self.due_at is None or not now < self.due_at <= now + LONGEST_WAIT

    def succeed(
        self, number: int, note: str | None = None, found: Reason | None = None, sent: SentMail | None = None
    ) -> EffectFacts:
        return [self.Succeeded(number=number, note=note, found=found, sent=sent)] if self.is_current(number) else []

    def fail(
        self, number: int, error: Reason, *, retry_at: datetime | None, may_have_gone_out: bool = True
    ) -> EffectFacts:
        """Record that an attempt failed. Without a time for the next one, give the effect up."""
        if not self.is_current(number):
            return []
        if retry_at is None:
            return [self.GivenUp(error=error, may_have_gone_out=may_have_gone_out)]
        return [self.AttemptFailed(number=number, error=error, retry_at=retry_at, may_have_gone_out=may_have_gone_out)]

    def give_up(self, error: Reason) -> EffectFacts:
        return [self.GivenUp(error=error)] if self.is_open else []

    def withdraw(self, why: Reason) -> EffectFacts:
        return [self.Withdrawn(why=why)] if self.is_open else []

    def take_over(self, why: Reason) -> EffectFacts:
        """Withdraw it, since a person does it instead. No attempt follows, even if it was given up and a person
        requests a retry later.

        Raises:
            Refused: an attempt has no outcome yet, or it is done.
        """
        if self.is_under_way:
            what = self.requested.line.id if self.requested and self.requested.line else self.id
            raise Refused(refusals.delivery_under_way(what, self.attempt))
        if self.is_done:
            raise Refused(refusals.delivery_succeeded())
        return [self.Withdrawn(why=why)] if self.requested and self.withdrawn is None else []

    def request_retry(self) -> EffectFacts:
        """Record the request for a retry if the effect was given up or waits for its next attempt: it is due at
        once."""
        return [self.RetryRequested()] if self.can_be_retried else []

    def is_current(self, number: int) -> bool:
        """True if this attempt is under way. A closed effect has no claim."""
        return self.worker is not None and number == self.attempt

    def _has_gone_out(self, may_have: bool) -> bool:
        """Return `may_have_gone_out` after the current attempt, if there is one, has ended with this outcome."""
        return self.may_have_gone_out if self.worker is None else self.had_gone_out or may_have

    def apply(self, event: EffectFact) -> Self:
        match event:
            case Effect.Requested():
                edition = self.edition + (self.withdrawn is not None and self.may_have_gone_out)
                return replace(
                    self,
                    requested=event,
                    asked_at=event.recorded_at,
                    due_at=event.not_before,
                    attempts_since_request=0,
                    orphans=0,
                    withdrawn=None,
                    edition=edition,
                )
            case Effect.AttemptStarted():
                since = self.attempts_since_request + 1
                return replace(
                    self,
                    attempt=event.number,
                    attempts_since_request=since,
                    worker=event.worker,
                    orphans=self.orphans + (self.worker is not None),  # in logs from before `AttemptOrphaned`
                    may_have_gone_out=True,
                    had_gone_out=self.may_have_gone_out,
                )
            case Effect.AttemptFailed():
                gone = self._has_gone_out(event.may_have_gone_out)
                return replace(self, worker=None, orphans=0, due_at=event.retry_at, may_have_gone_out=gone)
            case Effect.AttemptOrphaned():
                return replace(self, worker=None, orphans=self.orphans + 1, due_at=event.retry_at)
            case Effect.AttemptReleased():
                since = self.attempts_since_request - 1
                gone = self.had_gone_out
                return replace(self, worker=None, due_at=None, attempts_since_request=since, may_have_gone_out=gone)
            case Effect.Succeeded():
                return replace(self, worker=None, orphans=0, is_done=True, sent=event.sent)
            case Effect.GivenUp():
                gone = self._has_gone_out(event.may_have_gone_out)
                return replace(self, worker=None, orphans=0, given_up=event.error, may_have_gone_out=gone)
            case Effect.Withdrawn():
                return replace(self, worker=None, orphans=0, withdrawn=event.why)
            case Effect.RetryRequested():
                return replace(self, asked_at=event.recorded_at, given_up=None, due_at=None, attempts_since_request=0)
            case _:
                assert_never(event)
