"""Reasons in plain English, for staff. Nothing stores or compares these sentences, so each can change at any time."""

from typing import assert_never

from domain.reasons import Reason, ReasonCode

_OTHER = {"live": "test", "test": "live"}


def in_words(reason: Reason) -> str:  # noqa: C901 - a table with a line for each code
    """Return the reason as a sentence, without a period. A text from outside keeps the one it has."""
    said = reason.parameters
    match reason.code:
        case ReasonCode.UNHANDLED_TYPE:
            return f"Nothing here follows from {said['type']}"
        case ReasonCode.NO_PAYMENT_NAMED:
            return f"{said['type']} does not name a payment"
        case ReasonCode.NOT_A_SESSION:
            return "Its object is not a Checkout Session"
        case ReasonCode.COMPLETED_AFTER_EXPIRY:
            return "Stripe reported it completed after it expired"
        case ReasonCode.SUCCEEDED_AFTER_FAILURE:
            return "Stripe reported the payment succeeded after it failed"
        case ReasonCode.FAILED_AFTER_SUCCESS:
            return "Stripe reported the payment failed after it succeeded"
        case ReasonCode.EXPIRED_AFTER_COMPLETION:
            return "Stripe reported it expired after it was completed"
        case ReasonCode.PAID_AFTER_FAILURE:
            return "It is paid although Stripe reported that the payment failed"
        case ReasonCode.PAID_AFTER_EXPIRY:
            return "It is paid although Stripe reported that it expired"
        case ReasonCode.OTHER_MODE_THAN_KEY:
            return f"It is a {said['mode']} session, and STRIPE_API_KEY is a {_OTHER.get(said['mode'])} key"
        case ReasonCode.OTHER_MODE_THAN_ID:
            ours = _OTHER.get(said["mode"])
            return f"Stripe answered with a {said['mode']} session, although its ID is one of {ours} mode"
        case ReasonCode.CONNECTED_ACCOUNT:
            return "It belongs to a connected account; only sessions of the account itself are fulfilled"
        case ReasonCode.UNKNOWN_PAYMENT_STATUS:
            return f"Stripe reports the payment_status '{said['status']}', which is not known here"
        case ReasonCode.UNKNOWN_TO_STRIPE:
            return "Stripe knows no such session for the key in STRIPE_API_KEY"
        case ReasonCode.NO_RULE:
            return "No rule says how to deliver it"
        case ReasonCode.UNKNOWN_DELIVERY:
            return f"The delivery '{said['delivery']}' is not known here"
        case ReasonCode.NO_URL:
            return "The delivery 'http' needs a url, which only the catalog file can give"
        case ReasonCode.INVALID_SKU:
            return "Its rule can't be followed: a SKU is 1 to 100 characters, without slashes and control characters"
        case ReasonCode.INVALID_POOL:
            what = "a key pool's name is 1 to 100 letters, digits, dots, hyphens or underscores"
            return f"Its rule can't be followed: {what}"
        case ReasonCode.MANUAL_BY_RULE:
            return "Its rule says that a person delivers it"
        case ReasonCode.TAKEN_OVER:
            return "A person delivers it"
        case ReasonCode.NOT_ENOUGH_STOCK:
            return f"Not enough of {said['sku']} on the shelf"
        case ReasonCode.NOT_ENOUGH_KEYS:
            return f"The pool '{said['pool']}' has not enough keys; import some"
        case ReasonCode.REPLANNED:
            return "The line has been planned anew"
        case ReasonCode.DELIVERED_OTHERWISE:
            return "The line has been delivered otherwise"
        case ReasonCode.STOCK_TAKEN_BACK:
            return "Its stock was taken back"
        case ReasonCode.ALREADY_PAID:
            return "Stripe has said meanwhile that it is paid"
        case ReasonCode.PAYMENT_NOT_AWAITED:
            return "No payment is awaited any more"
        case ReasonCode.MAIL_OUTDATED:
            return "What it says is no longer so"
        case ReasonCode.IN_THE_RECEIPT:
            return "The receipt says it"
        case ReasonCode.ANSWER_BEHIND_EVENT:
            return "Stripe's API does not show yet what Stripe's event says"
        case ReasonCode.NO_ADDRESS:
            return "Stripe has no e-mail address of this customer"
        case ReasonCode.NO_MAIL:
            return "There is no mail to send, or nobody to send it to"
        case ReasonCode.NO_LINE:
            return "There is no line to deliver"
        case ReasonCode.NO_PLAIN_METHOD:
            return "Nothing was done: `deliver` has to be a plain method, without `async` and `yield`"
        case ReasonCode.NO_WORKER:
            return f"No worker has carried out '{said['kind']}' for an hour: its package or a setting is missing"
        case ReasonCode.ORPHANED_TOO_OFTEN:
            return f"{said['times']} times in a row its process ended during an attempt"
        case ReasonCode.READY_TO_PACK:
            return f"{said['quantity']} x {said['title']}"
        case ReasonCode.PAYMENT_OVERDUE:
            return f"Neither has the payment arrived in {said['days']} days, nor has Stripe said that it failed"
        case ReasonCode.WAITS_BEHIND:
            return "It waits behind an earlier event"
        case ReasonCode.WAITS_FOR_WORKER:
            return f"No worker has carried it out. Does one run that knows the kind '{said['kind']}'?"
        case ReasonCode.EVENTS_LEFT_OUT:
            events = "1 event" if said["events"] == "1" else f"{said['events']} events"
            return f"The view lacks {events}; the first is event {said['position']} of the log: {said['text']}"
        case ReasonCode.UNREADABLE_EVENT | ReasonCode.REFUSED | ReasonCode.PORT_FAILED | ReasonCode.AS_WRITTEN:
            return said["text"]
        case ReasonCode.UNEXPECTED_ERROR:
            place = f" in {said['file']}, line {said['line']}" if said["file"] else ""
            return f"Unexpected {said['error']}{place}"
        case _:
            assert_never(reason.code)
