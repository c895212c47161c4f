"""What staff decide about the lines, parcels and mails of a checkout."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from domain import reasons, refusals
from domain.checkout import Contact
from domain.checkout_session import CheckoutSession
from domain.deliveries.by_kind import delivery_of
from domain.effect import MAIL, Effect
from domain.errors import Refused
from domain.fulfillment import Fulfillment
from domain.handing_over import update_from_stock
from domain.identifiers import LineItemId, SessionId, fulfillment_id, stock_id
from domain.line import LineState
from domain.mail import Mail, MailKind
from domain.mail_now import mail_now
from domain.personal import Personal
from domain.plan import PlannedLine
from domain.retries import first_mails, resent_mails, undone_mails
from domain.step import MailStep, effect_id
from domain.stock_item import LineRef, StockItem
from domain.streams import Streams


def ship(
    session_id: SessionId, line_items: Sequence[LineItemId], do: Streams, *, carrier: str, tracking: str | None
) -> None:
    """Record that a parcel left with these lines, or with every line that is ready to pack.

    Raises:
        Refused: as `Fulfillment.ship`, or a count took back what was promised to a line.
    """
    id = fulfillment_id(session_id)
    before = do.load(Fulfillment, id)
    after = do.command(Fulfillment, id, Fulfillment.ship, line_items, carrier=carrier, tracking=tracking)
    _dispatch_delivered(session_id, before, after, do)


def correct_parcel(
    session_id: SessionId, number: int | None, do: Streams, *, carrier: str | None, tracking: str | None, notifies: bool
) -> None:
    """A parcel has left with this carrier and tracking number.

    Raises:
        Refused: as `Fulfillment.correct_parcel`, or the customer can't be notified.
    """
    if notifies:
        _check_can_be_notified(do.load(CheckoutSession, session_id))
    correct = Fulfillment.correct_parcel
    do.command(
        Fulfillment, fulfillment_id(session_id), correct, number, carrier=carrier, tracking=tracking, notifies=notifies
    )


def unship(
    session_id: SessionId, number: int | None, line_items: Sequence[LineItemId], do: Streams, *, is_restocked: bool
) -> None:
    """These lines of a parcel, or all of them, are to be packed again: with the pieces that came back, or with others,
    for which they wait if there are none.

    Raises:
        Refused: as `Fulfillment.unship`.
    """
    id = fulfillment_id(session_id)
    before = do.load(Fulfillment, id)
    after = do.command(Fulfillment, id, Fulfillment.unship, number, line_items, is_restocked=is_restocked)
    for line in after.lines.values():
        sku, quantity, ref = line.plan.stock_sku, line.plan.item.quantity, LineRef(session_id, line.plan.id)
        if sku is None or line == before.lines[line.plan.id]:
            continue
        want = StockItem.put_back if is_restocked else StockItem.reserve
        update_from_stock(session_id, line.plan.id, do.command(StockItem, stock_id(sku), want, ref, quantity), do)


def resend(session_id: SessionId, kind: MailKind, occasion: str | None, to: Personal | None, do: Streams) -> Mail:
    """Send this mail again, with the current facts, and return it. A further mail of its own, so it is sent once.

    Raises:
        Refused: no such mail was sent, or several, and none is named; it is out of date; it has no address; or it is
            about to be sent again to the same address.
    """
    fulfillment = do.load(Fulfillment, fulfillment_id(session_id))
    first = _sent_mail(session_id, kind, occasion, fulfillment, do)
    session = do.load(CheckoutSession, session_id)
    for step in resent_mails(session):
        is_same = replace(step, resend=None) == first and step.resend and session.resends[step.resend - 1].to == to
        if is_same and do.load(Effect, effect_id(session_id, step)).is_open:
            raise Refused(refusals.resent_already())
    session = do.command(CheckoutSession, session_id, CheckoutSession.request_resend, first, to)
    again = replace(first, resend=len(session.resends))
    sent = do.load(Effect, effect_id(session_id, first)).requested
    mail = mail_now(again, sent.mail.lines, session, fulfillment) if sent and sent.mail else None
    if mail is None:
        raise Refused(refusals.mail_out_of_date(kind))
    if mail.to is None:
        raise Refused(refusals.no_address_to_resend())
    do.command(Effect, effect_id(session_id, again), Effect.request, MAIL, again, mail=mail)
    return mail


def _sent_mail(
    session_id: SessionId, kind: MailKind, occasion: str | None, fulfillment: Fulfillment, do: Streams
) -> MailStep:
    """
    Raises:
        Refused: there is none, or there are several and none is named.
    """

    def effects(steps: Iterable[MailStep]) -> Mapping[MailStep, Effect]:
        named = (step for step in steps if step.kind is kind and occasion in {None, step.occasion})
        return {step: do.load(Effect, effect_id(session_id, step)) for step in named}

    possible = effects(first_mails(fulfillment))
    sent = [step for step, effect in possible.items() if effect.is_done]
    if not sent:
        if any(effect.can_be_retried for effect in possible.values()):
            raise Refused(refusals.mail_failed(kind))
        undone = [step for step, effect in effects(undone_mails(fulfillment)).items() if effect.is_done]
        if undone:
            raise Refused(refusals.mail_of_undone_parcel(kind, (step.occasion or "" for step in undone)))
        raise Refused(refusals.mail_not_sent(kind, occasion))
    if len(sent) > 1:
        raise Refused(refusals.several_mails(kind, (step.occasion or "" for step in sent)))
    return sent[0]


def complete(session_id: SessionId, line_items: Sequence[LineItemId], do: Streams) -> None:
    """Record that a person delivered these lines, or every line that only a person delivers. The engine delivers none
    of them any more.

    Raises:
        Refused: as `Fulfillment.complete`; a delivery of a line is under way; an import has just served a line; or a
            count took back what was promised to a line.
    """
    id = fulfillment_id(session_id)
    before = do.load(Fulfillment, id)
    keys: dict[LineItemId, tuple[Personal, ...]] = {}
    for line in before.lines.values():
        is_meant = line.plan.id in line_items or (not line_items and line.state is LineState.MANUAL)
        if is_meant and not line.state.is_finished:
            keys[line.plan.id] = delivery_of(line.plan.kind).take_over(session_id, line, reasons.taken_over(), do)
    after = do.command(Fulfillment, id, Fulfillment.complete, line_items, keys=keys)
    _dispatch_delivered(session_id, before, after, do)


def correct_shipping(session_id: SessionId, to: Contact, do: Streams) -> None:
    """What has not left yet goes to this shipping contact.

    Raises:
        Refused: as `Fulfillment.correct_shipping`; the customer has not finished the checkout, or that is not
            retrieved yet; or a delivery by a service outside is under way, which may have the old address.
    """
    session = do.load(CheckoutSession, session_id)
    if session.checkout is None or not session.checkout.is_complete:
        session.check_is_retrieved()
        raise Refused(refusals.address_left_to_customer())
    fulfillment = do.command(Fulfillment, fulfillment_id(session_id), Fulfillment.correct_shipping, to)
    for line in fulfillment.lines.values():
        if not line.state.is_finished:
            delivery_of(line.plan.kind).redirect(session_id, line, reasons.shipping_corrected(), do)


def replan(session_id: SessionId, plan: Sequence[PlannedLine], catalog: str, do: Streams) -> None:
    """Replan the blocked lines, and end the effects and needs of their old plans.

    Raises:
        Refused: as `Fulfillment.replan`; a delivery of a line is under way; or a line has keys that its new plan has no
            use for.
    """
    id = fulfillment_id(session_id)
    before = do.load(Fulfillment, id)
    after = do.command(Fulfillment, id, Fulfillment.replan, plan, catalog)
    for line in before.lines.values():
        old, new = line.plan, after.lines[line.plan.id].plan
        if new == old or (old.key_pool is not None and old.key_pool == new.key_pool):
            continue  # its place in the pool's queue stays
        if delivery_of(old.kind).take_over(session_id, line, reasons.replanned(), do):
            raise Refused(refusals.keys_wait_for_stock(line.plan.id))


def cancel(session_id: SessionId, line_items: Sequence[LineItemId], do: Streams, *, notifies: bool) -> None:
    """Cancel these lines, or everything that is not delivered yet. Their stock is free at once. A checkout that is not
    paid is canceled as a whole, and its held stock is free.

    Raises:
        Refused: as `Fulfillment.cancel` and `CheckoutSession.cancel`; a delivery of a line is under way; a line is
            named before the payment; or the customer can't be notified.
    """
    id = fulfillment_id(session_id)
    before = do.load(Fulfillment, id)
    if before.requested is None:
        _cancel_before_payment(session_id, line_items, do, notifies=notifies)
        return
    if notifies:
        _check_can_be_notified(do.load(CheckoutSession, session_id))
    lines = before.lines_to_cancel(line_items)
    for line in lines:
        delivery_of(line.plan.kind).cancel(session_id, line, reasons.canceled(), do)
    do.command(Fulfillment, id, Fulfillment.cancel, line_items, notifies=notifies)
    for line in lines:
        if line.plan.stock_sku is not None:
            do.command(StockItem, stock_id(line.plan.stock_sku), StockItem.release, LineRef(session_id, line.plan.id))


def _cancel_before_payment(
    session_id: SessionId, line_items: Sequence[LineItemId], do: Streams, *, notifies: bool
) -> None:
    session = do.command(CheckoutSession, session_id, CheckoutSession.cancel, notifies=notifies)
    if line_items:
        raise Refused(refusals.only_as_a_whole())
    if notifies:
        _check_can_be_notified(session)
    do.command(Fulfillment, fulfillment_id(session_id), Fulfillment.release_hold)


def _check_can_be_notified(session: CheckoutSession) -> None:
    """
    Raises:
        Refused: there is no address, or the customer has not finished, so that what was ordered is not known for sure.
    """
    if session.checkout is None or not session.checkout.is_complete:
        raise Refused(refusals.notified_too_early())
    if session.mail_address is None:
        raise Refused(refusals.no_address_to_notify())


def _dispatch_delivered(session_id: SessionId, before: Fulfillment, after: Fulfillment, do: Streams) -> None:
    """Dispatch the pieces of the lines that this decision delivered.

    Raises:
        Refused: a line counted on a promise that a count took back.
    """
    for line in before.lines.values():
        is_new = after.lines[line.plan.id].state.is_delivered and not line.state.is_delivered
        if line.plan.stock_sku is None or not is_new:
            continue
        ref, id = LineRef(session_id, line.plan.id), stock_id(line.plan.stock_sku)
        need = do.load(StockItem, id).needs.get(ref)
        if line.is_ready and not (need and need.is_promised):
            raise Refused(refusals.promise_taken_back(line.plan.id, line.plan.item.quantity, line.plan.stock_sku))
        do.command(StockItem, id, StockItem.dispatch, ref)
