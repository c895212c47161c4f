"""Reasons in plain English, for staff. Nothing stores or compares these sentences, so each can change at any time."""

from collections.abc import Mapping
from typing import assert_never

from application.text.identifier_wording import described
from application.text.refusal_wording import in_sentences
from domain import refusals
from domain.identifiers import IdentifierKind, stored_session_id
from domain.order_number import order_number
from domain.reason import URL_MAX, EventProblem, Peer, Reason, ReasonCode, SmtpAbout, UrlProblem

_OTHER = {"live": "test", "test": "live"}
_URL_PROBLEMS: Mapping[str, str] = {
    UrlProblem.LETTERS: f"must be at most {URL_MAX} ASCII characters without spaces; write a host's xn-- form",
    UrlProblem.SCHEME: "must start with https:// or http:// and a host",
    UrlProblem.CREDENTIALS: "must not hold a user name or a password; the call is signed instead",
    UrlProblem.HOST: "must have a host that can exist, and a port from 1 to 65535 if any",
}
_PEERS: Mapping[str, str] = {Peer.CALLBACK: "The callback's host", Peer.MAIL_SERVER: "The mail server"}
_REFUSED: Mapping[str, str] = {
    SmtpAbout.RECIPIENT: "the customer's address",
    SmtpAbout.SENDER: "the sender in MAIL_FROM",
    SmtpAbout.MAIL: "the mail",
}
_ENHANCED = {
    "1.1": "there is no such mailbox",
    "1.2": "there is no such domain",
    "1.3": "the address is malformed",
    "1.8": "the sender's domain is not known",
    "1.10": "the domain takes no mails",
    "2.1": "the mailbox is switched off",
    "2.2": "the mailbox is full",
    "2.3": "the mail is too large",
    "3.4": "the mail is too large",
    "4.5": "the server is busy",
    "7.0": "the server's rules forbid it",
    "7.1": "the server's rules forbid it",
    "7.8": "the login is wrong",
    "7.20": "the signature of the sender's domain (DKIM) is missing",
    "7.23": "the sender's domain does not name this server (SPF)",
    "7.26": "the sender's domain vouches for it in no way (SPF, DKIM)",
}
"""By an enhanced status code without its first digit."""


