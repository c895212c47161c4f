"""The effects of a checkout that a person's retry concerns."""

from collections.abc import Iterator
from dataclasses import replace

from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.fulfillment import Fulfillment
from domain.line import Parcel
from domain.mail import MailKind
from domain.personal import Personal
from domain.step import DeliverStep, MailStep, parse_step


def retried_mails(session: CheckoutSession, fulfillment: Fulfillment) -> Iterator[MailStep]:
    """Return the steps of all mails that a checkout with this fulfillment may have, those that staff sent again
    included."""
    yield from first_mails(fulfillment)
    yield from resent_mails(session)


def resent_mails(session: CheckoutSession) -> Iterator[MailStep]:
    """Return the steps of the mails that staff requested again."""
    for request in session.resends:
        step = parse_step(request.step)
        if isinstance(step, MailStep):
            yield replace(step, resend=request.number)


def first_mails(fulfillment: Fulfillment) -> Iterator[MailStep]:
    """Return the steps of all mails that a checkout with this fulfillment may have without a person's request."""
    yield from map(MailStep, MailKind)
    for parcel in fulfillment.parcels:
        yield from parcel_mails(parcel)
    for number in range(1, fulfillment.cancellations + 1):
        yield MailStep(MailKind.CANCELED, str(number))
    for number in range(1, fulfillment.replacements + 1):
        yield MailStep(MailKind.KEYS_REPLACED, str(number))
    for kind in (MailKind.BACKORDERED, MailKind.DELIVERED):
        for line in fulfillment.lines:
            yield MailStep(kind, line)


def undone_mails(fulfillment: Fulfillment) -> Iterator[MailStep]:
    """Return the steps of the mails about parcels that were undone."""
    for parcel in fulfillment.undone_parcels:
        yield from parcel_mails(parcel)


def parcel_mails(parcel: Parcel) -> Iterator[MailStep]:
    """The mail about a parcel, and those about corrections of its tracking number."""
    return (MailStep.of_parcel(parcel.number, correction) for correction in range(parcel.corrections + 1))


def retried_deliveries(fulfillment: Fulfillment) -> Iterator[DeliverStep]:
    """Return the steps of the deliveries of pending and given-up lines."""
    for line in fulfillment.lines.values():
        if line.state.is_retriable:
            yield DeliverStep.of(line)


def can_be_mailed(effect: Effect, address: Personal | None) -> bool:
    """True if the mail was requested, and has an address or can take that of the checkout."""
    mail = effect.requested.mail if effect.requested else None
    return mail is not None and bool(mail.to or address)
