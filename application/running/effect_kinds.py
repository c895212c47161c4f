"""The kinds of effects: their handlers, the input and outcome of an attempt, and the retry rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.effect import Effect
from domain.ids import SessionId
from domain.mail import SentMail
from domain.reason import Reason
from domain.streams import Streams

Outcome = Callable[[Streams], Reason | None]
"""Records the result of an attempt. Returns the reason to repeat the attempt all the same, if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    effect: Effect
    session_id: SessionId
    number: int

    @property
    def step(self) -> str:
        return self.effect.requested.step if self.effect.requested else ""

    @property
    def key(self) -> str:
        """The idempotency key: the same for every attempt."""
        return self.effect.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An attempt that got an answer: it worked, or, with `given_up`, it is clear that it never will."""

    note: str | None = None
    found: Reason | None = None
    sent: SentMail | None = None
    """The mail as it was sent, if it is one."""
    outcome: Outcome | None = None
    streams: Sequence[str] = ()
    """Those that the outcome needs beside the checkout's own, read together with those of other outcomes."""
    given_up: Reason | None = None


class Handler(Protocol):
    """How one kind of effect is carried out."""

    def why_unwanted(self, effect: Effect, session_id: SessionId, do: Streams) -> Reason | None:
        """Return why it should not be done any more, looked at when it is claimed.

        What is to be done in another way now is withdrawn and requested again here, and is claimed as it is then.
        """

    def perform(self, attempt: Attempt) -> Done:
        """Do it. Anything raised is a failed attempt; a `Permanent` error is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """Full-jitter back-off: a random time up to a limit that doubles with each attempt, up to a cap."""

    attempts_max: int
    base_seconds: float = 1.0
    cap_seconds: float

    def retry_after(self, attempt: int, random: Callable[[], float]) -> timedelta | None:
        """How long to wait after this attempt (from 1) failed; nothing means: no more."""
        if attempt >= self.attempts_max:
            return None
        limit = min(self.cap_seconds, self.base_seconds * 2.0 ** min(attempt - 1, 30))
        return timedelta(seconds=limit * random())


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectKind:
    """A kind of effect: who does it, how many at a time, how often."""

    handler: Handler
    concurrency: int
    retry: RetryRule
