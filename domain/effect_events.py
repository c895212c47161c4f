"""The events of an effect."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from domain.event import Event
from domain.former_sentences import is_former_sentence, store_reason
from domain.line import Line
from domain.mail import Mail, SentMail
from domain.personal import mark_stored
from domain.plan import PlannedLine
from domain.reason import Reason
from domain.source import Source
from domain.step import DeliverStep, Step, parse_step


class EffectEvents:
    """`Effect` inherits them, so their names are `Effect.NAME`."""

    @dataclass(frozen=True, kw_only=True)
    class Requested(Event):
        """`kind` is `retrieve`, `mail` or the name of a delivery. `mail` or `line` is its content.

        It is due from `not_before` on, at most `LONGEST_WAIT` ahead; without it, at once by any clock. `source` is the
        origin of a retrieval.
        """

        TOPIC: ClassVar[str] = "Effect.Requested"
        class_version: ClassVar[int] = 2
        kind: str
        step: str
        mail: Mail | None = None
        line: PlannedLine | None = None
        not_before: datetime | None = None
        source: Source | None = None

        @property
        def parsed_step(self) -> Step | None:
            """The step as a value; None for a step of another version."""
            return parse_step(self.step)

        def is_for(self, line: Line) -> bool:
            """True if it is the delivery of this line by its current plan: each plan has a delivery of its own."""
            return self.step == str(DeliverStep.of(line))

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            if mail := state.get("mail"):
                mark_stored(mail, "reference", "tracking")

    @dataclass(frozen=True, kw_only=True)
    class AttemptStarted(Event):
        """The claim of a worker."""

        TOPIC: ClassVar[str] = "Effect.AttemptStarted"
        number: int
        worker: str

    @dataclass(frozen=True, kw_only=True)
    class AttemptFailed(Event):
        """The attempt failed. The next one follows from `retry_at` on."""

        TOPIC: ClassVar[str] = "Effect.AttemptFailed"
        class_version: ClassVar[int] = 2
        number: int
        error: Reason
        retry_at: datetime
        may_have_gone_out: bool = True
        """False if it is certain that the other side took nothing of this attempt."""

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            store_reason(state, "error")

    @dataclass(frozen=True, kw_only=True)
    class AttemptOrphaned(Event):
        """The process of the attempt ended, and the outcome is unknown. The next attempt follows from `retry_at` on."""

        TOPIC: ClassVar[str] = "Effect.AttemptOrphaned"
        number: int
        retry_at: datetime

    @dataclass(frozen=True, kw_only=True)
    class AttemptReleased(Event):
        """The process stopped before it began the claimed attempt: another worker can claim it at once."""

        TOPIC: ClassVar[str] = "Effect.AttemptReleased"
        number: int

    @dataclass(frozen=True, kw_only=True)
    class Succeeded(Event):
        TOPIC: ClassVar[str] = "Effect.Succeeded"
        class_version: ClassVar[int] = 2
        number: int
        note: str | None = None
        """The other side's remark, such as a reference or a link."""
        found: Reason | None = None
        """What the attempt found, if that differs from the expected."""
        sent: SentMail | None = None
        """The mail as it was sent, if it is one. None in events of early versions."""

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            if is_former_sentence(state.get("note")):
                state["found"] = state.pop("note")
                store_reason(state, "found")

    @dataclass(frozen=True, kw_only=True)
    class GivenUp(Event):
        """The effect waits for a person; no attempt follows by itself."""

        TOPIC: ClassVar[str] = "Effect.GivenUp"
        class_version: ClassVar[int] = 2
        error: Reason
        may_have_gone_out: bool = True
        """The same for the attempt that it ends, if it ends one."""

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            store_reason(state, "error")

    @dataclass(frozen=True, kw_only=True)
    class Withdrawn(Event):
        """The effect was no longer needed."""

        TOPIC: ClassVar[str] = "Effect.Withdrawn"
        class_version: ClassVar[int] = 2
        why: Reason

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            store_reason(state, "why")

    @dataclass(frozen=True, kw_only=True)
    class RetryRequested(Event):
        """A person asked for another try."""

        TOPIC: ClassVar[str] = "Effect.RetryRequested"


EffectFact = (
    EffectEvents.Requested
    | EffectEvents.AttemptStarted
    | EffectEvents.AttemptFailed
    | EffectEvents.AttemptOrphaned
    | EffectEvents.AttemptReleased
    | EffectEvents.Succeeded
    | EffectEvents.GivenUp
    | EffectEvents.Withdrawn
    | EffectEvents.RetryRequested
)
EffectFacts = Sequence[EffectFact]
