"""The constructors of refusals: one for each code, of the same name, so that its parameters are always complete.

No parameter carries personal data: an error may be stored, as `reasons.command_refused`.
"""

from collections.abc import Iterable, Mapping

from domain.identifiers import LineItemId, PoolName, Sku, StreamId, StripeEventId, stored_session_id
from domain.order_number import OrderNumber, order_number
from domain.reason import Reason, ReasonCode
from domain.refusal import Refusal, RefusalCode, Reported, Suitable, Typed

_SHOWN_MAX = 5


def not_planned() -> Refusal:
    return _refusal(RefusalCode.NOT_PLANNED)


def no_suitable_line(suitable: Suitable) -> Refusal:
    return _refusal(RefusalCode.NO_SUITABLE_LINE, suitable=suitable)


def unknown_line(line: LineItemId, lines: Iterable[LineItemId]) -> Refusal:
    """`lines` are those of the checkout."""
    return _refusal(RefusalCode.UNKNOWN_LINE, line=line, lines=_listed(lines))


def unsuitable_line(line: LineItemId, state: str, suitable: Suitable, lines: Iterable[LineItemId]) -> Refusal:
    """`state` is the line's, and `lines` are those that are suitable."""
    return _refusal(RefusalCode.UNSUITABLE_LINE, line=line, state=state, suitable=suitable, lines=_listed(lines))


def no_manual_line(lines: Iterable[LineItemId]) -> Refusal:
    """`lines` are those that a person can deliver if they are named."""
    return _refusal(RefusalCode.NO_MANUAL_LINE, lines=_listed(lines))


def no_blocked_line() -> Refusal:
    return _refusal(RefusalCode.NO_BLOCKED_LINE)


def plan_unchanged() -> Refusal:
    return _refusal(RefusalCode.PLAN_UNCHANGED)


def nothing_left_to_deliver() -> Refusal:
    return _refusal(RefusalCode.NOTHING_LEFT_TO_DELIVER)


def promise_taken_back(line: LineItemId, quantity: int, sku: Sku) -> Refusal:
    return _refusal(RefusalCode.PROMISE_TAKEN_BACK, line=line, quantity=str(quantity), sku=sku)


def paid_twice(other: OrderNumber) -> Refusal:
    """A person has to decide whether the line is delivered. `other` is the order that was paid with the same
    reference."""
    return _refusal(RefusalCode.PAID_TWICE, other=other)


def paid_after_cancellation() -> Refusal:
    """A person has to decide whether the line is delivered."""
    return _refusal(RefusalCode.PAID_AFTER_CANCELLATION)


def undecided(why: Reason) -> Refusal:
    """`why` is the reason for which a line waits for the decision whether it is delivered."""
    if why.code is ReasonCode.PAID_TWICE:
        return paid_twice(order_number(stored_session_id(why.parameters["session"])))
    return paid_after_cancellation()


def delivery_under_way(delivery: str, attempt: int) -> Refusal:
    """`delivery` is the ID of the line, or of the effect if that has no line."""
    return _refusal(RefusalCode.DELIVERY_UNDER_WAY, delivery=delivery, attempt=str(attempt))


def delivery_succeeded() -> Refusal:
    return _refusal(RefusalCode.DELIVERY_SUCCEEDED)


def shipped_already(parcels: Iterable[int]) -> Refusal:
    """`parcels` are the numbers of those that the lines left in."""
    return _refusal(RefusalCode.SHIPPED_ALREADY, parcels=_listed(parcels))


def no_parcel() -> Refusal:
    return _refusal(RefusalCode.NO_PARCEL)


def several_parcels(parcels: Iterable[int]) -> Refusal:
    """`parcels` are the numbers of those that left."""
    return _refusal(RefusalCode.SEVERAL_PARCELS, parcels=_listed(parcels))


def unknown_parcel(parcel: int, parcels: Iterable[int]) -> Refusal:
    """`parcels` are the numbers of those that left."""
    return _refusal(RefusalCode.UNKNOWN_PARCEL, parcel=str(parcel), parcels=_listed(parcels))


def parcel_unchanged(parcel: int) -> Refusal:
    return _refusal(RefusalCode.PARCEL_UNCHANGED, parcel=str(parcel))


def line_not_in_parcel(line: LineItemId, parcel: int, lines: Iterable[LineItemId]) -> Refusal:
    """`lines` are those in the parcel."""
    return _refusal(RefusalCode.LINE_NOT_IN_PARCEL, line=line, parcel=str(parcel), lines=_listed(lines))


