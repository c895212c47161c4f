"""The kinds of work that wait for a person, with the names that programs read."""

from enum import StrEnum


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
