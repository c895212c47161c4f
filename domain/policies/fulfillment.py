"""Whenever a session is paid, its lines are planned and handed over; until then, nothing is."""

from collections.abc import Iterable

from domain import reasons
from domain.catalog import Catalog
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.deliveries.by_kind import delivery_of
from domain.deliveries.license_key import deliver_assigned
from domain.deliveries.outside import follow_delivery
from domain.effect import Effect
from domain.effect_events import EffectFact
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.handing_over import has_its_stock
from domain.identifiers import SessionId, fulfillment_id
from domain.key_pool import KeyPool
from domain.policy import NOTHING_FURTHER, Begin
from domain.reason import Reason
from domain.reference import Alike, Reference, has_item_in_common, reference_id
from domain.streams import Streams


class FulfillmentPolicy:
    name = "fulfillment"
    begins = Begin.AT_THE_BEGINNING
    reads = frozenset(
        {
            CheckoutSession.AsyncPaymentFailed,
            CheckoutSession.Paid,
            CheckoutSession.Retrieved,
            CheckoutSession.RetryRequested,
            Effect.GivenUp,
            Effect.RetryRequested,
            Effect.Succeeded,
            Effect.Withdrawn,
            Fulfillment.LineItemBlocked,
            Fulfillment.LineItemDelivered,
            Fulfillment.LineItemReserved,
            Fulfillment.Replanned,
            Fulfillment.Requested,
            KeyPool.Assigned,
        }
    )
    further = NOTHING_FURTHER

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def likely(self, event: Event) -> Iterable[str]:
        if event.session_id is not None:
            yield event.session_id
            yield fulfillment_id(event.session_id)
        if isinstance(event, EffectFact):
            yield event.originator_id

    def decide(self, event: Event, do: Streams) -> None:
        match event:
            case CheckoutSession.Retrieved():
                self._hold_or_release(event.session, do)
            case CheckoutSession.AsyncPaymentFailed():
                _release_hold(event.session, do)
            case CheckoutSession.Paid():
                self._request(event, do)
            case Fulfillment.Replanned():
                _let_go_of_replaced(event, do)
                _hand_over(event, do)
            case Fulfillment.Requested() | Fulfillment.LineItemReserved():
                _hand_over(event, do)
            case Fulfillment.LineItemDelivered() | Fulfillment.LineItemBlocked():
                _let_go(event, do)
            case KeyPool.Assigned():
                deliver_assigned(event, do)
            case Effect.Succeeded() | Effect.GivenUp() | Effect.RetryRequested() | Effect.Withdrawn():
                follow_delivery(event, do)
            case CheckoutSession.RetryRequested():
                _retry(event.session, do)
            case _:
                pass

    def _hold_or_release(self, session_id: SessionId, do: Streams) -> None:
        session = do.load(CheckoutSession, session_id)
        if session.is_payment_over or session.is_canceled:
            _release_hold(session_id, do)
        elif session.is_awaiting_payment and session.checkout:
            plan = self._catalog.plan(session.checkout)
            do.command(Fulfillment, fulfillment_id(session_id), Fulfillment.hold, plan)

    def _request(self, paid: CheckoutSession.Paid, do: Streams) -> None:
        session = do.load(CheckoutSession, paid.session)
        checkout = session.checkout
        assert checkout is not None, "Paid is only ever recorded with what was retrieved"
        why = self._why_a_person_decides(session, checkout, paid, do)
        requested = Fulfillment.Requested(
            plan=self._catalog.plan_for_a_person(checkout, why) if why else self._catalog.plan(checkout),
            catalog=self._catalog.digest,
            currency=checkout.currency,
            amount_shipping=checkout.amount_shipping,
            amount_tax=checkout.amount_tax,
            paid_at=paid.occurred_at,
            amount_total=checkout.amount_total,
        )
        do.command(Fulfillment, fulfillment_id(paid.session), Fulfillment.request, requested)

    def _why_a_person_decides(
        self, session: CheckoutSession, checkout: Checkout, paid: CheckoutSession.Paid, do: Streams
    ) -> Reason | None:
        twin = self._paid_twice(checkout, paid, do)
        if session.is_canceled:
            return reasons.paid_after_cancellation()
        return reasons.paid_twice(twin) if twin else None

    def _paid_twice(self, checkout: Checkout, paid: CheckoutSession.Paid, do: Streams) -> SessionId | None:
        """The checkout for which the customer has paid just before, most likely for the same order."""
        same, within = self._catalog.repeats_same, self._catalog.repeats_within
        id = reference_id(checkout, is_of_customer=Alike.MAIL in same)
        if id is None or not within or not checkout.is_payment_required:
            return None
        at = paid.occurred_at
        reference = do.command(Reference, id, Reference.pay, paid.session, at)
        for other in reference.others(paid.session, at, within):
            if Alike.ITEM not in same:
                return other
            bought = do.load(CheckoutSession, other).checkout
            if bought is not None and has_item_in_common(checkout, bought):
                return other
        return None


def _release_hold(session_id: SessionId, do: Streams) -> None:
    if not do.load(CheckoutSession, session_id).is_paid:
        do.command(Fulfillment, fulfillment_id(session_id), Fulfillment.release_hold)


def _hand_over(
    event: Fulfillment.Requested | Fulfillment.Replanned | Fulfillment.LineItemReserved, do: Streams
) -> None:
    """Whenever a line waits for nothing, its kind hands it over."""
    session_id = event.session
    lines = do.load(Fulfillment, event.originator_id).lines
    for line in [lines[event.line_item]] if isinstance(event, Fulfillment.LineItemReserved) else lines.values():
        if line.is_to_hand_over and has_its_stock(session_id, line, do):
            delivery_of(line.plan.kind).hand_over(session_id, line, do)


def _let_go(event: Fulfillment.LineItemDelivered | Fulfillment.LineItemBlocked, do: Streams) -> None:
    """Cancel what a line waits for if it is finished, maybe by a person, or has lost its stock."""
    line = do.load(Fulfillment, event.originator_id).lines[event.line_item]
    if line.state.is_finished or not line.is_ready:
        delivery_of(line.plan.kind).let_go(event.session, line.plan, do)


def _let_go_of_replaced(event: Fulfillment.Replanned, do: Streams) -> None:
    lines = do.load(Fulfillment, event.originator_id).lines
    for replaced in event.replaced:
        if replaced.key_pool != lines[replaced.id].plan.key_pool:
            delivery_of(replaced.kind).let_go(event.session, replaced, do)


def _retry(session_id: SessionId, do: Streams) -> None:
    for line in do.load(Fulfillment, fulfillment_id(session_id)).lines.values():
        if line.state.is_retriable:
            delivery_of(line.plan.kind).retry(session_id, line, do)