def several_lines_with_keys(lines: Iterable[LineItemId]) -> Refusal:
    return _refusal(RefusalCode.SEVERAL_LINES_WITH_KEYS, lines=_listed(lines))


def unknown_key(line: LineItemId, number: int, keys: int) -> Refusal:
    """The line has `keys` keys, numbered from 1."""
    return _refusal(RefusalCode.UNKNOWN_KEY, line=line, number=str(number), keys=str(keys))


def key_revoked_already(line: LineItemId, number: int) -> Refusal:
    return _refusal(RefusalCode.KEY_REVOKED_ALREADY, line=line, number=str(number))


def keys_revoked_already(line: LineItemId) -> Refusal:
    return _refusal(RefusalCode.KEYS_REVOKED_ALREADY, line=line)


def keys_revoked_before(line: LineItemId) -> Refusal:
    """Some keys were revoked, so a command without numbers does not make clear which to replace."""
    return _refusal(RefusalCode.KEYS_REVOKED_BEFORE, line=line)


def new_keys_awaited(line: LineItemId, pool: PoolName) -> Refusal:
    return _refusal(RefusalCode.NEW_KEYS_AWAITED, line=line, pool=pool)


def keys_just_imported(line: LineItemId) -> Refusal:
    return _refusal(RefusalCode.KEYS_JUST_IMPORTED, line=line)


def new_keys_just_imported(line: LineItemId) -> Refusal:
    return _refusal(RefusalCode.NEW_KEYS_JUST_IMPORTED, line=line)


def keys_wait_for_stock(line: LineItemId) -> Refusal:
    return _refusal(RefusalCode.KEYS_WAIT_FOR_STOCK, line=line)


def keys_in_pool(pool: PoolName, positions: Iterable[int]) -> Refusal:
    """`positions` are those of the keys in what is imported, from 1: a key itself is a secret."""
    return _refusal(RefusalCode.KEYS_IN_POOL, pool=pool, **_some(positions))


def keys_of_customers(pool: PoolName, positions: Iterable[int]) -> Refusal:
    """`positions` are those of the keys in what is withdrawn, from 1: a key itself is a secret."""
    return _refusal(RefusalCode.KEYS_OF_CUSTOMERS, pool=pool, **_some(positions))


def count_out_of_range(count: int, count_max: int) -> Refusal:
    return _refusal(RefusalCode.COUNT_OUT_OF_RANGE, count=str(count), count_max=str(count_max))


def mail_not_sent(kind: str, occasion: str | None) -> Refusal:
    """`occasion` is empty if none was named."""
    return _refusal(RefusalCode.MAIL_NOT_SENT, kind=kind, occasion=occasion or "")


def mail_failed(kind: str) -> Refusal:
    return _refusal(RefusalCode.MAIL_FAILED, kind=kind)


def mail_of_undone_parcel(kind: str, occasions: Iterable[str]) -> Refusal:
    return _refusal(RefusalCode.MAIL_OF_UNDONE_PARCEL, kind=kind, occasions=_listed(occasions))


def several_mails(kind: str, occasions: Iterable[str]) -> Refusal:
    return _refusal(RefusalCode.SEVERAL_MAILS, kind=kind, occasions=_listed(occasions))


def mail_out_of_date(kind: str) -> Refusal:
    return _refusal(RefusalCode.MAIL_OUT_OF_DATE, kind=kind)


def resent_already() -> Refusal:
    return _refusal(RefusalCode.RESENT_ALREADY)


def no_address_to_resend() -> Refusal:
    return _refusal(RefusalCode.NO_ADDRESS_TO_RESEND)


def no_address_to_notify() -> Refusal:
    return _refusal(RefusalCode.NO_ADDRESS_TO_NOTIFY)


def notified_too_early() -> Refusal:
    """The customer has not finished, so what they ordered, and their address, are not known for sure."""
    return _refusal(RefusalCode.NOTIFIED_TOO_EARLY)


def not_retrieved() -> Refusal:
    return _refusal(RefusalCode.NOT_RETRIEVED)


def reported_meanwhile(reported: Reported) -> Refusal:
    """Stripe reported something that is not retrieved yet."""
    return _refusal(RefusalCode.REPORTED_MEANWHILE, reported=reported)


def about_to_be_planned() -> Refusal:
    return _refusal(RefusalCode.ABOUT_TO_BE_PLANNED)


def canceled_already() -> Refusal:
    return _refusal(RefusalCode.CANCELED_ALREADY)


def of_other_application() -> Refusal:
    return _refusal(RefusalCode.OF_OTHER_APPLICATION)


def of_other_account() -> Refusal:
    """Of another mode or account than STRIPE_API_KEY."""
    return _refusal(RefusalCode.OF_OTHER_ACCOUNT)


