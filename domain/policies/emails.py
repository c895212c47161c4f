"""Whenever the customer should know something, a mail is asked for, once per session, kind and occasion."""

from collections.abc import Iterable

from domain.catalog import Catalog
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.effect import MAIL, Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import effect_id, fulfillment_id
from domain.line import Line, LineState, Parcel
from domain.mail import Mail, MailKind, MailLine
from domain.policies.policy import Streams

NO_ADDRESS = "Stripe has no e-mail address of this customer"


def mail_step(kind: MailKind, occasion: str | int | None = None) -> str:
    """The step of a mail's effect, from which its message ID follows."""
    return f"mail_{kind}" if occasion is None else f"mail_{kind}_{occasion}"


class EmailPolicy:
    name = "emails"
    reads = frozenset(
        {
            CheckoutSession.AsyncPaymentFailed,
            CheckoutSession.Retrieved,
            CheckoutSession.RetryRequested,
            Fulfillment.LineItemBlocked,
            Fulfillment.LineItemDelivered,
            Fulfillment.LineItemReserved,
            Fulfillment.Replanned,
            Fulfillment.Requested,
            Fulfillment.Shipped,
        }
    )

    def __init__(self, kinds: frozenset[MailKind], catalog: Catalog) -> None:
        """`kinds` are those that the merchant wants sent."""
        self._kinds = kinds
        self._catalog = catalog

    def decide(self, event: Event, do: Streams) -> None:
        match event:
            case CheckoutSession.Retrieved() | CheckoutSession.AsyncPaymentFailed():
                self._tell_of_payment(event.originator_id, do)
            case (
                Fulfillment.Requested()
                | Fulfillment.Replanned()
                | Fulfillment.LineItemReserved()
                | Fulfillment.LineItemBlocked()
                | Fulfillment.LineItemDelivered()
            ):
                self._tell_of_lines(event.session, do)
            case Fulfillment.Shipped():
                self._tell_of_parcel(event, do)
            case CheckoutSession.RetryRequested():
                self._retry(event.originator_id, do)
            case _:
                pass

    def _tell_of_payment(self, session_id: str, do: Streams) -> None:
        session = do.load(CheckoutSession, session_id)
        if session.checkout is None or not session.checkout.is_complete or session.is_paid:
            return  # what Stripe said while it was open lacks the address, and may lack lines
        lines = [_line(Line(plan=plan)) for plan in self._catalog.plan(session.checkout)]
        if session.failed and not session.succeeded:
            self._request(session, MailKind.PAYMENT_FAILED, lines, do)
        elif session.is_awaiting_payment:
            self._request(session, MailKind.PAYMENT_PENDING, lines, do)

    def _tell_of_lines(self, session_id: str, do: Streams) -> None:
        """Once everything that the engine does by itself is done: the receipt, and who has to wait for what."""
        fulfillment = do.load(Fulfillment, fulfillment_id(session_id))
        if not fulfillment.is_settled or not fulfillment.lines:
            return
        session, lines = do.load(CheckoutSession, session_id), list(fulfillment.lines.values())
        self._request(session, MailKind.RECEIPT, map(_line, lines), do)
        backordered = [
            line for line in lines if line.state is LineState.BACKORDERED and not _has_own_mail(session_id, line, do)
        ]
        if backordered:
            first = self._request(session, MailKind.BACKORDERED, map(_line, backordered), do)
            for line in backordered:
                if not _is_told(first, line):
                    self._request(session, MailKind.BACKORDERED, [_line(line)], do, occasion=line.plan.id)
        receipt = do.load(Effect, effect_id(session_id, mail_step(MailKind.RECEIPT)))
        for line in lines:
            if (line.keys or line.link) and not _is_told(receipt, line):
                self._request(session, MailKind.DELIVERED, [_line(line)], do, occasion=line.plan.id)

    def _tell_of_parcel(self, event: Fulfillment.Shipped, do: Streams) -> None:
        fulfillment = do.load(Fulfillment, event.originator_id)
        parcel = fulfillment.parcels[event.number - 1]
        lines = [_line(fulfillment.lines[id]) for id in event.lines]
        session = do.load(CheckoutSession, event.session)
        self._request(session, MailKind.SHIPPED, lines, do, occasion=event.number, parcel=parcel)

    def _request(
        self,
        session: CheckoutSession,
        kind: MailKind,
        lines: Iterable[MailLine],
        do: Streams,
        *,
        occasion: str | int | None = None,
        parcel: Parcel | None = None,
    ) -> Effect:
        step = mail_step(kind, occasion)
        id = effect_id(session.id, step)
        effect = do.load(Effect, id)
        is_asked_for = effect.requested is not None and effect.withdrawn is None
        if kind not in self._kinds or is_asked_for or session.checkout is None:
            return effect
        mail = _mail(session.checkout, kind, tuple(lines), parcel)
        effect = do.command(Effect, id, Effect.request, MAIL, step, mail=mail)
        return effect if mail.to else do.command(Effect, id, Effect.give_up, NO_ADDRESS)

    def _retry(self, session_id: str, do: Streams) -> None:
        fulfillment = do.load(Fulfillment, fulfillment_id(session_id))
        steps = [mail_step(kind) for kind in MailKind]
        steps += [mail_step(MailKind.SHIPPED, parcel.number) for parcel in fulfillment.parcels]
        for kind in (MailKind.BACKORDERED, MailKind.DELIVERED):
            steps += [mail_step(kind, line) for line in fulfillment.lines]
        checkout = do.load(CheckoutSession, session_id).checkout
        for step in steps:
            id = effect_id(session_id, step)
            if do.load(Effect, id).given_up != NO_ADDRESS:
                do.command(Effect, id, Effect.request_retry)
            elif checkout and checkout.contact.email:
                do.command(Effect, id, Effect.readdress, checkout.contact.email, checkout.contact.name)


