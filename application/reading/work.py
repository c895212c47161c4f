"""The kinds of work that wait for a person, with the names that programs read, and what a task is about."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from domain.identifiers import LineItemId, SessionId
from domain.park_reason import ParkReason


class Work(StrEnum):
    """Work with a row in the view `work_queue`."""

    PARCEL_TO_PACK = "parcel_to_pack"
    MANUAL_LINE = "manual_line"
    BACKORDERED_LINE = "backordered_line"
    GIVEN_UP_LINE = "given_up_line"
    AWAITED_KEYS = "awaited_keys"
    MAIL_FAILED = "mail_failed"
    MAIL_WITHOUT_ADDRESS = "mail_without_address"
    RETRIEVAL_FAILED = "retrieval_failed"
    FAILING_EFFECT = "failing_effect"
    STRIPE_KEY_REFUSED = "stripe_key_refused"
    PAYMENT_OVERDUE = "payment_overdue"
    PAYMENT_TO_CAPTURE = "payment_to_capture"
    CONTRADICTED = "contradicted"
    PARKED_SESSION = "parked_session"
    PAID_TWICE = "paid_twice"
    FAILED_STRIPE_EVENT = "failed_stripe_event"


class OtherWork(StrEnum):
    """Work that is computed when the queue is read."""

    PARKED_EVENT = "parked_event"
    INCOMPLETE_VIEW = "incomplete_view"
    WAITING_EFFECT = "waiting_effect"
    LOW_STOCK = "low_stock"
    LOW_KEYS = "low_keys"


WorkKind = Work | OtherWork


@dataclass(frozen=True, slots=True)
class AboutLine:
    """A line item of the checkout."""

    line_item: LineItemId

    def __str__(self) -> str:
        return self.line_item


@dataclass(frozen=True, slots=True)
class AboutEffect:
    """An effect of the checkout, by the text of its step. A step of another version is no more than that."""

    step: str

    def __str__(self) -> str:
        return self.step


@dataclass(frozen=True, slots=True)
class AboutParking:
    """The parked checkout, by the reason for which it is parked."""

    why: ParkReason

    def __str__(self) -> str:
        return self.why.value


@dataclass(frozen=True, slots=True)
class AboutEvent:
    """A parked event of the log, by the policy that waits for it and its position."""

    policy: str
    position: int

    def __str__(self) -> str:
        return f"{self.policy}@{self.position}"


@dataclass(frozen=True, slots=True)
class AboutCheckouts:
    """The checkouts that wait for something of the whole shop. Programs have them beside the task."""

    sessions: tuple[SessionId, ...]

    def __str__(self) -> str:
        return ""


About = AboutLine | AboutEffect | AboutParking | AboutEvent | AboutCheckouts | None
"""What a task is about within its subject; None if it is about the whole subject. Programs read it as a text."""


def about_row(kind: Work, item: str) -> About:
    """Return what a row of this kind is about. The view has a text for it."""
    match kind:
        case Work.PARCEL_TO_PACK | Work.MANUAL_LINE | Work.BACKORDERED_LINE | Work.GIVEN_UP_LINE | Work.AWAITED_KEYS:
            return AboutLine(LineItemId(item))
        case (
            Work.MAIL_FAILED
            | Work.MAIL_WITHOUT_ADDRESS
            | Work.RETRIEVAL_FAILED
            | Work.FAILING_EFFECT
            | Work.STRIPE_KEY_REFUSED
        ):
            return AboutEffect(item)
        case Work.PARKED_SESSION:
            return AboutParking(ParkReason(item))
        case (
            Work.PAYMENT_OVERDUE
            | Work.PAYMENT_TO_CAPTURE
            | Work.CONTRADICTED
            | Work.PAID_TWICE
            | Work.FAILED_STRIPE_EVENT
        ):
            return None
        case _:
            assert_never(kind)