def lines_of_other_application() -> Refusal:
    return _refusal(RefusalCode.LINES_OF_OTHER_APPLICATION)


def lines_of_other_account() -> Refusal:
    return _refusal(RefusalCode.LINES_OF_OTHER_ACCOUNT)


def only_as_a_whole() -> Refusal:
    """A line was named of a checkout that is not paid."""
    return _refusal(RefusalCode.ONLY_AS_A_WHOLE)


def address_left_to_customer() -> Refusal:
    """The customer has not finished the checkout."""
    return _refusal(RefusalCode.ADDRESS_LEFT_TO_CUSTOMER)


def nothing_corrected() -> Refusal:
    """No part of the address was given."""
    return _refusal(RefusalCode.NOTHING_CORRECTED)


def address_unchanged() -> Refusal:
    return _refusal(RefusalCode.ADDRESS_UNCHANGED)


def address_incomplete() -> Refusal:
    return _refusal(RefusalCode.ADDRESS_INCOMPLETE)


def part_needed(part: Typed) -> Refusal:
    return _refusal(RefusalCode.PART_NEEDED, part=part)


def part_too_long(part: Typed, length_max: int) -> Refusal:
    """Or it can't be printed."""
    return _refusal(RefusalCode.PART_TOO_LONG, part=part, length_max=str(length_max))


def part_of_punctuation(part: Typed) -> Refusal:
    return _refusal(RefusalCode.PART_OF_PUNCTUATION, part=part)


def not_a_phone_number() -> Refusal:
    return _refusal(RefusalCode.NOT_A_PHONE_NUMBER)


def no_task(stripe_event: StreamId) -> Refusal:
    return _refusal(RefusalCode.NO_TASK, stripe_event=stripe_event)


def stripe_event_handled(stripe_event: StripeEventId) -> Refusal:
    return _refusal(RefusalCode.STRIPE_EVENT_HANDLED, stripe_event=stripe_event)


def stripe_event_ignored(stripe_event: StripeEventId) -> Refusal:
    return _refusal(RefusalCode.STRIPE_EVENT_IGNORED, stripe_event=stripe_event)


def nothing_to_retry() -> Refusal:
    return _refusal(RefusalCode.NOTHING_TO_RETRY)


def retry_of_other_account() -> Refusal:
    """Of another mode or account than STRIPE_API_KEY."""
    return _refusal(RefusalCode.RETRY_OF_OTHER_ACCOUNT)


def retrieval_due() -> Refusal:
    return _refusal(RefusalCode.RETRIEVAL_DUE)


def retrieval_under_way(attempt: int) -> Refusal:
    return _refusal(RefusalCode.RETRIEVAL_UNDER_WAY, attempt=str(attempt))


def unprintable_text(typed: Typed, length_max: int) -> Refusal:
    """Or it is too long, or has no letter or digit."""
    return _refusal(RefusalCode.UNPRINTABLE_TEXT, typed=typed, length_max=str(length_max))


def rounded_tracking(tracking: str) -> Refusal:
    return _refusal(RefusalCode.ROUNDED_TRACKING, tracking=tracking)


def note_length(length: int, length_max: int) -> Refusal:
    return _refusal(RefusalCode.NOTE_LENGTH, length=str(length), length_max=str(length_max))


def note_of_punctuation() -> Refusal:
    return _refusal(RefusalCode.NOTE_OF_PUNCTUATION)


def note_with_control_characters() -> Refusal:
    return _refusal(RefusalCode.NOTE_WITH_CONTROL_CHARACTERS)


def as_written(text: str) -> Refusal:
    """`text` is a whole sentence. The domain has none."""
    return _refusal(RefusalCode.AS_WRITTEN, text=text)


def restored(refusal: str, **parameters: str) -> Refusal:
    """Return the refusal of a stored reason `command_refused`, maybe of a later version: its code is shown as it is."""
    try:
        return Refusal(code=RefusalCode(refusal), parameters=parameters)
    except ValueError:
        return as_written(f"{refusal}.")


def _some(positions: Iterable[int]) -> Mapping[str, str]:
    """The number of keys, and the first of their positions."""
    found = [*positions]
    shown = _listed(found[:_SHOWN_MAX]) + (", ..." if len(found) > _SHOWN_MAX else "")
    return {"keys": str(len(found)), "positions": shown}


def _listed(names: Iterable[object]) -> str:
    return ", ".join(map(str, names))


def _refusal(code: RefusalCode, **parameters: str) -> Refusal:
    return Refusal(code=code, parameters=parameters)
