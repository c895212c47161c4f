"""What staff handed over, compared event by event with what the log contained at that moment.

Nothing here uses the engine's rules.
"""

from dataclasses import dataclass, field

from log_invariants import Findings, all_events
from typed_ids import as_line, as_session

from application.log.log import Log
from domain.checkout_session import CheckoutSession
from domain.deliveries.kind import DeliveryKind
from domain.effect import Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.stock_item import LineRef, StockItem


@dataclass
class _Known:
    """The contents of the log so far."""

    skus: dict[LineRef, str | None] = field(default_factory=dict)
    """By line, the stream of its tracked stock."""
    promised: set[tuple[str, LineRef]] = field(default_factory=set)
    """Stock streams, each with a line that has its promise."""
    to_dispatch: set[tuple[str, LineRef]] = field(default_factory=set)
    """Stock streams, each with a delivered line whose pieces are not dispatched yet."""
    lines: dict[str, LineRef] = field(default_factory=dict)
    """By effect, the line that it delivers."""
    under_way: dict[LineRef, str] = field(default_factory=dict)
    canceled: set[LineRef] = field(default_factory=set)
    canceled_unpaid: set[str] = field(default_factory=set)
    """The sessions that staff canceled before they were planned."""


def demand_true_hand_overs(found: Findings, log: Log) -> None:
    """3: staff ship only what is promised, hand over and cancel only what is not under way, and count only what is
    dispatched. No canceled line is handed over or called for."""
    known = _Known()
    for position, event in all_events(log):
        _demand(found, known, event, f"{event.TOPIC} at {position}")
        _learn(known, event)


def _demand(found: Findings, known: _Known, event: Event, what: str) -> None:
    match event:
        case StockItem.Counted():
            missing = [claim for sku, claim in known.to_dispatch if sku == event.originator_id]
            found.demand(not missing, f"{what}: the pieces of {missing} have left, and are not dispatched yet")
        case Fulfillment.Shipped():
            for line in event.lines:
                claim = LineRef(event.session, line)
                sku = known.skus[claim]
                found.demand(sku is None or (sku, claim) in known.promised, f"{what}: {claim} has no promise of {sku}")
        case Fulfillment.Requested() if event.session in known.canceled_unpaid:
            is_for_a_person = all(plan.kind is DeliveryKind.MANUAL for plan in event.plan)
            found.demand(is_for_a_person, f"{what}: {event.session} was canceled, and is delivered once it is paid")
        case Effect.AttemptStarted() if (claim := known.lines.get(event.originator_id, _NONE)) in known.canceled:
            found.problems.append(f"{what}: {claim} is canceled, and called for")
        case Fulfillment.LineItemDelivered() | Fulfillment.Replanned() | Fulfillment.LineItemsCanceled():
            for claim in _lines(event):
                found.demand(claim not in known.canceled, f"{what}: {claim} is canceled")
                effect = known.under_way.get(claim) if event.actor.startswith("staff:") else None
                found.demand(effect is None, f"{what}: {effect} of {claim} is under way")
        case _:
            pass


def _lines(
    event: Fulfillment.LineItemDelivered | Fulfillment.Replanned | Fulfillment.LineItemsCanceled,
) -> list[LineRef]:
    match event:
        case Fulfillment.Replanned():
            return [LineRef(event.session, plan.id) for plan in event.lines]
        case Fulfillment.LineItemsCanceled():
            return [LineRef(event.session, line) for line in event.lines]
        case Fulfillment.LineItemDelivered():
            return [LineRef(event.session, event.line_item)]


def _learn(known: _Known, event: Event) -> None:
    _learn_cancellations(known, event)
    match event:
        case Fulfillment.Requested() | Fulfillment.Replanned():
            for plan in event.plan if isinstance(event, Fulfillment.Requested) else event.lines:
                sku = None if plan.stock_sku is None else f"sku_{plan.stock_sku}"
                known.skus[LineRef(event.session, plan.id)] = sku
        case Fulfillment.LineItemDelivered():
            claim = LineRef(event.session, event.line_item)
            if (sku := known.skus[claim]) is not None:
                known.to_dispatch.add((sku, claim))
        case StockItem.Reserved():
            known.promised.add((event.originator_id, LineRef(event.session, event.line_item)))
        case StockItem.Backordered() | StockItem.Released() | StockItem.Dispatched():
            held = event.originator_id, LineRef(event.session, event.line_item)
            known.promised.discard(held)
            known.to_dispatch.discard(held)
        case Effect.Requested() if event.line is not None:
            known.lines[event.originator_id] = LineRef(event.session, event.line.id)
        case Effect.AttemptStarted() if event.originator_id in known.lines:
            known.under_way[known.lines[event.originator_id]] = event.originator_id
        case Effect.AttemptFailed() | Effect.Succeeded() | Effect.GivenUp() | Effect.Withdrawn():
            if known.under_way.get(claim := known.lines.get(event.originator_id, _NONE)) == event.originator_id:
                del known.under_way[claim]
        case _:
            pass


def _learn_cancellations(known: _Known, event: Event) -> None:
    if isinstance(event, CheckoutSession.Canceled):
        known.canceled_unpaid.add(event.originator_id)
    elif isinstance(event, Fulfillment.LineItemsCanceled):
        known.canceled.update(_lines(event))


_NONE = LineRef(as_session(""), as_line(""))
