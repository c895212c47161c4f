"""Why something is as it is: a code with parameters, which events store in the place of a sentence.

`application.text.reason_wording` has the English sentences. Its sentences can change at any time; codes, the names of
parameters and what they mean never change. Code branches on codes alone. `domain.reasons` has
the constructor of each code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ReasonCode(StrEnum):
    """Grouped by what the reason is given for."""

    # A Stripe event that led to nothing, or failed
    UNHANDLED_TYPE = "unhandled_type"
    NO_PAYMENT_NAMED = "no_payment_named"
    NOT_A_SESSION = "not_a_session"

    # A contradiction of Stripe's
    COMPLETED_AFTER_EXPIRY = "completed_after_expiry"
    SUCCEEDED_AFTER_FAILURE = "succeeded_after_failure"
    FAILED_AFTER_SUCCESS = "failed_after_success"
    EXPIRED_AFTER_COMPLETION = "expired_after_completion"
    PAID_AFTER_FAILURE = "paid_after_failure"
    PAID_AFTER_EXPIRY = "paid_after_expiry"

    # A parked checkout
    OTHER_MODE_THAN_KEY = "other_mode_than_key"
    OTHER_MODE_THAN_ID = "other_mode_than_id"
    CONNECTED_ACCOUNT = "connected_account"
    UNKNOWN_PAYMENT_STATUS = "unknown_payment_status"
    UNKNOWN_TO_STRIPE = "unknown_to_stripe"
    OTHER_APPLICATION = "other_application"

    # A planned line that a person delivers, or decides about
    NO_RULE = "no_rule"
    UNKNOWN_DELIVERY = "unknown_delivery"
    NO_URL = "no_url"
    INVALID_SKU = "invalid_sku"
    INVALID_POOL = "invalid_pool"
    MANUAL_BY_RULE = "manual_by_rule"
    TAKEN_OVER = "taken_over"
    PAID_AFTER_CANCELLATION = "paid_after_cancellation"
    PAID_TWICE = "paid_twice"

    # A line that waits
    NOT_ENOUGH_STOCK = "not_enough_stock"
    NOT_ENOUGH_KEYS = "not_enough_keys"

    # A withdrawn effect
    REPLANNED = "replanned"
    CANCELED = "canceled"
    SHIPPING_CORRECTED = "shipping_corrected"
    DELIVERED_OTHERWISE = "delivered_otherwise"
    STOCK_TAKEN_BACK = "stock_taken_back"
    ALREADY_PAID = "already_paid"
    PAYMENT_NOT_AWAITED = "payment_not_awaited"
    MAIL_OUTDATED = "mail_outdated"
    IN_THE_RECEIPT = "in_the_receipt"

    # An effect that failed or was given up
    ANSWER_BEHIND_EVENT = "answer_behind_event"
    NO_ADDRESS = "no_address"
    NO_MAIL = "no_mail"
    NO_LINE = "no_line"
    NO_PLAIN_METHOD = "no_plain_method"
    NO_ANSWER = "no_answer"
    NO_WORKER = "no_worker"
    ORPHANED_TOO_OFTEN = "orphaned_too_often"

    # A failure of a server outside
    STRIPE_KEY_REFUSED = "stripe_key_refused"
    HTTP_STATUS = "http_status"
    SMTP_REPLY = "smtp_reply"
    TIMED_OUT = "timed_out"
    HOST_NOT_FOUND = "host_not_found"
    CONNECTION_REFUSED = "connection_refused"
    TLS_FAILED = "tls_failed"
    CONNECTION_FAILED = "connection_failed"
    STRIPE_REFUSED = "stripe_refused"
    STRIPE_BUSY = "stripe_busy"
    STRIPE_FAILED = "stripe_failed"
    STRIPE_NOT_REACHED = "stripe_not_reached"
    STRIPE_UNINTELLIGIBLE = "stripe_unintelligible"
    INVALID_URL = "invalid_url"
    PRIVATE_ADDRESS = "private_address"
    RESOLVER_BUSY = "resolver_busy"
    LOOKUP_TIMED_OUT = "lookup_timed_out"
    INVALID_ADDRESS = "invalid_address"
    NO_ENCRYPTION = "no_encryption"
    NO_LOGIN = "no_login"
    ONLY_ASCII_ADDRESSES = "only_ascii_addresses"
    OUTBOX_FAILED = "outbox_failed"

    # Work for staff that no event gives a reason for
    READY_TO_PACK = "ready_to_pack"
    PAYMENT_OVERDUE = "payment_overdue"
    AWAITS_CAPTURE = "awaits_capture"
    WAITS_BEHIND = "waits_behind"
    WAITS_FOR_WORKER = "waits_for_worker"
    LOW_STOCK = "low_stock"
    LOW_KEYS = "low_keys"
    EVENTS_LEFT_OUT = "events_left_out"

    # An error that a policy or an effect ran into
    EVENT_NOT_READABLE = "event_not_readable"
    INVALID_IDENTIFIER = "invalid_identifier"
    COMMAND_REFUSED = "command_refused"
    PORT_FAILED = "port_failed"
    UNEXPECTED_ERROR = "unexpected_error"

    # What an earlier version stored in words
    UNREADABLE_EVENT = "unreadable_event"
    REFUSED = "refused"
    AS_WRITTEN = "as_written"


class Peer(StrEnum):
    """A server outside, as a parameter of reasons."""

    CALLBACK = "callback"
    MAIL_SERVER = "mail_server"


class SmtpAbout(StrEnum):
    """What a reply of a mail server is about, as a parameter of reasons."""

    CONNECTION = "connection"
    LOGIN_WANTED = "login_wanted"
    PASSWORD = "password"  # noqa: S105 - a name, not a password
    SENDER = "sender"
    RECIPIENT = "recipient"
    MAIL = "mail"


class EventProblem(StrEnum):
    """Why a stored event can't be read, as a parameter of reasons."""

    UNKNOWN_TOPIC = "unknown_topic"
    LATER_VERSION = "later_version"
    """The detail is the version of its class, which is later than the one that is known."""
    GARBLED = "garbled"
    """The detail is what the decoder says. It names a field, and quotes no free text."""
    MISFIT = "misfit"
    """It does not fit the events before it. The detail is the type of the error with which it was applied."""
    GAP = "gap"
    """The detail is the number of the event right before it in the log."""


URL_MAX = 2048
"""The length of the longest url that is called."""


class UrlProblem(StrEnum):
    """What is wrong with the url of a callback, as a parameter of reasons. Earlier versions stored a sentence."""

    LETTERS = "letters"
    """Too long, or with letters that no url has."""
    SCHEME = "scheme"
    CREDENTIALS = "credentials"
    HOST = "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Made by the constructors in `domain.reasons` alone."""

    code: ReasonCode
    parameters: Mapping[str, str] = field(default_factory=dict)
