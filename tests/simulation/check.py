"""The invariants after every run: the log is compared with the sandbox's books, the mailbox and the courier."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from itertools import count

from log_invariants import (
    Findings,
    all_events,
    demand_deliveries,
    demand_fulfilled,
    demand_nothing_given_up,
    look_through,
)
from simulation.hand_overs import demand_true_hand_overs
from simulation.truth import demand_mails_once, demand_true_mails
from simulation.world import BEGINNING, REFUSAL, World
from typed_ids import as_session

from application.log.log import Log
from application.reading.checkout_state import CheckoutState, checkout_state
from application.reading.rebuild import Rebuild
from application.reading.registry import PROJECTIONS
from domain.checkout_session import CheckoutSession
from domain.effect import MAIL, ORPHANS_MAX, Effect
from domain.fulfillment import Fulfillment
from domain.identifiers import fulfillment_id, key_pool_id, session_of_stream
from domain.key_pool import KeyPool
from domain.payment import Payment
from domain.reason import ReasonCode
from domain.stock_item import LineRef, StockItem
from domain.stripe_event import StripeEvent
from infrastructure.views.sqlite import SQLiteViews
from interfaces.sandbox.model.books import BookEntry

_scratches = count()
_LEFT_TO_OTHERS = timedelta(hours=1)
_FREE = (
    Effect.Requested | Effect.RetryRequested | Effect.AttemptFailed | Effect.AttemptOrphaned | Effect.AttemptReleased
)
"""After these events an effect has no worker, and waits for one from that moment at the earliest."""
_BY_STAFF = (
    CheckoutSession.Canceled
    | CheckoutSession.Noted
    | CheckoutSession.RetryRequested
    | Fulfillment.LineItemsCanceled
    | Fulfillment.Replanned
    | Fulfillment.Shipped
    | KeyPool.Imported
    | StockItem.Counted
)


def problems(world: World) -> list[str]:
    """Return what is wrong, in words."""
    with closing(world.open_log()) as log:
        found = look_through(log)
        # Another retrieval replaces one that was given up, and a person who hands the line over replaces a delivery.
        demand_nothing_given_up(found, {MAIL})
        paid = {entry.session_id: entry for entry in world.sandbox.books.to_fulfill()}
        _acknowledged(found, log, world)
        demand_fulfilled(found, paid.keys())
        for entry in world.sandbox.books.entries.values():
            _as_in_the_books(found, log, entry)
        _stock(found, log, world)
        demand_true_hand_overs(found, log)
        _keys(found, log, world)
        demand_mails_once(found, log, world)
        demand_true_mails(found, log, world)
        _delivered_outside(found, world)
        _audit_trail(found, log, world)
        _given_up(found, log, world)
        _planned(found, log, world)
        _views(found, log, world)
    return found.problems


def _acknowledged(found: Findings, log: Log, world: World) -> None:
    """1: every webhook delivery that was answered 2xx is in the log, byte by byte as Stripe signed it."""
    assert world.carrier is not None
    demand_deliveries(found, world.carrier.acknowledged)
    for event_id in world.carrier.acknowledged:
        received = log.get(StripeEvent, event_id).received
        is_as_signed = received is not None and received.body.encode() in world.carrier.signed[event_id]
        found.demand(is_as_signed, f"{world.event_name(event_id)}: the log has another body than was signed")


def _as_in_the_books(found: Findings, log: Log, entry: BookEntry) -> None:
    """2: the engine fulfilled what was paid, to the cent and the piece."""
    session = log.get(CheckoutSession, entry.session_id)
    fulfillment = log.get(Fulfillment, fulfillment_id(as_session(entry.session_id)))
    state = checkout_state(session, fulfillment)
    if not entry.is_to_fulfill:
        expected = CheckoutState.EXPIRED if entry.status == "expired" else CheckoutState.PAYMENT_FAILED
        expected = CheckoutState.CANCELED if session.is_canceled else expected
        found.demand(state is expected, f"{entry.email}: {state} instead of {expected}")
        return
    expected = CheckoutState.CANCELED if found.is_canceled(entry.session_id) else CheckoutState.FULFILLED
    found.demand(state is expected, f"{entry.email}: {state} instead of {expected}, and it was paid")
    found.demand(session.is_paid, f"{entry.email}: it was paid, and the log has no Paid")
    checkout = session.checkout
    if checkout is None or entry.total is None:
        found.problems.append(f"{entry.email}: the log has no copy of what was paid")
        return
    ours = (checkout.amount_total, checkout.currency)
    found.demand(ours == (entry.total.amount, entry.total.currency), f"{entry.email}: {ours}, and {entry.total} paid")
    bought = {line.id: (line.product_id, line.quantity, line.total.amount) for line in entry.line_items}
    known = {item.id: (item.product, item.quantity, item.amount_total) for item in checkout.line_items}
    planned = {line.plan.id: line.plan.item.quantity for line in fulfillment.lines.values()}
    found.demand(bought == known, f"{entry.email}: the log has {known}, and {bought} were bought")
    found.demand(
        planned == {id: quantity for id, (_, quantity, _) in bought.items()}, f"{entry.email}: {planned} handed over"
    )


def _stock(found: Findings, log: Log, world: World) -> None:
    """3: in the end no stock is held, and the pieces of each delivered line have left the shelf exactly once."""
    entries = world.sandbox.books.entries.values()
    bought = {(entry.session_id, line.id): line.quantity for entry in entries for line in entry.line_items}
    skus: set[str] = set()
    claims: dict[tuple[str, str], list[type]] = defaultdict(list)
    delivered: set[tuple[str, str]] = set()
    for _, event in all_events(log):
        if isinstance(event, StockItem.Dispatched | StockItem.Released | StockItem.Reserved | StockItem.Backordered):
            of_line = event.session, event.line_item
            claims[of_line].append(type(event))
            found.demand(event.quantity == bought[of_line], f"{event.TOPIC} of {event.quantity} for {of_line}")
        elif isinstance(event, Fulfillment.LineItemDelivered) and _is_tracked(event, log):
            delivered.add((event.session, event.line_item))
        if event.originator_id.startswith("sku_"):
            skus.add(event.originator_id)
    for sku in skus:
        item = log.get(StockItem, sku)
        found.demand(not item.needs, f"{sku} still has needs: {item.needs}")
    for claim, shown in claims.items():
        times = shown.count(StockItem.Dispatched)
        # A delivery that was under way when a count took its piece back happens all the same: its piece came from
        # elsewhere.
        was_taken_back = shown[-2:] == [StockItem.Backordered, StockItem.Released]
        expected = 0 if claim not in delivered or was_taken_back else 1
        found.demand(times == expected, f"{claim} left the shelf {times} times instead of {expected}: {shown}")
    found.demand(delivered <= claims.keys(), f"delivered without stock: {delivered - claims.keys()}")


def _is_tracked(event: Fulfillment.LineItemDelivered, log: Log) -> bool:
    return log.get(Fulfillment, event.originator_id).lines[event.line_item].plan.stock_sku is not None


def _keys(found: Findings, log: Log, world: World) -> None:
    """2: a customer who paid for keys gets as many as were bought, those assigned to the line, and each in a mail."""
    shown: dict[str, set[str]] = defaultdict(set)
    for mail in world.mailbox.values():
        shown[mail.to.text if mail.to else ""].update(key.text for line in mail.lines for key in line.keys)
    entries = world.sandbox.books.entries
    for _, event in all_events(log):
        if not isinstance(event, Fulfillment.LineItemDelivered) or event.actor.startswith("staff:"):
            continue
        plan = log.get(Fulfillment, event.originator_id).lines[event.line_item].plan
        if plan.key_pool is None:
            continue
        claim, keys = LineRef(event.session, event.line_item), [key.text for key in event.keys]
        assigned = log.get(KeyPool, key_pool_id(plan.key_pool)).keys_of(claim)
        found.demand(keys == [key.text for key in assigned], f"{claim} got other keys than were assigned to it")
        found.demand(len(keys) == plan.item.quantity, f"{claim} got {len(keys)} keys instead of {plan.item.quantity}")
        customer = entries[event.session].email or ""
        found.demand(shown[customer] >= set(keys), f"{customer} was not shown all keys of {claim}")


def _delivered_outside(found: Findings, world: World) -> None:
    """2: the courier was called under one key for each line, and never for an unpaid one."""
    paid = {entry.session_id for entry in world.sandbox.books.to_fulfill()}
    lines = Counter((request.session_id, request.line.id) for request in world.deliveries.values())
    for (session_id, line), times in lines.items():
        found.demand(session_id in paid, f"{world.customer_of(session_id)}: {line} was delivered and is not paid")
        found.demand(times == 1, f"{world.customer_of(session_id)}: {line} was delivered {times} times")


def _audit_trail(found: Findings, log: Log, world: World) -> None:
    """7: every event has an actor, a time and, if it follows from another one, its cause."""
    known: set[str] = set()
    end = world.clock()
    for position, event in all_events(log):
        what = f"{event.TOPIC} at {position}"
        found.demand(bool(event.actor), f"{what} has no actor")
        is_known = event.cause is None or event.cause in known or event.cause in world.lost
        found.demand(is_known, f"{what} has a cause that came after it")
        found.demand(not event.actor.startswith("policy:") or event.cause is not None, f"{what} has no cause")
        found.demand(not event.actor.startswith("staff:") or _has_reason(event), f"{what} has no reason")
        is_anns = event.actor == "staff:ann"
        found.demand(is_anns or not isinstance(event, _BY_STAFF), f"{what} was done by {event.actor}")
        session = session_of_stream(event.originator_id)
        found.demand(
            session in {None, event.session_id}, f"{what} belongs to {session}, but is stamped {event.session_id}"
        )
        is_then = BEGINNING <= world.true_time(event.occurred_at) <= world.true_time(event.recorded_at) <= end
        found.demand(is_then, f"{what} was at {event.occurred_at}, recorded at {event.recorded_at}")
        known.add(f"{event.originator_id}@{event.originator_version}")


def _given_up(found: Findings, log: Log, world: World) -> None:
    """6: an effect is given up only if it was refused for good, its attempts ended five processes in a row, or no
    worker has attempted it for an hour."""
    orphans: Counter[str] = Counter()
    free_since: dict[str, datetime] = {}
    for position, event in all_events(log):
        at = world.true_time(event.recorded_at)
        match event:
            case Effect.AttemptOrphaned():
                orphans[event.originator_id] += 1
            case Effect.Requested() | Effect.AttemptFailed() | Effect.RetryRequested():
                del orphans[event.originator_id]
            case Effect.GivenUp():
                why, text = event.error.code, event.error.parameters.get("text", "")
                is_for_good = REFUSAL in text or orphans[event.originator_id] == ORPHANS_MAX - 1
                is_left = why is ReasonCode.NO_WORKER
                is_for_good |= is_left and at - free_since[event.originator_id] >= _LEFT_TO_OTHERS
                found.demand(is_for_good, f"{event.TOPIC} at {position} is for {event.error}, and a retry might help")
            case _:
                pass
        if isinstance(event, _FREE):
            free_since[event.originator_id] = at


def _planned(found: Findings, log: Log, world: World) -> None:
    """A plan is made by the catalog of a server, not by the catalog of a shell of staff."""
    for position, event in all_events(log):
        if isinstance(event, Fulfillment.Requested | Fulfillment.Replanned):
            is_a_servers = event.catalog in world.servers_catalogs
            found.demand(is_a_servers, f"{event.TOPIC} at {position} is planned by a catalog that no server has")


def _has_reason(event: object) -> bool:
    return getattr(event, "reason", None) is not None or isinstance(
        event, CheckoutSession.Retrieved | CheckoutSession.Paid | Payment.BelongsTo
    )


def _views(found: Findings, log: Log, world: World) -> None:
    """5: a fresh fold of the log has the same rows as the views that followed it live."""
    with closing(SQLiteViews(world.views)) as views:
        rebuild = Rebuild(log, views, _scratch)
        for projection in PROJECTIONS:
            verification = rebuild.verify(projection.name)
            found.demand(verification.is_right, f"the view {projection.name} is wrong: {verification.differences[:1]}")


@contextmanager
def _scratch() -> Iterator[SQLiteViews]:
    """A database in memory for one view."""
    with closing(SQLiteViews(f"file:scratch{next(_scratches)}?mode=memory&cache=shared")) as views:
        yield views
