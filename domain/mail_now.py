"""Composes a mail from the current states, by the same rules when it is requested and before it is sent."""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from domain.line import Line, LineState, Parcel
from domain.mail import Mail, MailKind, MailLine
from domain.order_number import OrderNumber, order_number
from domain.personal import Personal
from domain.step import MailStep


def mail_now(
    step: MailStep, about: Iterable[MailLine], session: CheckoutSession, fulfillment: Fulfillment
) -> Mail | None:
    """Return the mail of this step about these lines, with every statement as it is now; None if there is nothing to
    say.

    `about` names the lines. In a mail about the payment they keep their titles: the catalog may have changed since, and
    both titles are true.
    """
    kind, checkout, about = step.kind, session.checkout, tuple(about)
    parcel = next((parcel for parcel in fulfillment.parcels if parcel.number == step.parcel), None)
    about = tuple(line for line in about if parcel is None or line.id in parcel.lines)
    lines = _lines_now(kind, about, session, fulfillment)
    if checkout is None or lines is None or (kind is MailKind.SHIPPED and parcel is None):
        return None
    request = session.resends[step.resend - 1] if step.resend else None
    to = request.to if request and request.to else session.mail_address
    is_canceled = kind is MailKind.CANCELED and fulfillment.requested is None and not session.is_payment_over
    is_unpaid = kind is MailKind.PAYMENT_PENDING or is_canceled
    return replace(
        _mail(order_number(session.id), checkout, to, kind, lines, parcel),
        payment_wait=checkout.payment_wait if is_unpaid else None,
        is_correction=step.is_correction,
        is_order_canceled=_reports_cancellation(kind, fulfillment),
    )


def mail_line(line: Line) -> MailLine:
    """Return the statement of a mail about a line in its current state."""
    item = line.plan.item
    return MailLine(
        id=item.id,
        title=line.plan.title,
        quantity=item.quantity,
        amount_total=item.amount_total,
        delivery=line.plan.delivery,
        state=line.state,
        keys=line.customers_keys,
        link=line.customers_link,
        is_short_of_keys=line.is_short_of_keys,
        has_lost_its_keys=line.has_lost_its_keys,
    )


def _lines_now(
    kind: MailKind, about: tuple[MailLine, ...], session: CheckoutSession, fulfillment: Fulfillment
) -> tuple[MailLine, ...] | None:
    """Return the lines of the mail, each in its current state; None if there is no such mail to send."""
    lines = [fulfillment.lines[line.id] for line in about if line.id in fulfillment.lines]
    match kind:
        case MailKind.PAYMENT_PENDING:
            is_due = session.is_awaiting_payment and not (session.checkout and session.checkout.is_authorized)
            is_due = is_due and not session.is_canceled
            return _as_bought(about, session.checkout) if is_due else None
        case MailKind.PAYMENT_FAILED:
            is_over = session.is_payment_over and not session.is_canceled
            return _as_bought(about, session.checkout) if is_over else None
        case MailKind.CANCELED if fulfillment.requested is None:
            is_canceled = session.is_canceled and not session.is_paid
            return _as_bought(about, session.checkout) if is_canceled else None
        case MailKind.CANCELED:
            lines = [line for line in lines if line.state is LineState.CANCELED]
        case MailKind.RECEIPT:
            is_undecided = any(line.is_undecided for line in lines)
            lines = lines if fulfillment.is_settled and not is_undecided else []
        case MailKind.BACKORDERED:
            lines = [line for line in lines if line.state is LineState.BACKORDERED]
        case MailKind.DELIVERED:
            lines = [line for line in lines if line.customers_keys or line.customers_link]
        case MailKind.KEYS_REPLACED:
            lines = [line for line in lines if line.customers_keys]
        case MailKind.SHIPPED:
            pass  # the parcel has left, whatever happened to its lines since
        case _:
            assert_never(kind)
    return tuple(map(mail_line, lines)) or None


def _reports_cancellation(kind: MailKind, fulfillment: Fulfillment) -> bool:
    """True if the mail reports that the whole order is canceled. A receipt does where it is the first mail, so that it
    does not thank for an order of which nothing comes."""
    match kind:
        case MailKind.CANCELED:
            return _is_nothing_left(fulfillment)
        case MailKind.RECEIPT:
            return bool(fulfillment.lines) and _is_nothing_left(fulfillment)
        case _:
            return False


def _is_nothing_left(fulfillment: Fulfillment) -> bool:
    """True if every line is canceled, or the order was canceled before it was planned."""
    return all(line.state is LineState.CANCELED for line in fulfillment.lines.values())


def _as_bought(about: tuple[MailLine, ...], checkout: Checkout | None) -> tuple[MailLine, ...]:
    items = {item.id: item for item in checkout.line_items if item.quantity > 0} if checkout else {}
    bought = [(line, items[line.id]) for line in about if line.id in items]
    return tuple(replace(line, quantity=item.quantity, amount_total=item.amount_total) for line, item in bought)


def _mail(
    number: OrderNumber,
    checkout: Checkout,
    to: Personal | None,
    kind: MailKind,
    lines: tuple[MailLine, ...],
    parcel: Parcel | None,
) -> Mail:
    shipping = (parcel.ships_to or checkout.shipping) if parcel else None
    return Mail(
        kind=kind,
        to=to,
        name=checkout.contact.name,
        locale=checkout.locale,
        currency=checkout.currency,
        amount_subtotal=checkout.amount_subtotal,
        amount_discount=checkout.amount_discount,
        amount_shipping=checkout.amount_shipping,
        amount_tax=checkout.amount_tax,
        amount_total=checkout.amount_total,
        lines=lines,
        ordered_at=checkout.created,
        order_number=number,
        reference=checkout.client_reference_id,
        ship_to=shipping.address if shipping else None,
        carrier=parcel.carrier if parcel else None,
        tracking=parcel.tracking if parcel else None,
        presentment=checkout.presentment,
        is_payment_required=checkout.is_payment_required,
    )
