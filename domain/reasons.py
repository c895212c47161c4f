"""The constructors of reasons: one for each code, of the same name, so that its parameters are always complete.

A text from outside, such as a mail server's, is the parameter of a code, never the code. No parameter carries personal
data.
"""

from collections.abc import Mapping

from domain.identifiers import IdentifierKind, PoolName, SessionId, Sku, StreamId
from domain.reason import EventProblem, Peer, Reason, ReasonCode, SmtpAbout, UrlProblem

TEXT_MAX = 500
"""The part of a text from outside that is kept, in characters."""


def unhandled_type(type: str) -> Reason:
    """`type` is that of the Stripe event."""
    return _reason(ReasonCode.UNHANDLED_TYPE, type=type[:100])


def no_payment_named(type: str) -> Reason:
    """`type` is that of the Stripe event."""
    return _reason(ReasonCode.NO_PAYMENT_NAMED, type=type[:100])


def not_a_session() -> Reason:
    return _reason(ReasonCode.NOT_A_SESSION)


def completed_after_expiry() -> Reason:
    return _reason(ReasonCode.COMPLETED_AFTER_EXPIRY)


def succeeded_after_failure() -> Reason:
    return _reason(ReasonCode.SUCCEEDED_AFTER_FAILURE)


def failed_after_success() -> Reason:
    return _reason(ReasonCode.FAILED_AFTER_SUCCESS)


def expired_after_completion() -> Reason:
    return _reason(ReasonCode.EXPIRED_AFTER_COMPLETION)


def paid_after_failure() -> Reason:
    return _reason(ReasonCode.PAID_AFTER_FAILURE)


def paid_after_expiry() -> Reason:
    return _reason(ReasonCode.PAID_AFTER_EXPIRY)


def other_mode_than_key(mode: str) -> Reason:
    """`mode` is the session's, `live` or `test`; STRIPE_API_KEY is of the other one."""
    return _reason(ReasonCode.OTHER_MODE_THAN_KEY, mode=mode)


def other_mode_than_id(mode: str) -> Reason:
    """`mode` is that of Stripe's answer, `live` or `test`; the session's ID is of the other one."""
    return _reason(ReasonCode.OTHER_MODE_THAN_ID, mode=mode)


def connected_account() -> Reason:
    return _reason(ReasonCode.CONNECTED_ACCOUNT)


def unknown_payment_status(status: str) -> Reason:
    return _reason(ReasonCode.UNKNOWN_PAYMENT_STATUS, status=status[:80])


def unknown_to_stripe() -> Reason:
    return _reason(ReasonCode.UNKNOWN_TO_STRIPE)


def other_application() -> Reason:
    return _reason(ReasonCode.OTHER_APPLICATION)


def no_rule() -> Reason:
    return _reason(ReasonCode.NO_RULE)


def unknown_delivery(delivery: str) -> Reason:
    """`delivery` is the name in the rule."""
    return _reason(ReasonCode.UNKNOWN_DELIVERY, delivery=delivery[:40])


def no_url() -> Reason:
    return _reason(ReasonCode.NO_URL)


def invalid_sku() -> Reason:
    return _reason(ReasonCode.INVALID_SKU)


def invalid_pool() -> Reason:
    return _reason(ReasonCode.INVALID_POOL)


def manual_by_rule() -> Reason:
    return _reason(ReasonCode.MANUAL_BY_RULE)


def taken_over() -> Reason:
    return _reason(ReasonCode.TAKEN_OVER)


def paid_after_cancellation() -> Reason:
    """A payment arrived for a checkout that a person had canceled."""
    return _reason(ReasonCode.PAID_AFTER_CANCELLATION)


def paid_twice(session: SessionId | str) -> Reason:
    """`session` is the checkout that was paid with the same reference."""
    return _reason(ReasonCode.PAID_TWICE, session=session)


def not_enough_stock(sku: Sku) -> Reason:
    return _reason(ReasonCode.NOT_ENOUGH_STOCK, sku=sku)


def not_enough_keys(pool: PoolName) -> Reason:
    return _reason(ReasonCode.NOT_ENOUGH_KEYS, pool=pool)


def replanned() -> Reason:
    return _reason(ReasonCode.REPLANNED)


def canceled() -> Reason:
    return _reason(ReasonCode.CANCELED)


def shipping_corrected() -> Reason:
    return _reason(ReasonCode.SHIPPING_CORRECTED)


def delivered_otherwise() -> Reason:
    return _reason(ReasonCode.DELIVERED_OTHERWISE)


def stock_taken_back() -> Reason:
    return _reason(ReasonCode.STOCK_TAKEN_BACK)


def already_paid() -> Reason:
    return _reason(ReasonCode.ALREADY_PAID)


def payment_not_awaited() -> Reason:
    return _reason(ReasonCode.PAYMENT_NOT_AWAITED)


