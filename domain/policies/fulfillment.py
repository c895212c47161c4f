"""Whenever a session is paid, its lines are planned and handed over; until then, nothing is."""

from domain.catalog import LICENSE_KEY, Catalog
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import Event
from domain.fulfillment import Fulfillment, Line, LineState
from domain.identifiers import effect_id, fulfillment_id, key_pool_id
from domain.key_pool import KeyPool
from domain.policies.policy import Streams
from domain.stock_item import Claim


class FulfillmentPolicy:
    name = "fulfillment"

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def decide(self, event: Event, do: Streams) -> None:
        match event:
            case CheckoutSession.Retrieved():
                self._hold(event.originator_id, do)
            case CheckoutSession.AsyncPaymentFailed():
                _release_hold(event.originator_id, do)
            case CheckoutSession.Paid():
                self._request(event, do)
            case Fulfillment.Requested() | Fulfillment.Replanned() | Fulfillment.LineItemReserved():
                _hand_over(event, do)
            case Fulfillment.LineItemDelivered():
                _stop_waiting_for_keys(event, do)
            case KeyPool.Assigned():
                id = fulfillment_id(event.session_id or "")
                do.command(Fulfillment, id, Fulfillment.deliver, event.line_item, keys=event.keys)
            case Effect.Succeeded() | Effect.GivenUp() | Effect.RetryRequested():
                _follow_delivery(event, do)
            case CheckoutSession.RetryRequested():
                _retry(event.originator_id, do)
            case _:
                pass

    def _hold(self, session_id: str, do: Streams) -> None:
        session = do.load(CheckoutSession, session_id)
        if session.is_awaiting_payment and session.checkout:
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
    session_id = event.session_id or ""
    if isinstance(event, Fulfillment.Replanned):
        for gone in event.replaced:
            _stop_waiting(session_id, gone.id, gone.delivery, gone.settings.get("pool"), do)
    fulfillment = do.load(Fulfillment, event.originator_id)
    for line in fulfillment.lines.values():
        if line.state is not LineState.PENDING or not line.is_ready:
            continue
        if line.plan.delivery == LICENSE_KEY:
            _hand_over_keys(session_id, line, do)
        elif line.plan.is_automatic:
            step = line.delivery_step
            kind, plan = line.plan.delivery, line.plan
            do.command(Effect, effect_id(session_id, step), Effect.request, kind, step, line=plan)


def _hand_over_keys(session_id: str, line: Line, do: Streams) -> None:
    claim, name = Claim(session_id, line.plan.id), str(line.plan.settings["pool"])
    pool = do.command(KeyPool, key_pool_id(name), KeyPool.assign, claim, line.plan.item.quantity)
    id = fulfillment_id(session_id)
    if claim in pool.assigned:
        do.command(Fulfillment, id, Fulfillment.deliver, line.plan.id, keys=pool.assigned[claim])
    else:
        detail = f"The pool '{name}' has not enough keys; import some"
        do.command(Fulfillment, id, Fulfillment.block, line.plan.id, LineState.BACKORDERED, detail)


def _stop_waiting_for_keys(event: Fulfillment.LineItemDelivered, do: Streams) -> None:
    """A person delivered a line for which keys were missing: the next import must not serve it again."""
    plan = do.load(Fulfillment, event.originator_id).lines[event.line_item].plan
    _stop_waiting(event.session_id or "", plan.id, plan.delivery, plan.settings.get("pool"), do)


def _stop_waiting(session_id: str, line_item: str, delivery: str, pool: object, do: Streams) -> None:
    if delivery == LICENSE_KEY:
        claim = Claim(session_id, line_item)
        do.command(KeyPool, key_pool_id(str(pool)), KeyPool.stop_waiting, claim)


def _follow_delivery(event: Effect.Succeeded | Effect.GivenUp | Effect.RetryRequested, do: Streams) -> None:
    """A line goes as the effect that delivers it goes, unless it was planned anew since."""
    requested = do.load(Effect, event.originator_id).requested
    id = fulfillment_id(event.session_id or "")
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


def _retry(session_id: str, do: Streams) -> None:
    for line in do.load(Fulfillment, fulfillment_id(session_id)).lines.values():
        if line.plan.is_automatic and line.state in {LineState.PENDING, LineState.GIVEN_UP}:
            do.command(Effect, effect_id(session_id, line.delivery_step), Effect.request_retry)