def why_unwanted(mail: Mail, session: CheckoutSession, fulfillment: Fulfillment) -> str | None:
    """Why a mail should not go out any more, looked at right before it is sent; nothing if it should."""
    if mail.kind is MailKind.PAYMENT_PENDING and not session.is_awaiting_payment:
        return "The payment is no longer pending"
    if mail.kind is MailKind.PAYMENT_FAILED and (session.is_paid or session.succeeded):
        return "It has been paid meanwhile"
    if mail.kind is MailKind.BACKORDERED:
        states = [fulfillment.lines[line.id].state for line in mail.lines if line.id in fulfillment.lines]
        if LineState.BACKORDERED not in states:
            return "Nothing of it is backordered any more"
    return None


def _has_own_mail(session_id: str, line: Line, do: Streams) -> bool:
    """Whether a mail about this line alone says that it is backordered: one about several may be asked for anew."""
    own = do.load(Effect, effect_id(session_id, mail_step(MailKind.BACKORDERED, line.plan.id)))
    return own.withdrawn is None and _is_told(own, line)


def _is_told(effect: Effect, line: Line) -> bool:
    """Whether a mail tells of this line in the state it is in."""
    mail = effect.requested.mail if effect.requested else None
    return mail is not None and any(told.id == line.plan.id and told.state == line.state for told in mail.lines)


def _line(line: Line) -> MailLine:
    item = line.plan.item
    return MailLine(
        id=item.id,
        title=line.plan.title,
        quantity=item.quantity,
        amount_total=item.amount_total,
        delivery=line.plan.delivery,
        state=line.state,
        keys=line.keys,
        link=line.link,
    )


def _mail(checkout: Checkout, kind: MailKind, lines: tuple[MailLine, ...], parcel: Parcel | None) -> Mail:
    return Mail(
        kind=kind,
        to=checkout.contact.email,
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
        reference=checkout.client_reference_id,
        ship_to=checkout.shipping.address if parcel and checkout.shipping else None,
        carrier=parcel.carrier if parcel else None,
        tracking=parcel.tracking if parcel else None,
    )