def mail_outdated() -> Reason:
    return _reason(ReasonCode.MAIL_OUTDATED)


def in_the_receipt() -> Reason:
    return _reason(ReasonCode.IN_THE_RECEIPT)


def answer_behind_event() -> Reason:
    return _reason(ReasonCode.ANSWER_BEHIND_EVENT)


def no_address() -> Reason:
    return _reason(ReasonCode.NO_ADDRESS)


def no_mail() -> Reason:
    return _reason(ReasonCode.NO_MAIL)


def no_line() -> Reason:
    return _reason(ReasonCode.NO_LINE)


def no_plain_method() -> Reason:
    return _reason(ReasonCode.NO_PLAIN_METHOD)


def no_answer(kind: str, seconds: int | str) -> Reason:
    """`kind` is that of the delivery, and `seconds` its deadline."""
    return _reason(ReasonCode.NO_ANSWER, kind=kind, seconds=str(seconds))


def no_worker(kind: str) -> Reason:
    """`kind` is that of the effect."""
    return _reason(ReasonCode.NO_WORKER, kind=kind)


def orphaned_too_often(times: int | str) -> Reason:
    """`times` is the number of orphans in a row."""
    return _reason(ReasonCode.ORPHANED_TOO_OFTEN, times=str(times))


def stripe_key_refused(answer: str) -> Reason:
    """`answer` has the status, the code and the request ID of Stripe's answer, if they are known."""
    return _reason(ReasonCode.STRIPE_KEY_REFUSED, answer=answer[:TEXT_MAX])


def http_status(host: str, status: int | str) -> Reason:
    """`host` is the callback's, and `status` that of its answer."""
    return _reason(ReasonCode.HTTP_STATUS, host=host, status=str(status))


def smtp_reply(about: SmtpAbout | str, reply: int | str, enhanced: str) -> Reason:
    """`reply` is the code of the mail server's reply, and `enhanced` its enhanced status code (RFC 3463), empty without
    one. Its words are not kept: they may quote the customer's address."""
    return _reason(ReasonCode.SMTP_REPLY, about=str(about), reply=str(reply), enhanced=enhanced)


def timed_out(peer: Peer | str, host: str) -> Reason:
    return _reason(ReasonCode.TIMED_OUT, peer=str(peer), host=host)


def host_not_found(peer: Peer | str, host: str) -> Reason:
    return _reason(ReasonCode.HOST_NOT_FOUND, peer=str(peer), host=host)


def connection_refused(peer: Peer | str, host: str) -> Reason:
    return _reason(ReasonCode.CONNECTION_REFUSED, peer=str(peer), host=host)


def tls_failed(peer: Peer | str, host: str, certificate: str) -> Reason:
    """`certificate` is the TLS library's objection to the certificate; empty for any other failure."""
    return _reason(ReasonCode.TLS_FAILED, peer=str(peer), host=host, certificate=certificate[:TEXT_MAX])


def connection_failed(peer: Peer | str, host: str, error: str) -> Reason:
    """`error` is what the operating system says of it, or the type of the error."""
    return _reason(ReasonCode.CONNECTION_FAILED, peer=str(peer), host=host, error=error[:TEXT_MAX])


def stripe_refused(answer: str) -> Reason:
    """`answer` as that of `stripe_key_refused`."""
    return _reason(ReasonCode.STRIPE_REFUSED, answer=answer[:TEXT_MAX])


def stripe_busy(answer: str) -> Reason:
    """`answer` as that of `stripe_key_refused`."""
    return _reason(ReasonCode.STRIPE_BUSY, answer=answer[:TEXT_MAX])


def stripe_failed(answer: str) -> Reason:
    """`answer` as that of `stripe_key_refused`."""
    return _reason(ReasonCode.STRIPE_FAILED, answer=answer[:TEXT_MAX])


def stripe_not_reached() -> Reason:
    return _reason(ReasonCode.STRIPE_NOT_REACHED)


def stripe_unintelligible(problem: str) -> Reason:
    """`problem` is what the decoder objects to in Stripe's answer, or the type of its error."""
    return _reason(ReasonCode.STRIPE_UNINTELLIGIBLE, problem=problem[:TEXT_MAX])


def invalid_url(problem: UrlProblem) -> Reason:
    return _reason(ReasonCode.INVALID_URL, problem=problem)


def private_address(host: str, address: str) -> Reason:
    """`host` is the callback's, and `address` the one that it resolves to."""
    return _reason(ReasonCode.PRIVATE_ADDRESS, host=host, address=address[:60])


def resolver_busy() -> Reason:
    return _reason(ReasonCode.RESOLVER_BUSY)


def lookup_timed_out(host: str) -> Reason:
    """`host` is the callback's."""
    return _reason(ReasonCode.LOOKUP_TIMED_OUT, host=host)