def in_words(reason: Reason) -> str:  # noqa: C901 - a table with a line for each code
    """Return the reason as a sentence, without a period. A text from outside keeps the one it has."""
    said = reason.parameters
    match reason.code:
        case ReasonCode.UNHANDLED_TYPE:
            return f"Event type {said['type']} is not handled"
        case ReasonCode.NO_PAYMENT_NAMED:
            return f"{said['type']} does not name a payment"
        case ReasonCode.NOT_A_SESSION:
            return "Its object has no ID of a Checkout Session, as in Stripe's sample events"
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
            return f"Stripe answered with a {said['mode']} session, although its ID is of {ours} mode"
        case ReasonCode.CONNECTED_ACCOUNT:
            return "It belongs to a connected account; only sessions of the account itself are fulfilled"
        case ReasonCode.UNKNOWN_PAYMENT_STATUS:
            return f"Stripe reports the payment_status '{said['status']}', which this version does not know"
        case ReasonCode.UNKNOWN_TO_STRIPE:
            return "Stripe has no such session for the key in STRIPE_API_KEY"
        case ReasonCode.OTHER_APPLICATION:
            return "By [sessions] in the catalog it belongs to another application"
        case ReasonCode.NO_RULE:
            return "No rule in the catalog says how to deliver it"
        case ReasonCode.UNKNOWN_DELIVERY:
            return f"No delivery '{said['delivery']}' is installed"
        case ReasonCode.NO_URL:
            return "The delivery 'http' needs a url, which only the catalog file can set"
        case ReasonCode.INVALID_SKU:
            return (
                "The SKU in its rule is invalid: a SKU has 1 to 100 characters, without slashes or control characters"
            )
        case ReasonCode.INVALID_POOL:
            valid = "1 to 100 letters, digits, dots, hyphens or underscores"
            return f"The name of the key pool in its rule is invalid: a name has {valid}"
        case ReasonCode.MANUAL_BY_RULE:
            return "Its rule says that a person delivers it"
        case ReasonCode.TAKEN_OVER:
            return "A person delivers it"
        case ReasonCode.PAID_AFTER_CANCELLATION:
            return "The payment arrived after the checkout was canceled: replan it to deliver it, or cancel it again"
        case ReasonCode.PAID_TWICE:
            other = order_number(stored_session_id(said["session"]))
            what = f"Order {other} was paid with the same reference shortly before or after"
            return f"{what}: replan this one to deliver it too, or cancel and refund it"
        case ReasonCode.NOT_ENOUGH_STOCK:
            return f"Not enough {said['sku']} in stock"
        case ReasonCode.NOT_ENOUGH_KEYS:
            return f"The pool '{said['pool']}' does not have enough keys; import some"
        case ReasonCode.REPLANNED:
            return "The line was replanned"
        case ReasonCode.CANCELED:
            return "The line was canceled"
        case ReasonCode.SHIPPING_CORRECTED:
            return "The shipping address was corrected"
        case ReasonCode.DELIVERED_OTHERWISE:
            return "The line was delivered in another way"
        case ReasonCode.STOCK_TAKEN_BACK:
            return "A stock count took its reservation back"
        case ReasonCode.ALREADY_PAID:
            return "Stripe has already reported it paid"
        case ReasonCode.PAYMENT_NOT_AWAITED:
            return "No payment is expected anymore"
        case ReasonCode.MAIL_OUTDATED:
            return "What it says is out of date"
        case ReasonCode.IN_THE_RECEIPT:
            return "The receipt already says it"
        case ReasonCode.ANSWER_BEHIND_EVENT:
            return "Stripe's API does not yet show what Stripe's event reported"
        case ReasonCode.NO_ADDRESS:
            return "Stripe has no email address of this customer"
        case ReasonCode.NO_MAIL:
            return "There is no mail to send, or no address to send it to"
        case ReasonCode.NO_LINE:
            return "There is no line to deliver"
        case ReasonCode.NO_PLAIN_METHOD:
            return "Nothing was done: `deliver` must be a plain method, without `async` or `yield`"
        case ReasonCode.NO_ANSWER:
            return f"The delivery '{said['kind']}' gives no answer within {said['seconds']} s"
        case ReasonCode.NO_WORKER:
            return f"No worker has carried out '{said['kind']}' for an hour: its package or a setting is missing"
        case ReasonCode.ORPHANED_TOO_OFTEN:
            return f"Its process ended during an attempt, {said['times']} times in a row"
        case ReasonCode.STRIPE_KEY_REFUSED:
            answer = _in_brackets(said["answer"])
            return f"Stripe refuses the key in STRIPE_API_KEY{answer}; correct it in the settings and start again"
        case ReasonCode.HTTP_STATUS:
            hint = ", a redirect; the url must be the final one" if said["status"].startswith("3") else ""
            return f"The callback's host {said['host']} answered {said['status']}{hint}"
        case ReasonCode.SMTP_REPLY:
            return _smtp_reply(said)
        case ReasonCode.TIMED_OUT:
            return f"{_peer(said)} did not answer in time"
        case ReasonCode.HOST_NOT_FOUND:
            return f"{_peer(said)} can't be looked up"
        case ReasonCode.CONNECTION_REFUSED:
            return f"{_peer(said)} was not reached: it refused the connection"
        case ReasonCode.TLS_FAILED if said["certificate"]:
            return f"{_peer(said)} was not reached: its certificate is not accepted ({said['certificate']})"
        case ReasonCode.TLS_FAILED:
            return f"{_peer(said)} was not reached: it does not speak TLS as we do"
        case ReasonCode.CONNECTION_FAILED:
            return f"{_peer(said)} was not reached, or broke off ({said['error']})"
        case ReasonCode.STRIPE_REFUSED:
            return f"Stripe refused the request{_in_brackets(said['answer'])}"
        case ReasonCode.STRIPE_BUSY:
            return f"Stripe asks for fewer requests{_in_brackets(said['answer'])}"
        case ReasonCode.STRIPE_FAILED:
            return f"Stripe could not answer{_in_brackets(said['answer'])}"
        case ReasonCode.STRIPE_NOT_REACHED:
            return "Stripe could not be reached, or did not answer in time"
        case ReasonCode.STRIPE_UNINTELLIGIBLE:
            return f"Stripe's answer could not be read: {said['problem']}"
        case ReasonCode.INVALID_URL:
            return f"The callback can't be made: its url {url_problem(said['problem'])}"
        case ReasonCode.PRIVATE_ADDRESS:
            leads = "" if said["host"] == said["address"] else f" leads to {said['address']}, which"
            return (
                f"The callback's host {said['host']}{leads} is no address of the public internet. If that is meant, "
                "its rule needs `allow_private = true`"
            )
        case ReasonCode.RESOLVER_BUSY:
            return "Too many names are being looked up; the resolver does not answer"
        case ReasonCode.LOOKUP_TIMED_OUT:
            return f"Looking up the callback's host {said['host']} took too long"
        case ReasonCode.INVALID_ADDRESS:
            return "No mail can be sent to the customer's address: it is not valid"
        case ReasonCode.NO_ENCRYPTION:
            return "The mail server offers no encryption, and the password in SMTP_URL is not sent without"
        case ReasonCode.NO_LOGIN:
            return "The mail server offers no login, and SMTP_URL has a user"
        case ReasonCode.ONLY_ASCII_ADDRESSES:
            whose = _REFUSED.get(said["about"], said["about"])
            return f"The mail server can't send to addresses with letters like those in {whose}"
        case ReasonCode.OUTBOX_FAILED:
            return f"The mail could not be written to {said['directory']}: {said['error']}"
        case ReasonCode.READY_TO_PACK:
            return f"{said['quantity']} x {said['title']}"
        case ReasonCode.PAYMENT_OVERDUE:
            return f"The payment has not arrived in {said['days']} days, and Stripe has not reported that it failed"
        case ReasonCode.AWAITS_CAPTURE:
            return (
                f"The payment {said['payment']} is authorized, and nothing is charged or delivered until you capture "
                "it: do so in Stripe's Dashboard, or cancel it there. The authorization usually expires after 7 days"
            )
        case ReasonCode.WAITS_BEHIND:
            return "It waits behind an earlier event"
        case ReasonCode.WAITS_FOR_WORKER:
            return f"No worker has carried it out; check that one runs that knows the kind '{said['kind']}'"
        case ReasonCode.LOW_STOCK:
            return f"{said['available']} available, and the catalog has `low_stock = {said['low']}`"
        case ReasonCode.LOW_KEYS:
            free = "1 free key" if said["free"] == "1" else f"{said['free']} free keys"
            return f"{free}, and the catalog has `low_stock = {said['low']}`"
        case ReasonCode.EVENTS_LEFT_OUT:
            events = "1 event" if said["events"] == "1" else f"{said['events']} events"
            return f"The view lacks {events}; the first is event {said['position']} of the log: {said['text']}"
        case ReasonCode.EVENT_NOT_READABLE:
            return f"Event {said['version']} of {said['stream']}, {said['topic']}, {_event_problem(said)}"
        case ReasonCode.INVALID_IDENTIFIER:
            return f"A value is not {_identifier(said['expected'])}"
        case ReasonCode.COMMAND_REFUSED:
            return in_sentences(refusals.restored(**said)).removesuffix(".")
        case ReasonCode.UNREADABLE_EVENT | ReasonCode.REFUSED | ReasonCode.PORT_FAILED | ReasonCode.AS_WRITTEN:
            return said["text"]
        case ReasonCode.UNEXPECTED_ERROR:
            place = f" in {said['file']}, line {said['line']}" if said["file"] else ""
            return f"Unexpected {said['error']}{place}"
        case _:
            assert_never(reason.code)


