"""The sentences that events had before they had reasons, each with its reason.

Logs contain them, so they are frozen and independent of today's wording. A sentence that is not among them is not ours,
or quotes a text from outside: it is kept as written.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from domain import reasons
from domain.reason import Peer, Reason, SmtpAbout

_WHOLE: Mapping[str, Callable[[], Reason]] = {
    "Its object is not the ID of a Checkout Session, which looks like cs_test_a1B2c3": reasons.not_a_session,
    "Stripe reported it completed after it expired": reasons.completed_after_expiry,
    "Stripe reported the payment succeeded after it failed": reasons.succeeded_after_failure,
    "Stripe reported the payment failed after it succeeded": reasons.failed_after_success,
    "Stripe reported it expired after it was completed": reasons.expired_after_completion,
    "It is paid although Stripe reported that the payment failed": reasons.paid_after_failure,
    "It is paid although Stripe reported that it expired": reasons.paid_after_expiry,
    "It belongs to a connected account; only sessions of the account itself are fulfilled": reasons.connected_account,
    "Stripe knows no such session for the key in STRIPE_API_KEY": reasons.unknown_to_stripe,
    "Stripe knows no such session for the key in STRIPE_API_KEY.": reasons.unknown_to_stripe,
    "No rule says how to deliver it": reasons.no_rule,
    "The delivery 'http' needs a url, which only the catalog file can give": reasons.no_url,
    (
        "Its rule can't be followed: a SKU is 1 to 100 characters, without slashes and control characters"
    ): reasons.invalid_sku,
    (
        "Its rule can't be followed: a key pool's name is 1 to 100 letters, digits, dots, hyphens or underscores"
    ): reasons.invalid_pool,
    "Its rule says that a person delivers it": reasons.manual_by_rule,
    "A person delivers it": reasons.taken_over,
    "The line has been planned anew": reasons.replanned,
    "The line has been delivered otherwise": reasons.delivered_otherwise,
    "Its stock was taken back": reasons.stock_taken_back,
    "Stripe has said meanwhile that it is paid": reasons.already_paid,
    "It has been paid meanwhile": reasons.already_paid,
    "No payment is awaited any more": reasons.payment_not_awaited,
    "The payment is no longer pending": reasons.payment_not_awaited,
    "What it says is no longer so": reasons.mail_outdated,
    "Nothing of it is backordered any more": reasons.mail_outdated,
    "The receipt says it": reasons.in_the_receipt,
    "It waits behind an earlier event": reasons.waits_behind,
    "Stripe's API does not show yet what Stripe's event says": reasons.answer_behind_event,
    "Stripe has no e-mail address of this customer": reasons.no_address,
    "There is no mail to send, or nobody to send it to": reasons.no_mail,
    "There is no mail to send, or it has no recipient": reasons.no_mail,
    "There is no line to deliver": reasons.no_line,
    ("Nothing was done: `deliver` has to be a plain method, without `async` and `yield`"): reasons.no_plain_method,
}

_HOST = r"The callback's host (?P<host>\S+)"
_OF_CALLBACKS: Sequence[tuple[str, Callable[..., Reason]]] = (
    (rf"{_HOST} (?:answered|refused with) (?P<status>\d{{3}})\.", reasons.http_status),
    (rf"{_HOST} answered (?P<status>\d{{3}}), a redirect; the url must be the final one\.", reasons.http_status),
    (rf"{_HOST} did not answer in time\.", partial(reasons.timed_out, Peer.CALLBACK)),
    (rf"{_HOST} can't be looked up\.", partial(reasons.host_not_found, Peer.CALLBACK)),
    (rf"{_HOST} was not reached: Connection refused\.", partial(reasons.connection_refused, Peer.CALLBACK)),
    (
        rf"{_HOST} was not reached: its certificate is not accepted \((?P<certificate>.*)\)\.",
        partial(reasons.tls_failed, Peer.CALLBACK),
    ),
    (
        rf"{_HOST} was not reached: it does not speak TLS as we do\.(?P<certificate>)",
        partial(reasons.tls_failed, Peer.CALLBACK),
    ),
    (rf"{_HOST} was not reached: (?P<error>.+)\.", partial(reasons.connection_failed, Peer.CALLBACK)),
)
_REPLY = r"\((?P<reply>\d{3})(?: (?P<enhanced>[245]\.\d{1,3}\.\d{1,3})(?:: .*)?)?\)\.?"
_NO_HOST = "(?P<host>)"
_OF_MAIL_SERVERS: Sequence[tuple[str, Callable[..., Reason]]] = (
    *(
        (f"The mail server {said} {_REPLY}", partial(reasons.smtp_reply, about))
        for said, about in (
            (
                "(?:refuses the customer's address for good|does not take the customer's address now)",
                SmtpAbout.RECIPIENT,
            ),
            (
                "(?:refuses the sender in MAIL_FROM for good|does not take the sender in MAIL_FROM now)",
                SmtpAbout.SENDER,
            ),
            ("(?:refuses the mail for good|does not take the mail now)", SmtpAbout.MAIL),
            ("wants a login, which SMTP_URL has to give it", SmtpAbout.LOGIN_WANTED),
            ("refuses the user or (?:the )?password in SMTP_URL", SmtpAbout.PASSWORD),
            ("is not ready to take mails", SmtpAbout.CONNECTION),
        )
    ),
    (rf"{_NO_HOST}The mail server did not answer in time\.?", partial(reasons.timed_out, Peer.MAIL_SERVER)),
    (
        rf"{_NO_HOST}The mail server's certificate can't be trusted: (?P<certificate>.*)",
        partial(reasons.tls_failed, Peer.MAIL_SERVER),
    ),
    (
        rf"{_NO_HOST}The mail server was not reached \(ConnectionRefusedError\)",
        partial(reasons.connection_refused, Peer.MAIL_SERVER),
    ),
    (rf"{_NO_HOST}The mail server was not reached \(gaierror\)", partial(reasons.host_not_found, Peer.MAIL_SERVER)),
    (
        rf"{_NO_HOST}The mail server (?:was not reached|broke off|was not reached, or broke off) "
        r"\((?P<error>\w+)\)\.?",
        partial(reasons.connection_failed, Peer.MAIL_SERVER),
    ),
)
_PATTERNS: Sequence[tuple[str, Callable[..., Reason]]] = (
    (r"Nothing here follows from (?P<type>.{0,100})", reasons.unhandled_type),
    (r"(?P<type>.{0,100}) does not name a payment", reasons.no_payment_named),
    (
        r"It is a (?P<mode>live|test) session, and STRIPE_API_KEY is a (?:live|test) key",
        reasons.other_mode_than_key,
    ),
    (
        r"Stripe answered with a (?P<mode>live|test) session, although its ID is one of (?:live|test) mode",
        reasons.other_mode_than_id,
    ),
    (
        r"Stripe reports the payment_status '(?P<status>.{0,80})', which is not known here",
        reasons.unknown_payment_status,
    ),
    (r"The delivery '(?P<delivery>.{0,40})' is not known here", reasons.unknown_delivery),
    (r"Not enough of (?P<sku>.+) on the shelf", reasons.not_enough_stock),
    (r"The pool '(?P<pool>.+)' has not enough keys; import some", reasons.not_enough_keys),
    (
        r"No worker has carried out '(?P<kind>.*)' for an hour: its package or a setting is missing",
        reasons.no_worker,
    ),
    (r"(?P<times>\d+) times in a row its process ended during an attempt", reasons.orphaned_too_often),
    *_OF_CALLBACKS,
    *_OF_MAIL_SERVERS,
    (r"Unexpected (?P<error>\w+)(?: in (?P<file>.+), line (?P<line>\d+))?", reasons.unexpected_error),
)
_WITH_PARAMETERS: Sequence[tuple[re.Pattern[str], Callable[..., Reason]]] = [
    (re.compile(pattern, re.DOTALL), constructor) for pattern, constructor in _PATTERNS
]


def reason_of(sentence: str) -> Reason:
    """Return the reason that a sentence of an earlier version stands for."""
    if whole := _WHOLE.get(sentence):
        return whole()
    for pattern, constructor in _WITH_PARAMETERS:
        if found := pattern.fullmatch(sentence):
            return constructor(**found.groupdict(default=""))
    return reasons.as_written(sentence)


def is_former_sentence(text: str | None) -> bool:
    """True if the whole text is one of our sentences. For fields that also held texts from outside."""
    return text in _WHOLE


def store_reason(state: dict[str, Any], name: str) -> None:
    """Replace a sentence in a stored state by its stored `Reason`. A missing sentence stays missing."""
    if (sentence := state.get(name)) is not None:
        reason = reason_of(sentence)
        state[name] = {"code": reason.code.value, "parameters": dict(reason.parameters)}


def store_remarks(lines: Iterable[dict[str, Any]]) -> None:
    """The same for the remarks of stored `PlannedLine`s."""
    for line in lines:
        store_reason(line, "remark")