def invalid_address() -> Reason:
    """The customer's email address."""
    return _reason(ReasonCode.INVALID_ADDRESS)


def no_encryption() -> Reason:
    return _reason(ReasonCode.NO_ENCRYPTION)


def no_login() -> Reason:
    return _reason(ReasonCode.NO_LOGIN)


def only_ascii_addresses(about: SmtpAbout | str) -> Reason:
    """`about` is the address with other letters: the `recipient` or the `sender`."""
    return _reason(ReasonCode.ONLY_ASCII_ADDRESSES, about=str(about))


def outbox_failed(directory: str, error: str) -> Reason:
    """`error` is what the operating system says of it, or the type of the error."""
    return _reason(ReasonCode.OUTBOX_FAILED, directory=directory[:TEXT_MAX], error=error[:TEXT_MAX])


def ready_to_pack(quantity: int | str, title: str) -> Reason:
    """`title` is the line's."""
    return _reason(ReasonCode.READY_TO_PACK, quantity=str(quantity), title=title)


def payment_overdue(days: int | str) -> Reason:
    """`days` after Stripe first showed it unpaid."""
    return _reason(ReasonCode.PAYMENT_OVERDUE, days=str(days))


def awaits_capture(payment: str) -> Reason:
    """`payment` is authorized. The authorization expires, usually after 7 days
    (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method)."""
    return _reason(ReasonCode.AWAITS_CAPTURE, payment=payment)


def waits_behind() -> Reason:
    """An event that is parked behind an earlier one of the same subject."""
    return _reason(ReasonCode.WAITS_BEHIND)


def waits_for_worker(kind: str) -> Reason:
    """`kind` is that of the effect."""
    return _reason(ReasonCode.WAITS_FOR_WORKER, kind=kind)


def low_stock(available: int | str, low: int | str) -> Reason:
    """`available` pieces of a SKU are left; the catalog asks for a warning at `low`."""
    return _reason(ReasonCode.LOW_STOCK, available=str(available), low=str(low))


def low_keys(free: int | str, low: int | str) -> Reason:
    """`free` keys of a pool are left; the catalog asks for a warning at `low`."""
    return _reason(ReasonCode.LOW_KEYS, free=str(free), low=str(low))


def events_left_out(events: int | str, position: int | str, text: str) -> Reason:
    """A view lacks `events` events. `text` is the reason for which the first of them, at `position` in the log, was
    left out."""
    return _reason(ReasonCode.EVENTS_LEFT_OUT, events=str(events), position=str(position), text=text)


def event_not_readable(
    stream: StreamId, version: int | str, topic: str, problem: EventProblem, detail: int | str = ""
) -> Reason:
    """The event number `version` of `stream`. `EventProblem` has what `detail` is."""
    event = {"stream": stream, "version": str(version), "topic": topic[:TEXT_MAX]}
    return _reason(ReasonCode.EVENT_NOT_READABLE, **event, problem=problem, detail=str(detail)[:TEXT_MAX])


def invalid_identifier(expected: IdentifierKind) -> Reason:
    return _reason(ReasonCode.INVALID_IDENTIFIER, expected=expected)


def command_refused(refusal: str, **parameters: str) -> Reason:
    """`refusal` is the code of the `Refusal`, and `parameters` are its parameters."""
    cut = {name: text[:TEXT_MAX] for name, text in parameters.items()}
    return _reason(ReasonCode.COMMAND_REFUSED, refusal=refusal, **cut)


def port_failed(text: str) -> Reason:
    """`text` is the message of a port, or of code outside that it called."""
    return _reason(ReasonCode.PORT_FAILED, text=text[:TEXT_MAX])


def unexpected_error(error: str, file: str, line: str) -> Reason:
    """`error` is its type; `file` and `line` are where it was raised, or empty if that is not known."""
    return _reason(ReasonCode.UNEXPECTED_ERROR, error=error, file=file, line=line)


def unreadable_event(text: str) -> Reason:
    """What earlier versions stored of an event that can't be read; `text` names it."""
    return _reason(ReasonCode.UNREADABLE_EVENT, text=text)


def refused(text: str) -> Reason:
    """What earlier versions stored of an invalid identifier and of a refused command."""
    return _reason(ReasonCode.REFUSED, text=text)


def as_written(text: str) -> Reason:
    return _reason(ReasonCode.AS_WRITTEN, text=text)


def restored(code: str, parameters: Mapping[str, str]) -> Reason:
    """Return a reason that was stored outside of events, maybe by a later version: its code is shown as it is."""
    try:
        return Reason(code=ReasonCode(code), parameters=parameters)
    except ValueError:
        return as_written(code)


def _reason(code: ReasonCode, **parameters: str) -> Reason:
    return Reason(code=code, parameters=parameters)
