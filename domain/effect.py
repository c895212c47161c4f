"""Something done in the outside world: asked for, attempted under a claim, retried, done or given up.

The stream's ID is the idempotency key of every attempt. The claim is an event: of two workers only one can append
attempt number n, and the outcome of an attempt that is not the current one is not recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self, assert_never

from domain.catalog import PlannedLine
from domain.errors import Refused
from domain.event import Aggregate, Event, replace
from domain.mail import Mail

RETRIEVE, MAIL = "retrieve", "mail"


@dataclass(frozen=True, kw_only=True)
class Effect(Aggregate["EffectFact"]):
    @dataclass(frozen=True, kw_only=True)
    class Requested(Event):
        """`kind` is `retrieve`, `mail` or the name of a delivery; the mail or the line is what to do it with.

        Without `not_before` it is due at once, whatever the clocks say.
        """

        TOPIC: ClassVar[str] = "Effect.Requested"
        kind: str
        step: str
        mail: Mail | None = None
        line: PlannedLine | None = None
        not_before: datetime | None = None

    @dataclass(frozen=True, kw_only=True)
    class AttemptStarted(Event):
        """The claim of a worker."""

        TOPIC: ClassVar[str] = "Effect.AttemptStarted"
        number: int
        worker: str

    @dataclass(frozen=True, kw_only=True)
    class AttemptFailed(Event):
        """It did not work this time. It is tried again from `retry_at` on."""

        TOPIC: ClassVar[str] = "Effect.AttemptFailed"
        number: int
        error: str
        retry_at: datetime
        may_have_gone_out: bool = True
        """False if the other side is known to have taken nothing of this attempt."""

    @dataclass(frozen=True, kw_only=True)
    class Succeeded(Event):
        TOPIC: ClassVar[str] = "Effect.Succeeded"
        number: int
        note: str | None = None
        """What the other side said of it: a reference, a link."""

    @dataclass(frozen=True, kw_only=True)
    class GivenUp(Event):
        """Nothing more happens by itself: it waits for a person."""

        TOPIC: ClassVar[str] = "Effect.GivenUp"
        error: str
        may_have_gone_out: bool = True
        """The same of the attempt that it ends, if it ends one."""

    @dataclass(frozen=True, kw_only=True)
    class Withdrawn(Event):
        """It was not wanted any more when its turn came."""

        TOPIC: ClassVar[str] = "Effect.Withdrawn"
        why: str

    @dataclass(frozen=True, kw_only=True)
    class RetryRequested(Event):
        """A person asked for another try."""

        TOPIC: ClassVar[str] = "Effect.RetryRequested"

    requested: "Effect.Requested | None" = None
    attempt: int = 0
    """The number of the latest attempt, over all retries."""
    attempts_since_request: int = 0
    """What the cap counts: a person's retry starts it anew."""
    worker: str | None = None
    """Who has claimed it, while an attempt is under way."""
    due_at: datetime | None = None
    """Not before; None if it is due at once."""
    may_have_gone_out: bool = False
    """Whether an attempt, over all requests, may have reached the other side: true while one is under way."""
    had_gone_out: bool = False
    """The same of the attempts before the latest one."""
    is_done: bool = False
    given_up: str | None = None
    withdrawn: str | None = None
    edition: int = 1
    """Grows when it is asked for anew after an attempt that was withdrawn and may have been done all the same."""

    @property
    def is_open(self) -> bool:
        """Asked for, and still to be done by us."""
        return self.requested is not None and not (self.is_done or self.given_up or self.withdrawn)

    @property
    def is_scheduled(self) -> bool:
        """Asked for beforehand, for a time to come."""
        return self.requested is not None and self.requested.not_before is not None

    def request(
        self,
        kind: str,
        step: str,
        *,
        mail: Mail | None = None,
        line: PlannedLine | None = None,
        not_before: datetime | None = None,
    ) -> "EffectFacts":
        """Ask for it, once; what was withdrawn can be asked for again."""
        if self.requested and self.withdrawn is None:
            return []
        return [self.Requested(kind=kind, step=step, mail=mail, line=line, not_before=not_before)]

    def start(self, worker: str, *, now: datetime, orphaned_by: str | None = None) -> "EffectFacts":
        """Claim it. Nothing if it is not due, or another worker has it who is not the one known to be gone."""
        is_free = self.worker is None or self.worker == orphaned_by
        if not self.is_open or not is_free or (self.due_at is not None and self.due_at > now):
            return []
        return [self.AttemptStarted(number=self.attempt + 1, worker=worker)]

    def succeed(self, number: int, note: str | None = None) -> "EffectFacts":
        return [self.Succeeded(number=number, note=note)] if self.is_current(number) else []

    def fail(
        self, number: int, error: str, *, retry_at: datetime | None, may_have_gone_out: bool = True
    ) -> "EffectFacts":
        """An attempt did not work; without a time for the next one it is given up."""
        if not self.is_current(number):
            return []
        if retry_at is None:
            return [self.GivenUp(error=error, may_have_gone_out=may_have_gone_out)]
        return [self.AttemptFailed(number=number, error=error, retry_at=retry_at, may_have_gone_out=may_have_gone_out)]

    def give_up(self, error: str) -> "EffectFacts":
        return [self.GivenUp(error=error)] if self.is_open else []

    def withdraw(self, why: str) -> "EffectFacts":
        return [self.Withdrawn(why=why)] if self.is_open else []

    def take_over(self, why: str) -> "EffectFacts":
        """A person sees to it instead: nothing more is attempted, even if it was given up and a retry comes meanwhile.

        Raises:
            Refused: an attempt has no outcome yet, or it is done.
        """
        if self.worker is not None:
            what = self.requested.line.id if self.requested and self.requested.line else self.id
            raise Refused(
                f"The delivery of {what} is under way: attempt {self.attempt} has no outcome yet. Wait until the "
                "running server has ended it, then try again."
            )
        if self.is_done:
            raise Refused("The delivery has just succeeded, and the line is about to show it.")
        return [self.Withdrawn(why=why)] if self.requested and self.withdrawn is None else []

    def request_retry(self) -> "EffectFacts":
        """Try again what was given up, or at once what waits for its next attempt."""
        is_waiting = self.is_open and self.worker is None and self.due_at is not None
        can_retry = self.given_up is not None or is_waiting
        return [self.RetryRequested()] if can_retry else []

    def is_current(self, number: int) -> bool:
        """Whether this attempt is under way. Nobody has a claim on what is closed."""
        return self.worker is not None and number == self.attempt

    def _has_gone_out(self, may_have: bool) -> bool:
        """What is known once the attempt under way, if there is one, has ended so."""
        return self.may_have_gone_out if self.worker is None else self.had_gone_out or may_have

    def apply(self, event: "EffectFact") -> Self:
        match event:
            case Effect.Requested():
                edition = self.edition + (self.withdrawn is not None and self.may_have_gone_out)
                return replace(
                    self,
                    requested=event,
                    due_at=event.not_before,
                    attempts_since_request=0,
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
                    may_have_gone_out=True,
                    had_gone_out=self.may_have_gone_out,
                )
            case Effect.AttemptFailed():
                gone = self._has_gone_out(event.may_have_gone_out)
                return replace(self, worker=None, due_at=event.retry_at, may_have_gone_out=gone)
            case Effect.Succeeded():
                return replace(self, worker=None, is_done=True)
            case Effect.GivenUp():
                gone = self._has_gone_out(event.may_have_gone_out)
                return replace(self, worker=None, given_up=event.error, may_have_gone_out=gone)
            case Effect.Withdrawn():
                return replace(self, worker=None, withdrawn=event.why)
            case Effect.RetryRequested():
                return replace(self, given_up=None, due_at=None, attempts_since_request=0)
            case _:
                assert_never(event)


EffectFact = (
    Effect.Requested
    | Effect.AttemptStarted
    | Effect.AttemptFailed
    | Effect.Succeeded
    | Effect.GivenUp
    | Effect.Withdrawn
    | Effect.RetryRequested
)
EffectFacts = Sequence[EffectFact]
