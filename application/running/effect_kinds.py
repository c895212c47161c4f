"""The kinds of effects: their handlers, the input and outcome of an attempt, and the retry rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.effect import Effect
from domain.identifiers import SessionId
from domain.mail import SentMail
from domain.reason import Reason
from domain.streams import Streams

Outcome = Callable[[Streams], Reason | None]
"""Records the result of an attempt. Returns the reason to repeat the attempt nevertheless, if there is one."""


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
    """An attempt with an answer: it succeeded, or, with `given_up`, it is certain that it never will."""

    note: str | None = None
    found: Reason | None = None
    sent: SentMail | None = None
    """The mail as it was sent, if it is one."""
    outcome: Outcome | None = None
    streams: Sequence[str] = ()
    """The streams that the outcome needs besides the checkout's own. They are read together with those of other
    outcomes."""
    given_up: Reason | None = None


class Handler(Protocol):
    """Carries out one kind of effect."""

    def prepare(self, effect: Effect, session_id: SessionId, do: Streams) -> Reason | None:
        """Bring the effect up to date before it is claimed: one that must change is withdrawn and requested again, and
        then claimed in its new form. Return why it must be withdrawn for good; None to claim it."""

    def perform(self, attempt: Attempt) -> Done:
        """Carry the effect out. Any error is a failed attempt; after a `Permanent` error no attempt follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """Full-jitter back-off: a random time up to a limit that doubles with each attempt, up to a cap."""

    attempts_max: int
    base_seconds: float = 1.0
    cap_seconds: float

    def retry_after(self, attempt: int, random: Callable[[], float]) -> timedelta | None:
        """Return the pause after this attempt (counted from 1) failed; None if no attempt follows."""
        if attempt >= self.attempts_max:
            return None
        limit = min(self.cap_seconds, self.base_seconds * 2.0 ** min(attempt - 1, 30))
        return timedelta(seconds=limit * random())


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectKind:
    """A kind of effect: its handler, its concurrency and its retry rule."""

    handler: Handler
    concurrency: int
    retry: RetryRule
