"""Why a command was refused: a code with parameters, as a `Reason` is why something is as it is.

`application.text.refusal_wording` has the English sentences. An interface adds what helps there, such as an option of
the command line. `domain.refusals` has the constructor of each code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class RefusalCode(StrEnum):
    """Grouped by what the command is about. Interfaces go by the codes, so codes and parameters keep their names."""

    # Lines
    NOT_PLANNED = "not_planned"
    NO_SUITABLE_LINE = "no_suitable_line"
    UNKNOWN_LINE = "unknown_line"
    UNSUITABLE_LINE = "unsuitable_line"
    NO_MANUAL_LINE = "no_manual_line"
    NO_BLOCKED_LINE = "no_blocked_line"
    PLAN_UNCHANGED = "plan_unchanged"
    NOTHING_LEFT_TO_DELIVER = "nothing_left_to_deliver"
    PROMISE_TAKEN_BACK = "promise_taken_back"
    PAID_TWICE = "paid_twice"
    PAID_AFTER_CANCELLATION = "paid_after_cancellation"
    DELIVERY_UNDER_WAY = "delivery_under_way"
    DELIVERY_SUCCEEDED = "delivery_succeeded"

    # Parcels
    SHIPPED_ALREADY = "shipped_already"
    NO_PARCEL = "no_parcel"
    SEVERAL_PARCELS = "several_parcels"
    UNKNOWN_PARCEL = "unknown_parcel"
    PARCEL_UNCHANGED = "parcel_unchanged"
    LINE_NOT_IN_PARCEL = "line_not_in_parcel"

    # The license keys of a line
    SEVERAL_LINES_WITH_KEYS = "several_lines_with_keys"
    UNKNOWN_KEY = "unknown_key"
    KEY_REVOKED_ALREADY = "key_revoked_already"
    KEYS_REVOKED_ALREADY = "keys_revoked_already"
    KEYS_REVOKED_BEFORE = "keys_revoked_before"
    NEW_KEYS_AWAITED = "new_keys_awaited"
    KEYS_JUST_IMPORTED = "keys_just_imported"
    NEW_KEYS_JUST_IMPORTED = "new_keys_just_imported"
    KEYS_WAIT_FOR_STOCK = "keys_wait_for_stock"

    # Key pools and stock
    KEYS_IN_POOL = "keys_in_pool"
    KEYS_OF_CUSTOMERS = "keys_of_customers"
    COUNT_OUT_OF_RANGE = "count_out_of_range"

    # Mails
    MAIL_NOT_SENT = "mail_not_sent"
    MAIL_FAILED = "mail_failed"
    MAIL_OF_UNDONE_PARCEL = "mail_of_undone_parcel"
    SEVERAL_MAILS = "several_mails"
    MAIL_OUT_OF_DATE = "mail_out_of_date"
    RESENT_ALREADY = "resent_already"
    NO_ADDRESS_TO_RESEND = "no_address_to_resend"
    NO_ADDRESS_TO_NOTIFY = "no_address_to_notify"
    NOTIFIED_TOO_EARLY = "notified_too_early"

    # A checkout as a whole
    NOT_RETRIEVED = "not_retrieved"
    REPORTED_MEANWHILE = "reported_meanwhile"
    ABOUT_TO_BE_PLANNED = "about_to_be_planned"
    CANCELED_ALREADY = "canceled_already"
    OF_OTHER_APPLICATION = "of_other_application"
    OF_OTHER_ACCOUNT = "of_other_account"
    LINES_OF_OTHER_APPLICATION = "lines_of_other_application"
    LINES_OF_OTHER_ACCOUNT = "lines_of_other_account"
    ONLY_AS_A_WHOLE = "only_as_a_whole"

    # Where its parcels go
    ADDRESS_LEFT_TO_CUSTOMER = "address_left_to_customer"
    NOTHING_CORRECTED = "nothing_corrected"
    ADDRESS_UNCHANGED = "address_unchanged"
    ADDRESS_INCOMPLETE = "address_incomplete"
    PART_NEEDED = "part_needed"
    PART_TOO_LONG = "part_too_long"
    PART_OF_PUNCTUATION = "part_of_punctuation"
    NOT_A_PHONE_NUMBER = "not_a_phone_number"

    # The work queue
    NO_TASK = "no_task"
    STRIPE_EVENT_HANDLED = "stripe_event_handled"
    STRIPE_EVENT_IGNORED = "stripe_event_ignored"
    NOTHING_TO_RETRY = "nothing_to_retry"
    RETRY_OF_OTHER_ACCOUNT = "retry_of_other_account"
    RETRIEVAL_DUE = "retrieval_due"
    RETRIEVAL_UNDER_WAY = "retrieval_under_way"

    # What staff typed
    UNPRINTABLE_TEXT = "unprintable_text"
    ROUNDED_TRACKING = "rounded_tracking"
    NOTE_LENGTH = "note_length"
    NOTE_OF_PUNCTUATION = "note_of_punctuation"
    NOTE_WITH_CONTROL_CHARACTERS = "note_with_control_characters"

    # A refusal of no domain rule, such as by a database
    AS_WRITTEN = "as_written"


class Suitable(StrEnum):
    """What the lines of a command must be, as a parameter of refusals."""

    TO_HAND_OVER = "to_hand_over"
    TO_PACK = "to_pack"
    UNFINISHED = "unfinished"
    WITH_KEYS = "with_keys"


class Reported(StrEnum):
    """What Stripe reported of a checkout and was not retrieved yet, also as a parameter of refusals."""

    COMPLETE = "complete"
    PAID = "paid"


class Typed(StrEnum):
    """What staff typed, as a parameter of refusals."""

    ACTOR = "actor"
    REASON = "reason"
    CARRIER = "carrier"
    TRACKING = "tracking"
    NAME = "name"
    PHONE = "phone"
    LINE1 = "line1"
    LINE2 = "line2"
    CITY = "city"
    POSTAL_CODE = "postal_code"
    STATE = "state"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Made by the constructors in `domain.refusals` alone."""

    code: RefusalCode
    parameters: Mapping[str, str] = field(default_factory=dict)
