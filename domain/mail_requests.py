"""Requests mails, and keeps true those that were requested: what the mail policy and the sending of a mail share."""

from dataclasses import replace

from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.effect import MAIL, Effect
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, StreamId, fulfillment_id
from domain.mail import Mail, MailKind
from domain.mail_now import mail_now
from domain.step import MailStep, Step, effect_id
from domain.streams import Streams

_SAID_BY_RECEIPTS = frozenset({MailKind.BACKORDERED, MailKind.DELIVERED, MailKind.CANCELED})
"""The kinds of mails whose statements a receipt includes: they report only what became true after it."""


def request_mail(id: StreamId, step: Step, mail: Mail, do: Streams) -> Effect:
    """Request a mail, as this effect. One without an address is given up at once, and is work for a person."""
    effect = do.command(Effect, id, Effect.request, MAIL, step, mail=mail)
    return effect if mail.to else do.command(Effect, id, Effect.give_up, reasons.no_address())


def look_again(effect: Effect, session_id: SessionId, do: Streams) -> None:
    """Check a mail right before it goes out: if it is no longer true, withdraw it and request it again with the current
    state. If the old text may have gone out, the new one is another edition.

    A mail keeps its address if Stripe has removed the customer's address since.
    """
    requested = effect.requested
    step = requested.parsed_step if requested else None
    if requested is None or requested.mail is None or not isinstance(step, MailStep):
        return
    mail = requested.mail
    fulfillment = do.load(Fulfillment, fulfillment_id(session_id))
    now = mail_now(step, mail.lines, do.load(CheckoutSession, session_id), fulfillment)
    if now is not None and now.to is None:
        now = replace(now, to=mail.to, name=mail.name)
    why = reasons.mail_outdated()
    if now is not None and mail.kind in _SAID_BY_RECEIPTS and step.resend is None:
        now = _beside_the_receipt(now, receipt_of(session_id, do))
        why = why if now else reasons.in_the_receipt()
    if now == mail:
        return
    do.command(Effect, effect.id, Effect.withdraw, why)
    if now is not None:
        request_mail(effect.id, step, now, do)


def receipt_of(session_id: SessionId, do: Streams) -> Effect:
    """Return the effect that sends the receipt, requested or not."""
    return do.load(Effect, effect_id(session_id, MailStep(MailKind.RECEIPT)))


def statements(effect: Effect) -> frozenset[tuple[str, str]]:
    """Return what a mail that was sent or will be states about lines: IDs with states; nothing without such a mail."""
    mail = effect.requested.mail if effect.requested and effect.withdrawn is None else None
    return frozenset((line.id, line.state) for line in mail.lines) if mail else frozenset()


def _beside_the_receipt(mail: Mail, receipt: Effect) -> Mail | None:
    """Return the mail without the statements of the receipt. A receipt that is not claimed yet will contain
    everything."""
    if receipt.is_open and not receipt.is_under_way:
        return None
    said = statements(receipt)
    lines = tuple(line for line in mail.lines if (line.id, line.state) not in said)
    return replace(mail, lines=lines) if lines else None
