"""What has to hold of any log once the engine has no work left: the invariants of DESIGN, read from the log itself."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from typed_ids import as_stream

from application.log.log import Log
from application.running.handlers import message_id
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.key_pool import KeyPool
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent

_BATCH = 5000
_ONCE = (CheckoutSession.Completed, CheckoutSession.Paid, Fulfillment.Requested, Fulfillment.Completed)


def all_events(log: Log, position: int = 0) -> Iterator[tuple[int, Event]]:
    """Everything that is in the log after this position, each with its own, read as a follower reads it."""
    while read := log.store.select_notifications(position, _BATCH, inclusive_of_start=False):
        yield from ((found.id, log.decode(found)) for found in read)
        position = read[-1].id


@dataclass(kw_only=True)
class Findings:
    counts: Counter[str] = field(default_factory=Counter)
    """How often each kind of event is in the log."""
    received: Counter[str] = field(default_factory=Counter)
    """By Stripe event."""
    happened: dict[str, Counter[type]] = field(default_factory=lambda: defaultdict(Counter))
    """By session."""
    planned: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    delivered: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    canceled: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By session and line."""
    effects: dict[str, Effect] = field(default_factory=dict)
    succeeded: Counter[str] = field(default_factory=Counter)
    """By effect."""
    repeated: int = 0
    """Attempts that were not the first of their effect."""
    workers: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def is_canceled(self, session: str) -> bool:
        """Whether staff canceled every line of the paid session."""
        return bool(self.planned[session]) and self.planned[session] == self.canceled[session]

    def demand(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            self.problems.append(otherwise)


@dataclass
class _Shelf:
    """A SKU. What one decision says of it, as that a count is short and whose promise is taken back, holds together."""

    item: StockItem = field(default_factory=lambda: StockItem(id=as_stream("")))
    decided: tuple[object, ...] = ()

    def see(self, event: Event, found: Findings) -> None:
        decided = (event.recorded_at, event.actor, event.cause)
        if decided != self.decided:
            self.check(found)
        self.decided = decided
        self.item = replace(self.item, id=event.originator_id).evolve(event)  # type: ignore[arg-type]
        found.demand(self.item.on_hand >= 0, f"{self.item.id} is below zero at {self.item.version}")

    def check(self, found: Findings) -> None:
        item = self.item
        found.demand(item.promised <= item.on_hand, f"{item.id} promises what is not there at {item.version}")
        found.demand(item.promised == sum(item.reserved.values()), f"{item.id} counts wrongly at {item.version}")
        fits = [claim for claim, quantity in item.backordered.items() if quantity <= item.available]
        found.demand(not fits, f"{item.id} lets {fits[:1]} wait for what is there at {item.version}")


def look_through(log: Log) -> Findings:
    """Read the whole log, and note what is wrong whatever was bought."""
    found = Findings()
    versions: dict[str, int] = {}
    shelves: dict[str, _Shelf] = defaultdict(_Shelf)
    keys: Counter[str] = Counter()
    last = 0
    for position, event in all_events(log):
        stream, version = event.originator_id, event.originator_version
        found.demand(position > last, f"position {position} comes after {last}")
        found.demand(version == versions.get(stream, 0) + 1, f"{stream}@{version} after {versions.get(stream, 0)}")
        last, versions[stream] = position, version
        found.counts[event.TOPIC] += 1
        _note(found, event)
        if event.TOPIC.startswith("StockItem."):
            shelves[stream].see(event, found)
        elif isinstance(event, KeyPool.Assigned):
            keys.update(key.text for key in event.keys)
    for shelf in shelves.values():
        shelf.check(found)
    found.demand(not keys or max(keys.values()) == 1, "a license key was given away twice")
    parked = log.store.select_parked_events()
    found.demand(not parked, f"{len(parked)} events are parked, the first because of {parked[:1]}")
    for effect_id, times in found.succeeded.items():
        found.demand(times == 1, f"{effect_id} succeeded {times} times")
    for effect in found.effects.values():
        found.demand(not effect.is_open, f"{effect.id} is still to be done")
    return found


def demand_nothing_given_up(found: Findings, kinds: Collection[str] | None = None) -> None:
    """Nothing was given up, of these kinds of effect or at all."""
    for effect in found.effects.values():
        is_meant = kinds is None or (effect.requested is not None and effect.requested.kind in kinds)
        found.demand(effect.given_up is None or not is_meant, f"{effect.id} was given up: {effect.given_up}")


def demand_deliveries(found: Findings, acknowledged: Collection[str]) -> None:
    """Each webhook delivery that was answered 2xx is in the log, once."""
    lost = set(acknowledged) - found.received.keys()
    found.demand(not lost, f"{len(lost)} acknowledged deliveries are not in the log: {sorted(lost)[:5]}")
    for event_id, times in found.received.items():
        found.demand(times == 1, f"{event_id} is in the log {times} times")


def demand_fulfilled(found: Findings, sessions: Collection[str]) -> None:
    """These and no others are fulfilled, each of their lines delivered or canceled once, with one receipt. A session
    with nothing but canceled lines may have none."""
    others = {session for session, kinds in found.happened.items() if kinds[Fulfillment.Requested]} - set(sessions)
    found.demand(not others, f"fulfilled, but never paid: {sorted(others)[:5]}")
    for session in sessions:
        for kind in _ONCE:
            times = found.happened[session][kind]
            found.demand(times == 1, f"{session} has {times} times {kind.TOPIC}")
        delivered, canceled = found.delivered[session], found.canceled[session]
        found.demand(
            found.planned[session] == delivered + canceled,
            f"{session} planned {found.planned[session]}, delivered {delivered} and canceled {canceled}",
        )
        receipts = found.succeeded[f"eff_{session}_mail_receipt"]
        is_right = receipts == 1 or (receipts == 0 and found.is_canceled(session))
        found.demand(is_right, f"{session} has {receipts} receipts")


def demand_mails(found: Findings, outbox: Path) -> None:
    """One file for each mail that was sent, and none besides but what may have gone out in other words before."""
    mails = [found.effects[id] for id in found.succeeded if "_mail_" in id]
    sent, possible = {message_id(effect) for effect in mails}, {id for effect in mails for id in editions(effect)}
    files = {file.stem for file in outbox.glob("*.eml")}
    wrong = (sent - files) | (files - possible)
    found.demand(not wrong, f"mails sent: {len(sent)}, at the receiver: {len(files)}; {sorted(wrong)[:3]}")


def editions(effect: Effect) -> list[str]:
    """The message IDs under which a mail may have arrived: another one where it may have gone out in other words."""
    return [message_id(replace(effect, edition=number)) for number in range(1, effect.edition + 1)]


def _note(found: Findings, event: Event) -> None:
    session = event.session_id or ""
    found.happened[session][type(event)] += 1
    match event:
        case StripeEvent.Received():
            found.received[event.originator_id] += 1
        case Fulfillment.Requested():
            found.planned[session].update(line.id for line in event.plan)
        case Fulfillment.LineItemDelivered():
            found.delivered[session][event.line_item] += 1
        case Fulfillment.LineItemsCanceled():
            found.canceled[session].update(event.lines)
        case CheckoutSession.Parked() | StripeEvent.Failed():
            found.problems.append(f"{event.originator_id}: {event.TOPIC}")
        case _:
            pass
    if event.TOPIC.startswith("Effect."):
        effect = found.effects.get(event.originator_id, Effect(id=event.originator_id))
        found.effects[effect.id] = effect.evolve(event)  # type: ignore[arg-type]
        if isinstance(event, Effect.Succeeded):
            found.succeeded[effect.id] += 1
        elif isinstance(event, Effect.AttemptStarted):
            found.repeated += event.number > 1
            found.workers.add(event.worker)