def url_problem(problem: str) -> str:
    """Return the text that follows "the url". An earlier version stored this text instead of a code, which is then
    returned as it is."""
    return _URL_PROBLEMS.get(problem, problem)


def _event_problem(said: Mapping[str, str]) -> str:
    match said["problem"], said["detail"]:
        case EventProblem.UNKNOWN_TOPIC, _:
            return "is of a kind that this version does not know"
        case EventProblem.LATER_VERSION, version:
            return f"can't be read: its class is of version {version}, which is later than known here"
        case EventProblem.GARBLED, problem:
            return f"can't be read: {problem}"
        case EventProblem.MISFIT, error:
            return f"does not fit what came before it: {error}"
        case EventProblem.GAP, before:
            return f"comes right after event {before}: the log has lost the events between them"
        case problem, detail:
            return f"can't be read: {problem} {detail}".rstrip()


def _identifier(kind: str) -> str:
    """Return the code itself if a later version stored it."""
    return described(IdentifierKind(kind)) if kind in {*IdentifierKind} else kind


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _peer(said: Mapping[str, str]) -> str:
    """Reasons of an earlier version do not name the mail server's host."""
    return f"{_PEERS.get(said['peer'], said['peer'])} {said['host']}".rstrip()


def _smtp_reply(said: Mapping[str, str]) -> str:
    reply, enhanced = said["reply"], said["enhanced"]
    meaning = _ENHANCED.get(enhanced.partition(".")[2])
    in_full = f"{reply} {enhanced}".rstrip() + (f": {meaning}" if meaning else "")
    match said["about"]:
        case SmtpAbout.CONNECTION:
            return f"The mail server is not ready to take mails ({in_full})"
        case SmtpAbout.LOGIN_WANTED:
            return f"The mail server wants a login, which SMTP_URL has to give it ({in_full})"
        case SmtpAbout.PASSWORD:
            return f"The mail server refuses the user or the password in SMTP_URL ({in_full})"
        case about:
            what = _REFUSED.get(about, about)
    if reply.startswith("5"):
        return f"The mail server refuses {what} for good ({in_full})"
    return f"The mail server does not take {what} now ({in_full})"
