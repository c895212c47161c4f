"""Whenever the customer should know something, request a mail, once per session, kind and occasion."""

from collections.abc import Iterable, Mapping, Sequence

from domain.catalog import Catalog
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.fulfillment_events import FulfillmentFact
from domain.identifiers import SessionId, fulfillment_id
from domain.line import Line, LineState
from domain.mail import MailKind, MailLine
from domain.mail_now import mail_line, mail_now
from domain.mail_requests import receipt_of, request_mail, statements
from domain.policy import Begin
from domain.retries import can_be_mailed, parcel_mails, retried_mails
from domain.step import MailStep, effect_id, mails_with_keys
from domain.streams import Streams

_FURTHER: Mapping[type[Event], Begin] = {
    CheckoutSession.Canceled: Begin.AT_THE_BEGINNING,
    Fulfillment.KeysReplaced: Begin.AT_THE_BEGINNING,
    Fulfillment.LineItemsCanceled: Begin.AT_THE_BEGINNING,
    Fulfillment.ParcelCorrected: Begin.AT_THE_BEGINNING,
}


class EmailPolicy:
    name = "emails"
    begins = Begin.AT_THE_BEGINNING
    reads = frozenset(
        {
            CheckoutSession.AsyncPaymentFailed,
            CheckoutSession.Readdressed,
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
    further = _FURTHER

    def __init__(self, kinds: frozenset[MailKind], catalog: Catalog) -> None:
        """`kinds` are those that the merchant wants sent."""
        self._kinds = kinds
        self._catalog = catalog

    def likely(self, event: Event) -> Iterable[str]:
        if event.session_id is not None:
            yield event.session_id
            yield fulfillment_id(event.session_id)
            if isinstance(event, FulfillmentFact):
                yield effect_id(event.session_id, MailStep(MailKind.RECEIPT))

    def decide(self, event: Event, do: Streams) -> None:
        match event:
            case CheckoutSession.Retrieved() | CheckoutSession.AsyncPaymentFailed():
                self._mail_payment(event.session, do)
            case (
                Fulfillment.Requested()
                | Fulfillment.Replanned()
                | Fulfillment.LineItemReserved()
                | Fulfillment.LineItemBlocked()
                | Fulfillment.LineItemDelivered()
            ):
                self._mail_lines(event.session, do)
            case Fulfillment.Shipped():
                self._mail_parcel(event, do)
            case Fulfillment.ParcelCorrected():
                self._mail_corrected_parcel(event, do)
            case Fulfillment.LineItemsCanceled():
                self._mail_lines(event.session, do)
                self._mail_canceled_lines(event, do)
            case Fulfillment.KeysReplaced():
                self._mail_new_keys(event, do)
            case CheckoutSession.Canceled():
                self._mail_canceled_checkout(event, do)
            case CheckoutSession.RetryRequested() | CheckoutSession.Readdressed():
                self._retry(event.session, do)
            case _:
                pass

    def _mail_payment(self, session_id: SessionId, do: Streams) -> None:
        session = do.load(CheckoutSession, session_id)
        if session.checkout is None or not session.checkout.is_complete or session.is_paid:
            return  # the answer for an open session has no address yet, and perhaps not all lines
        lines = [mail_line(Line(plan=plan)) for plan in self._catalog.plan(session.checkout)]
        for kind in (MailKind.PAYMENT_FAILED, MailKind.PAYMENT_PENDING):
            self._request(session, kind, lines, do)

    def _mail_lines(self, session_id: SessionId, do: Streams) -> None:
        """Request the receipt when the engine has done all that it does by itself, and mails about what became true
        after it."""
        fulfillment = do.load(Fulfillment, fulfillment_id(session_id))
        if not fulfillment.is_settled or not fulfillment.lines:
            return
        session, lines = do.load(CheckoutSession, session_id), list(fulfillment.lines.values())
        self._request(session, MailKind.RECEIPT, map(mail_line, lines), do)
        receipt = statements(receipt_of(session_id, do))
        unsaid = [line for line in lines if _statement(line) not in receipt]
        self._mail_backorders(session, [line for line in unsaid if line.state is LineState.BACKORDERED], do)
        for line in unsaid:
            if line.keys or line.link:
                self._request(session, MailKind.DELIVERED, [mail_line(line)], do, occasion=line.plan.id)

    def _mail_backorders(self, session: CheckoutSession, lines: Sequence[Line], do: Streams) -> None:
        """Request one mail about all of these lines. A line that is not in it gets its own mail."""
        first = do.load(Effect, effect_id(session.id, MailStep(MailKind.BACKORDERED)))
        mailed, was_asked_for = statements(first), first.requested is not None
        missing = [line for line in lines if _statement(line) not in mailed]
        if was_asked_for:
            missing = [line for line in missing if not _has_own_mail(session.id, line, do)]
        if not missing:
            return
        first = self._request(session, MailKind.BACKORDERED, map(mail_line, missing), do)
        mailed = statements(first)
        for line in missing:
            if _statement(line) not in mailed:
                self._request(session, MailKind.BACKORDERED, [mail_line(line)], do, occasion=line.plan.id)

    def _mail_parcel(self, event: Fulfillment.Shipped, do: Streams) -> None:
        fulfillment = do.load(Fulfillment, event.originator_id)
        lines = [mail_line(fulfillment.lines[id]) for id in event.lines]
        session, step = do.load(CheckoutSession, event.session), MailStep.of_parcel(event.number)
        self._request(session, step.kind, lines, do, occasion=step.occasion)

    def _mail_corrected_parcel(self, event: Fulfillment.ParcelCorrected, do: Streams) -> None:
        """Request a mail about it, unless an earlier one is still queued: that one will have the correction."""
        fulfillment = do.load(Fulfillment, event.originator_id)
        parcel = next((parcel for parcel in fulfillment.parcels if parcel.number == event.number), None)
        if parcel is None or not event.notifies:
            return
        earlier = (do.load(Effect, effect_id(event.session, step)) for step in parcel_mails(parcel))
        if not any(mail.is_open and not mail.is_under_way for mail in earlier):
            session, step = do.load(CheckoutSession, event.session), MailStep.of_parcel(event.number, event.correction)
            lines = [mail_line(fulfillment.lines[id]) for id in parcel.lines]
            self._request(session, step.kind, lines, do, occasion=step.occasion)

    def _mail_canceled_lines(self, event: Fulfillment.LineItemsCanceled, do: Streams) -> None:
        """Request a mail about these lines, unless the receipt is not sent yet: it will show their state."""
        receipt = receipt_of(event.session, do)
        lines = [do.load(Fulfillment, event.originator_id).lines[id] for id in event.lines]
        if event.notifies and not (receipt.is_open and not receipt.is_under_way):
            session, about = do.load(CheckoutSession, event.session), map(mail_line, lines)
            self._request(session, MailKind.CANCELED, about, do, occasion=str(event.number))

    def _mail_new_keys(self, event: Fulfillment.KeysReplaced, do: Streams) -> None:
        """Request a mail with the line's keys, unless one that is still to be written will have them."""
        line = do.load(Fulfillment, event.originator_id).lines[event.line_item]
        for step in mails_with_keys(line.plan.id, event.number - 1):
            mail = do.load(Effect, effect_id(event.session, step))
            if mail.is_open and not mail.is_under_way and _is_about(mail, line):
                return
        session, occasion = do.load(CheckoutSession, event.session), str(event.number)
        self._request(session, MailKind.KEYS_REPLACED, [mail_line(line)], do, occasion=occasion)

    def _mail_canceled_checkout(self, event: CheckoutSession.Canceled, do: Streams) -> None:
        session = do.load(CheckoutSession, event.session)
        if event.notifies and session.checkout is not None:
            plan = self._catalog.plan(session.checkout)
            lines = [mail_line(Line(plan=line, state=LineState.CANCELED)) for line in plan]
            self._request(session, MailKind.CANCELED, lines, do)

    def _request(
        self,
        session: CheckoutSession,
        kind: MailKind,
        about: Iterable[MailLine],
        do: Streams,
        *,
        occasion: str | None = None,
    ) -> Effect:
        step = MailStep(kind, occasion)
        effect = do.load(Effect, effect_id(session.id, step))
        is_asked_for = effect.requested is not None and effect.withdrawn is None
        if kind not in self._kinds or is_asked_for:
            return effect
        mail = mail_now(step, about, session, do.load(Fulfillment, fulfillment_id(session.id)))
        return request_mail(effect.id, step, mail, do) if mail else effect

    def _retry(self, session_id: SessionId, do: Streams) -> None:
        fulfillment = do.load(Fulfillment, fulfillment_id(session_id))
        session = do.load(CheckoutSession, session_id)
        for step in retried_mails(session, fulfillment):
            effect = do.load(Effect, effect_id(session_id, step))
            if can_be_mailed(effect, session.mail_address):
                do.command(Effect, effect.id, Effect.request_retry)


def _is_about(effect: Effect, line: Line) -> bool:
    mail = effect.requested.mail if effect.requested else None
    return mail is not None and any(each.id == line.plan.id for each in mail.lines)


def _has_own_mail(session_id: SessionId, line: Line, do: Streams) -> bool:
    """True if a mail about this line alone reports it as backordered. A mail about several lines may be requested
    again."""
    own = do.load(Effect, effect_id(session_id, MailStep(MailKind.BACKORDERED, line.plan.id)))
    return _statement(line) in statements(own)


def _statement(line: Line) -> tuple[str, str]:
    """Return the statement of a mail about this line: its ID and its state."""
    return line.plan.id, line.state
