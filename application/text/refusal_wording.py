"""Refusals in plain English, for staff. Nothing stores or compares these sentences, so each can change at any time.

They name no option and no command: an interface adds what helps there.
"""

from collections.abc import Mapping
from typing import assert_never

from domain.refusal import Refusal, RefusalCode, Suitable, Typed

_SUITABLE: Mapping[str, str] = {
    Suitable.TO_HAND_OVER: "to be handed over by a person",
    Suitable.TO_PACK: "ready to be packed",
    Suitable.UNFINISHED: "waiting for its delivery",
    Suitable.WITH_KEYS: "delivered with license keys",
}
_TYPED: Mapping[str, str] = {
    Typed.ACTOR: "The name of the person who acts",
    Typed.REASON: "The reason",
    Typed.CARRIER: "A carrier",
    Typed.TRACKING: "A tracking number",
    Typed.NAME: "The name of the recipient",
    Typed.PHONE: "The phone number",
    Typed.LINE1: "Line 1 of the address",
    Typed.LINE2: "Line 2 of the address",
    Typed.CITY: "The city",
    Typed.POSTAL_CODE: "The postal code",
    Typed.STATE: "The state",
    Typed.COUNTRY: "The country",
}


def in_sentences(refusal: Refusal) -> str:  # noqa: C901 - a table with a line for each code
    """Return the refusal as whole sentences. A text from outside keeps its own ending."""
    said = refusal.parameters
    match refusal.code:
        case RefusalCode.NOT_PLANNED:
            return "This checkout is not paid or not planned yet, so none of its lines can be delivered."
        case RefusalCode.NO_SUITABLE_LINE:
            return f"No line of this checkout is {_suitable(said)}."
        case RefusalCode.UNKNOWN_LINE:
            return f"This checkout has no line {said['line']}. Its lines are {said['lines']}."
        case RefusalCode.UNSUITABLE_LINE:
            return f"Line {said['line']} is {said['state']}, not {_suitable(said)}. Possible lines: {said['lines']}."
        case RefusalCode.NO_MANUAL_LINE:
            return f"No line is in state manual. Lines that a person can deliver if they are named: {said['lines']}."
        case RefusalCode.NO_BLOCKED_LINE:
            return "No line of this checkout is blocked, so there is nothing to replan."
        case RefusalCode.PLAN_UNCHANGED:
            return "The catalog still plans the blocked lines the same way. Change their rule, then try again."
        case RefusalCode.NOTHING_LEFT_TO_DELIVER:
            return "Nothing of this checkout is left to deliver, so another shipping address has no effect."
        case RefusalCode.PROMISE_TAKEN_BACK:
            return (
                f"Line {said['line']} no longer has its {said['quantity']} × {said['sku']}: a count found too few on "
                "the shelf. Count again if they are there, or change its rule and replan it."
            )
        case RefusalCode.PAID_TWICE:
            return (
                f"Order {said['other']} was paid with the same reference shortly before or after, so this may be that "
                "order again. Decide first whether it is delivered, too. Nothing was recorded."
            )
        case RefusalCode.PAID_AFTER_CANCELLATION:
            return (
                "This checkout was paid after it was canceled. Decide first whether it is delivered. Nothing was "
                "recorded."
            )
        case RefusalCode.DELIVERY_UNDER_WAY:
            return (
                f"The delivery of {said['delivery']} is under way: attempt {said['attempt']} has no outcome yet. Wait "
                "until the running server has finished it, then try again."
            )
        case RefusalCode.DELIVERY_SUCCEEDED:
            return "The delivery has just succeeded. Its line will be marked as delivered in a moment."
        case RefusalCode.SHIPPED_ALREADY:
            return f"Shipped already: {'parcels' if ',' in said['parcels'] else 'parcel'} {said['parcels']}."
        case RefusalCode.NO_PARCEL:
            return "No parcel of this checkout has left."
        case RefusalCode.SEVERAL_PARCELS:
            return f"This checkout has the parcels {said['parcels']}."
        case RefusalCode.UNKNOWN_PARCEL:
            return f"This checkout has no parcel {said['parcel']}. Its parcels: {said['parcels']}."
        case RefusalCode.PARCEL_UNCHANGED:
            return f"Parcel {said['parcel']} already has this carrier and tracking. Nothing was recorded."
        case RefusalCode.LINE_NOT_IN_PARCEL:
            return f"Line {said['line']} is not in parcel {said['parcel']}. Its lines: {said['lines']}."
        case RefusalCode.SEVERAL_LINES_WITH_KEYS:
            return f"Several lines of this checkout have license keys: {said['lines']}."
        case RefusalCode.UNKNOWN_KEY:
            return (
                f"Line {said['line']} has no license key {said['number']}. Its keys are numbered from 1 to "
                f"{said['keys']}."
            )
        case RefusalCode.KEY_REVOKED_ALREADY:
            return f"License key {said['number']} of line {said['line']} is revoked already. Nothing was recorded."
        case RefusalCode.KEYS_REVOKED_ALREADY:
            return f"Every license key of line {said['line']} is revoked already. Nothing was recorded."
        case RefusalCode.KEYS_REVOKED_BEFORE:
            return f"License keys of line {said['line']} were revoked before, so it is not clear which to replace."
        case RefusalCode.NEW_KEYS_AWAITED:
            return f"Line {said['line']} waits for new license keys from the pool {said['pool']} already."
        case RefusalCode.KEYS_JUST_IMPORTED:
            return f"Line {said['line']} has just received its keys from an import. They are on their way."
        case RefusalCode.NEW_KEYS_JUST_IMPORTED:
            return f"Line {said['line']} has just received new keys from an import. Try again in a moment."
        case RefusalCode.KEYS_WAIT_FOR_STOCK:
            return f"Line {said['line']} already has its keys and only waits for stock."
        case RefusalCode.KEYS_IN_POOL:
            return (
                f"The pool {said['pool']} already has {said['keys']} of these keys (by position: {said['positions']}), "
                "which would be sold twice. Nothing was imported. Remove them from the file, then import the rest."
            )
        case RefusalCode.KEYS_OF_CUSTOMERS:
            return (
                f"Customers already have {said['keys']} of these keys from the pool {said['pool']} (by position: "
                f"{said['positions']}), so they can't be withdrawn. Nothing was withdrawn. Remove them from the file, "
                "then withdraw the rest."
            )
        case RefusalCode.COUNT_OUT_OF_RANGE:
            return f"A count must be from 0 to {said['count_max']} (got {said['count']})."
        case RefusalCode.MAIL_NOT_SENT:
            named = f" for {said['occasion']}" if said["occasion"] else ""
            return f"No mail of the kind {said['kind']}{named} was sent for this checkout."
        case RefusalCode.MAIL_FAILED:
            return f"The mail {said['kind']} failed, so it was not sent."
        case RefusalCode.MAIL_OF_UNDONE_PARCEL:
            return (
                f"The mail {said['kind']} {said['occasions']} was sent for a parcel that was undone, so it can't be "
                "sent again."
            )
        case RefusalCode.SEVERAL_MAILS:
            return f"Several mails {said['kind']} were sent: {said['occasions']}."
        case RefusalCode.MAIL_OUT_OF_DATE:
            return f"The {said['kind']} mail is out of date, so it can't be sent again."
        case RefusalCode.RESENT_ALREADY:
            return "This mail is about to be sent again to this address already. Nothing was recorded."
        case RefusalCode.NO_ADDRESS_TO_RESEND | RefusalCode.NO_ADDRESS_TO_NOTIFY:
            return "No email address of this customer is known."
        case RefusalCode.NOTIFIED_TOO_EARLY:
            return "The customer has not finished this checkout, so no mail can go out."
        case RefusalCode.NOT_RETRIEVED:
            return "This checkout has not been retrieved from Stripe yet."
        case RefusalCode.REPORTED_MEANWHILE:
            return (
                f"Stripe reported that this checkout is {said['reported']}, and it is not retrieved yet. Wait until it "
                "is, then repeat this."
            )
        case RefusalCode.ABOUT_TO_BE_PLANNED:
            return "This checkout is paid and is about to be planned. Cancel it again in a moment."
        case RefusalCode.CANCELED_ALREADY:
            return "This checkout is canceled already."
        case RefusalCode.OF_OTHER_APPLICATION:
            return "This checkout belongs to another application, so there is nothing to cancel."
        case RefusalCode.OF_OTHER_ACCOUNT:
            return "This checkout is of another mode or account than STRIPE_API_KEY, so there is nothing to cancel."
        case RefusalCode.LINES_OF_OTHER_APPLICATION:
            return "This checkout belongs to another application of the account, so none of it is delivered here."
        case RefusalCode.LINES_OF_OTHER_ACCOUNT:
            return "This checkout is of another mode or account than our Stripe key, so none of it is delivered here."
        case RefusalCode.ONLY_AS_A_WHOLE:
            return "This checkout is not paid yet, so it can only be canceled as a whole."
        case RefusalCode.ADDRESS_LEFT_TO_CUSTOMER:
            return "The customer has not finished this checkout, and can still change the address there."
        case RefusalCode.NOTHING_CORRECTED:
            return "No part of the shipping address is given."
        case RefusalCode.ADDRESS_UNCHANGED:
            return "The shipping address is unchanged. Nothing was recorded."
        case RefusalCode.ADDRESS_INCOMPLETE:
            return "A shipping address must have a street, a city and a country, and this checkout has none yet."
        case RefusalCode.PART_NEEDED:
            return (
                f"{_typed(said['part'])} must not be empty, since no parcel arrives without it. Only the phone number, "
                "line 2, the postal code and the state can be removed."
            )
        case RefusalCode.PART_TOO_LONG:
            return f"{_typed(said['part'])} must have at most {said['length_max']} printable characters."
        case RefusalCode.PART_OF_PUNCTUATION:
            return f"{_typed(said['part'])} must have a letter or digit."
        case RefusalCode.NOT_A_PHONE_NUMBER:
            return "This is no phone number. One looks like +49 30 1234567 or 030/1234567 ext. 12."
        case RefusalCode.NO_TASK:
            return f"{said['stripe_event']} has no task in the queue. Nothing was recorded."
        case RefusalCode.STRIPE_EVENT_HANDLED:
            return (
                f"Stripe event {said['stripe_event']} is handled, so there is nothing to retry. Nothing was recorded."
            )
        case RefusalCode.STRIPE_EVENT_IGNORED:
            return (
                f"Stripe event {said['stripe_event']} needs no action, so there is nothing to retry. Nothing was "
                "recorded."
            )
        case RefusalCode.NOTHING_TO_RETRY:
            return (
                "This checkout has nothing to retry: it is paid, and no mail or delivery has failed or waits for its "
                "next attempt. Nothing was recorded."
            )
        case RefusalCode.RETRY_OF_OTHER_ACCOUNT:
            return (
                "This checkout is of another mode or account than STRIPE_API_KEY, so a retry would do nothing. Nothing "
                "was recorded."
            )
        case RefusalCode.RETRIEVAL_DUE:
            return (
                "Stripe is being asked already: the next attempt is due, and begins as soon as a server or worker "
                "runs. Nothing was recorded."
            )
        case RefusalCode.RETRIEVAL_UNDER_WAY:
            return f"Stripe is being asked already: attempt {said['attempt']} is under way. Nothing was recorded."
        case RefusalCode.UNPRINTABLE_TEXT:
            return (
                f"{_typed(said['typed'])} must have 1 to {said['length_max']} printable characters, at least one of "
                "them a letter or digit."
            )
        case RefusalCode.ROUNDED_TRACKING:
            return (
                f"A spreadsheet rounded the tracking number (got '{said['tracking']}'). Enter its digits again, in a "
                "spreadsheet into a column that is formatted as text."
            )
        case RefusalCode.NOTE_LENGTH:
            return f"A note must have 1 to {said['length_max']} characters (got {said['length']})."
        case RefusalCode.NOTE_OF_PUNCTUATION:
            return "A note must have a letter, a digit or a symbol: punctuation alone says nothing."
        case RefusalCode.NOTE_WITH_CONTROL_CHARACTERS:
            return (
                "A note must have no control characters except line breaks, since they can steer the terminal that "
                "shows it. Type what you pasted."
            )
        case RefusalCode.AS_WRITTEN:
            return said["text"]
        case _:
            assert_never(refusal.code)


def _suitable(said: Mapping[str, str]) -> str:
    return _SUITABLE.get(said["suitable"], said["suitable"])


def _typed(typed: str) -> str:
    return _TYPED.get(typed, typed)
