"""Whenever a session is paid, its lines are planned and handed over; until then, nothing is."""

from collections.abc import Iterable
from typing import assert_never

from domain.catalog import Catalog, PlannedLine
from domain.checkout_session import CheckoutSession
from domain.deliveries.kind import Way
from domain.effect import Effect, EffectFact
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.handing_over import deliver, has_its_stock
from domain.identifiers import effect_id, fulfillment_id, key_pool_id
from domain.key_pool import KeyPool
from domain.line import Line, LineState
from domain.policies.policy import Streams
from domain.stock_item import Claim


class FulfillmentPolicy:
    name = "fulfillment"
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
                self._hold_or_release(event.originator_id, do)
            case CheckoutSession.AsyncPaymentFailed():
                _release_hold(event.originator_id, do)
            case CheckoutSession.Paid():
                self._request(event, do)
            case Fulfillment.Requested() | Fulfillment.Replanned() | Fulfillment.LineItemReserved():
                _hand_over(event, do)
            case Fulfillment.LineItemDelivered() | Fulfillment.LineItemBlocked():
                _stop_waiting_for_keys(event, do)
            case KeyPool.Assigned():
                _deliver_keys(event, do)
            case Effect.Succeeded() | Effect.GivenUp() | Effect.RetryRequested() | Effect.Withdrawn():
                _follow_delivery(event, do)
            case CheckoutSession.RetryRequested():
                _retry(event.originator_id, do)
            case _:
                pass

    def _hold_or_release(self, session_id: str, do: Streams) -> None:
        session = do.load(CheckoutSession, session_id)
        if session.is_payment_over:
            _release_hold(session_id, do)
        elif session.is_awaiting_payment and session.checkout:
            plan = self._catalog.plan(session.checkout)
            do.command(Fulfillment, fulfillment_id(session_id), Fulfillment.hold, plan)

    def _request(self, paid: CheckoutSession.Paid, do: Streams) -> None:
        checkout = do.load(CheckoutSession, paid.originator_id).checkout
        assert checkout is not None, "Paid is only ever recorded with what was retrieved"
        requested = Fulfillment.Requested(
            plan=self._catalog.plan(checkout),
            catalog=self._catalog.digest,
            currency=checkout.currency,
            amount_shipping=checkout.amount_shipping,
            amount_tax=checkout.amount_tax,
            paid_at=paid.occurred_at,
        )
        do.command(Fulfillment, fulfillment_id(paid.originator_id), Fulfillment.request, requested)


def _release_hold(session_id: str, do: Streams) -> None:
    if not do.load(CheckoutSession, session_id).is_paid:
        do.command(Fulfillment, fulfillment_id(session_id), Fulfillment.release_hold)


def _hand_over(event: Event, do: Streams) -> None:
    """Take on every line that waits for nothing of ours any more."""
    session_id = event.session
    lines = do.load(Fulfillment, event.originator_id).lines
    if isinstance(event, Fulfillment.Replanned):
        for gone in event.replaced:
            if gone.key_pool != lines[gone.id].plan.key_pool:
                _stop_waiting(session_id, gone, do)
    for line in [lines[event.line_item]] if isinstance(event, Fulfillment.LineItemReserved) else lines.values():
        if not _is_to_hand_over(line) or not has_its_stock(session_id, line, do):
            continue
        match line.plan.way:
            case Way.FROM_A_POOL:
                _hand_over_keys(session_id, line, do)
            case Way.BY_CODE_OUTSIDE:
                _hand_over_outside(session_id, line, do)
            case Way.AT_ONCE | Way.IN_A_PARCEL | Way.BY_A_PERSON:
                pass  # its fulfillment did it with the plan, or staff do it
            case _:
                assert_never(line.plan.way)


def _is_to_hand_over(line: Line) -> bool:
    return line.state is LineState.PENDING and line.is_ready


def _hand_over_outside(session_id: str, line: Line, do: Streams) -> None:
    step, plan = line.delivery_step, line.plan
    effect = do.command(Effect, effect_id(session_id, step), Effect.request, plan.delivery, step, line=plan)
    if effect.given_up is not None:  # while the line waited for stock that had been taken back
        id = fulfillment_id(session_id)
        do.command(Fulfillment, id, Fulfillment.block, plan.id, LineState.GIVEN_UP, effect.given_up)


def _hand_over_keys(session_id: str, line: Line, do: Streams) -> None:
    claim, name = Claim(session_id, line.plan.id), line.plan.key_pool
    assert name is not None, "a line that gets keys has the pool in its plan"
    pool = do.command(KeyPool, key_pool_id(name), KeyPool.assign, claim, line.plan.item.quantity)
    if keys := pool.keys_of(claim):
        deliver(session_id, line.plan.id, do, keys=keys)
    else:
        detail, id = f"The pool '{name}' has not enough keys; import some", fulfillment_id(session_id)
        do.command(Fulfillment, id, Fulfillment.block, line.plan.id, LineState.BACKORDERED, detail)


def _deliver_keys(event: KeyPool.Assigned, do: Streams) -> None:
    """Hand over what an import gave to a line that waited; if its stock is gone, the line gets it with the stock."""
    line = do.load(Fulfillment, fulfillment_id(event.session)).lines.get(event.line_item)
    if line is None or line.plan.key_pool is None or key_pool_id(line.plan.key_pool) != event.originator_id:
        return  # planned anew since
    if line.is_ready and has_its_stock(event.session, line, do):
        deliver(event.session, event.line_item, do, keys=event.keys)


def _stop_waiting_for_keys(event: Fulfillment.LineItemDelivered | Fulfillment.LineItemBlocked, do: Streams) -> None:
    """A person delivered a line for which keys were missing, or its stock is gone: the next import is for others."""
    line = do.load(Fulfillment, event.originator_id).lines[event.line_item]
    if line.state is LineState.DELIVERED or not line.is_ready:
        _stop_waiting(event.session, line.plan, do)


def _stop_waiting(session_id: str, plan: PlannedLine, do: Streams) -> None:
    if plan.key_pool is not None:
        do.command(KeyPool, key_pool_id(plan.key_pool), KeyPool.stop_waiting, Claim(session_id, plan.id))


def _follow_delivery(
    event: Effect.Succeeded | Effect.GivenUp | Effect.RetryRequested | Effect.Withdrawn, do: Streams
) -> None:
    """A line goes as the effect that delivers it goes, unless it was planned anew since."""
    requested = do.load(Effect, event.originator_id).requested
    id = fulfillment_id(event.session)
    if requested is None or requested.line is None:
        return
    line = do.load(Fulfillment, id).lines.get(requested.line.id)
    if line is None or line.delivery_step != requested.step:
        return
    match event:
        case Effect.Succeeded():
            do.command(Fulfillment, id, Fulfillment.deliver, line.plan.id, note=event.note)
        case Effect.GivenUp():
            do.command(Fulfillment, id, Fulfillment.block, line.plan.id, LineState.GIVEN_UP, event.error)
        case Effect.RetryRequested():
            do.command(Fulfillment, id, Fulfillment.resume, line.plan.id)
        case Effect.Withdrawn():
            if _is_to_hand_over(line):  # its stock came back while another process withdrew it
                _hand_over_outside(event.session, line, do)


def _retry(session_id: str, do: Streams) -> None:
    for line in do.load(Fulfillment, fulfillment_id(session_id)).lines.values():
        if line.state in {LineState.PENDING, LineState.GIVEN_UP}:
            do.command(Effect, effect_id(session_id, line.delivery_step), Effect.request_retry)
