"""The purpose of an effect within its checkout. The ID of its stream ends with the step's text (`mail_receipt`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from domain.identifiers import EFFECT_PREFIX, EffectId, LineItemId, SessionId, StreamId
from domain.line import Line
from domain.mail import MailKind


@dataclass(frozen=True, slots=True)
class RetrieveStep:
    """Retrieve the session, on an occasion: the type of a Stripe event, or a reason of ours with its number."""

    occasion: str

    def __str__(self) -> str:
        return f"retrieve_{self.occasion}"


@dataclass(frozen=True, slots=True)
class MailStep:
    """Send the one mail of this kind, or the one about a parcel (its number) or a line (its ID)."""

    kind: MailKind
    occasion: str | None = None
    resend: int | None = None
    """The number of the request of staff to send it again, if this is for one."""

    @classmethod
    def of_parcel(cls, number: int, correction: int = 0) -> Self:
        """The mail about a parcel, or about the n-th correction of its tracking number."""
        return cls(MailKind.SHIPPED, f"{number}_{correction}" if correction else str(number))

    @property
    def parcel(self) -> int | None:
        """The number of the parcel that it is about."""
        if self.kind is not MailKind.SHIPPED or self.occasion is None:
            return None
        return int(self.occasion.partition("_")[0])

    @property
    def is_correction(self) -> bool:
        """True if it is about a correction of a parcel's carrier or tracking number."""
        return self.kind is MailKind.SHIPPED and self.occasion is not None and bool(self.occasion.partition("_")[2])

    def __str__(self) -> str:
        about = f"mail_{self.kind}" if self.occasion is None else f"mail_{self.kind}_{self.occasion}"
        return about if self.resend is None else f"{about}_resend_{self.resend}"


@dataclass(frozen=True, slots=True)
class DeliverStep:
    """Have a line delivered outside. Each plan of the line has a delivery of its own."""

    line: LineItemId
    plan: int = 1

    @classmethod
    def of(cls, line: Line) -> Self:
        return cls(line.plan.id, line.plans)

    def __str__(self) -> str:
        return f"deliver_{self.line}" if self.plan == 1 else f"deliver_{self.line}_{self.plan}"


Step = RetrieveStep | MailStep | DeliverStep


def mails_with_keys(line: LineItemId, replacements: int) -> Iterator[MailStep]:
    """The mails that may have license keys of this line, if keys of its checkout were replaced so often."""
    yield MailStep(MailKind.RECEIPT)
    yield MailStep(MailKind.DELIVERED, line)
    for number in range(1, replacements + 1):
        yield MailStep(MailKind.KEYS_REPLACED, str(number))


def effect_id(session: SessionId, step: Step | str) -> EffectId:
    return EffectId(StreamId(f"{EFFECT_PREFIX}{session}_{step}"))


_MAIL = re.compile(rf"mail_({'|'.join(sorted(MailKind, key=len, reverse=True))})(?:_(.+?))??(?:_resend_([1-9][0-9]*))?")
_DELIVER = re.compile(r"deliver_(li_[A-Za-z0-9]+)_([1-9][0-9]*)|deliver_(.+)", re.DOTALL)


def parse_step(text: str) -> Step | None:
    """Return the step with this text; None for a step of another version."""
    if text.startswith("retrieve_"):
        return RetrieveStep(text.removeprefix("retrieve_"))
    if mail := _MAIL.fullmatch(text):
        return MailStep(MailKind(mail[1]), mail[2], int(mail[3]) if mail[3] else None)
    if delivery := _DELIVER.fullmatch(text):
        return (
            DeliverStep(LineItemId(delivery[1]), int(delivery[2]))
            if delivery[1]
            else DeliverStep(LineItemId(delivery[3]))
        )
    return None
