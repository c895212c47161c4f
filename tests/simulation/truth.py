"""The statements of each mail, compared with the log at the moment of its claim, and with what the customer did.

Nothing here uses the engine's rules.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from log_invariants import Findings, all_events, editions
from simulation.world import BEGINNING, World
from typed_ids import as_session

from application.log.log import Log
from application.running.handlers import message_id
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFact
from domain.effect import Effect
from domain.effect_events import EffectFact
from domain.fulfillment import Fulfillment
from domain.fulfillment_events import FulfillmentFact
from domain.identifiers import fulfillment_id
from domain.line import LineState
from domain.mail import Mail, MailKind
from interfaces.sandbox.model.books import BookEntry

_ONCE_PER_SESSION = (MailKind.RECEIPT, MailKind.PAYMENT_PENDING, MailKind.PAYMENT_FAILED)
_CLOCK_SECONDS = 1.0
"""A margin: each reading of the clock moves it by a microsecond."""


@dataclass
class _Order:
    """Every state that one session ever had, each with the time of its commit."""

    session: CheckoutSession
    fulfillment: Fulfillment
    moments: list[tuple[float, CheckoutSession, Fulfillment]] = field(default_factory=list)

    def see(self, event: CheckoutSessionFact | FulfillmentFact, at: float) -> None:
        if isinstance(event, CheckoutSessionFact):
            self.session = self.session.evolve(event)
        else:
            self.fulfillment = self.fulfillment.evolve(event)
        self.moments.append((at, self.session, self.fulfillment))

    def since(self, began: float) -> Iterator[tuple[CheckoutSession, Fulfillment]]:
        """Yield every state from then until now."""
        first = max((number for number, (at, *_) in enumerate(self.moments) if at <= began), default=0)
        for _, session, fulfillment in self.moments[first:]:
            yield session, fulfillment


def demand_true_mails(found: Findings, log: Log, world: World) -> None:
    """Every mail that left was claimed at a moment when all its statements were true, and no mail left without a
    claim."""
    claimed: dict[str, list[Mail]] = defaultdict(list)
    orders: dict[str, _Order] = {}
    effects: dict[str, Effect] = {}
    for _, event in all_events(log):
        id, session = event.originator_id, event.session_id or ""
        order = orders.setdefault(
            session,
            _Order(CheckoutSession(id=as_session(session)), Fulfillment(id=fulfillment_id(as_session(session)))),
        )
        if isinstance(event, CheckoutSessionFact | FulfillmentFact):
            order.see(event, world.committed[id, event.originator_version])
        elif isinstance(event, EffectFact):
            effect = effects[id] = effects.get(id, Effect(id=id)).evolve(event)
            mail = effect.requested.mail if effect.requested else None
            if mail is not None and isinstance(event, Effect.AttemptStarted):
                claimed[message_id(effect)].append(mail)
                began = (world.true_time(event.recorded_at) - BEGINNING).total_seconds() - _CLOCK_SECONDS
                entry = world.sandbox.books.of(session)
                wrong = [_what_is_wrong(mail, *moment, entry) for moment in order.since(began)]
                found.demand(None in wrong, f"{message_id(effect)} has a false statement: {wrong[-1:]}")
    for message, mail in world.mailbox.items():
        found.demand(mail in claimed[message], f"{message} arrived and was never claimed")


def demand_mails_once(found: Findings, log: Log, world: World) -> None:
    """Each mail arrives once, except for editions that may have gone out before, and each kind only where it
    belongs."""
    by_id = {id: effect for effect in found.effects.values() for id in editions(effect)}
    lost = {message_id(found.effects[id]) for id in found.succeeded if "_mail_" in id} - world.mailbox.keys()
    found.demand(not lost, f"sent, but never arrived: {sorted(lost)}")
    arrived: dict[str, set[tuple[str, Mail]]] = defaultdict(set)
    for id, mail in world.mailbox.items():
        found.demand(id in by_id, f"{id} arrived, and is the message ID of no mail")
        if id in by_id:
            arrived[mail.to.text if mail.to else ""].add((by_id[id].id, mail))
    for entry in world.sandbox.books.entries.values():
        session = log.get(CheckoutSession, entry.session_id)
        _only_where_it_belongs(found, session, entry, arrived[entry.email or ""])


def _only_where_it_belongs(
    found: Findings, session: CheckoutSession, entry: BookEntry, arrived: set[tuple[str, Mail]]
) -> None:
    kinds = Counter(mail.kind for mail in dict(arrived).values())
    for kind in _ONCE_PER_SESSION:
        found.demand(kinds[kind] <= 1, f"{entry.email} got {kinds[kind]} mails {kind}")
    receipts, failures = kinds[MailKind.RECEIPT], kinds[MailKind.PAYMENT_FAILED]
    is_right = receipts == entry.is_to_fulfill or (receipts == 0 and found.is_canceled(session.id))
    found.demand(is_right, f"{entry.email}: {receipts} receipts")
    has_failed = entry.status == "complete" and not entry.is_to_fulfill
    is_right = failures == has_failed or (failures == 0 and session.is_canceled)
    found.demand(is_right, f"{entry.email}: {failures} failures reported")
    texts = Counter(
        words
        for _, words in {(effect, (mail.kind, mail.lines, mail.tracking, mail.carrier)) for effect, mail in arrived}
    )
    for (shown, *_), times in texts.items():
        found.demand(times == 1, f"{entry.email} was shown {shown} {times} times in the same words")


def _what_is_wrong(mail: Mail, session: CheckoutSession, fulfillment: Fulfillment, entry: BookEntry) -> str | None:
    """Return the first false statement of the mail; None if all are true."""
    if not _is_as_bought(mail, entry):
        return "it goes to another address, or has other sums or quantities"
    is_decided = session.is_paid or session.succeeded
    intent = session.checkout.intent_status if session.checkout else None
    has_failed = session.failed or intent in {"canceled", "requires_payment_method"}
    match mail.kind:
        case MailKind.PAYMENT_PENDING:
            is_over = is_decided or has_failed or intent == "requires_capture" or session.is_canceled
            return "the payment is not on its way" if is_over else None
        case MailKind.PAYMENT_FAILED:
            is_wrong = is_decided or not has_failed or session.is_canceled
            return "the payment has not failed, or is of no interest" if is_wrong else None
        case MailKind.CANCELED if fulfillment.requested is None:
            if session.is_paid or not session.is_canceled:
                return "it is paid, or not canceled"
            is_to_come = is_decided or not has_failed
            return None if is_to_come == (mail.payment_wait is not None) else "the payment is to come, or is not"
        case _:
            return _what_is_wrong_with_lines(mail, session, fulfillment)


def _is_as_bought(mail: Mail, entry: BookEntry) -> bool:
    bought = {line.id: (line.quantity, line.total.amount) for line in entry.line_items}
    shown = {line.id: (line.quantity, line.amount_total) for line in mail.lines}
    total = (entry.total.amount, entry.total.currency) if entry.total else None
    address = mail.to.text if mail.to else None
    return address == entry.email and (mail.amount_total, mail.currency) == total and shown.items() <= bought.items()


def _what_is_wrong_with_lines(mail: Mail, session: CheckoutSession, fulfillment: Fulfillment) -> str | None:
    if not session.is_paid:
        return "it is not paid"
    for shown in mail.lines:
        line = fulfillment.lines.get(shown.id)
        if line is None or (shown.state, shown.keys, shown.link) != (line.state, line.keys, line.link):
            return f"{shown.id} is {line.state if line else 'unplanned'} and not {shown.state}, or has other keys"
        if (shown.is_short_of_keys, shown.has_lost_its_keys) != (line.is_short_of_keys, line.has_lost_its_keys):
            return f"{shown.id} waits for other keys, or has lost others"
        if mail.kind is MailKind.BACKORDERED and line.state is not LineState.BACKORDERED:
            return f"{shown.id} is there"
        if mail.kind is MailKind.CANCELED and line.state is not LineState.CANCELED:
            return f"{shown.id} is not canceled"
    is_nothing_left = all(line.state is LineState.CANCELED for line in fulfillment.lines.values())
    if mail.is_order_canceled and not is_nothing_left:
        return "there are other lines"
    if mail.kind is MailKind.RECEIPT and [line.id for line in mail.lines] != list(fulfillment.lines):
        return "it lacks a line"
    left = {(parcel.lines, parcel.carrier, parcel.tracking) for parcel in fulfillment.parcels}
    parcel = (tuple(line.id for line in mail.lines), mail.carrier, mail.tracking)
    return "there is no such parcel" if mail.kind is MailKind.SHIPPED and parcel not in left else None
