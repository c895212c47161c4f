"""Bugs that systems of this kind are known for. The simulation must notice each when it is planted into the engine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from simulation import planted_hosts, planted_logs, planted_outcomes
from simulation.process import Process
from simulation.store import SimulatedRecorder

from application.errors import StoreUnavailable
from application.log.insertion import Bookkeeping, Inserted, Insertion
from application.log.tail import Entry, Tail
from application.ports import DeliveryRequest
from application.reading import mailed_keys
from application.reading.projector import Projector
from application.reading.rebuild import Rebuild
from application.receive import receive as record
from application.running.candidates import Candidates
from application.running.effect_kinds import Attempt, Done
from application.running.followers import Followers
from application.running.handlers import Deliver, SendMail
from application.running.outcomes import CallEnd, Outcomes
from application.writing.recent_states import RecentStates
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import replace as changed
from domain.fulfillment import Fulfillment
from domain.identifiers import LineItemId
from domain.key_pool import KeyPool
from domain.persistent import PersistentMap
from domain.plan import PlannedLine
from domain.policies.emails import EmailPolicy
from domain.policies.inventory import InventoryPolicy
from domain.reason import Reason
from domain.stock_item import StockItem
from infrastructure.views import sql
from infrastructure.views import sqlite as sqlite_views
from infrastructure.views.net import net
from interfaces.web.webhook import Webhook

Plant = Callable[[pytest.MonkeyPatch], None]
_ELSEWHERE = (*planted_outcomes.PLANTS, *planted_logs.PLANTS, *planted_hosts.PLANTS)
BUGS: dict[str, Plant] = {plant.__name__: plant for plant in _ELSEWHERE}


def _bug(plant: Plant) -> Plant:
    assert plant.__doc__, "a planted bug needs a docstring that describes it"
    BUGS[plant.__name__] = plant
    return plant


@contextmanager
def planted(name: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        BUGS[name](patch)
        yield


@_bug
def mark_before_fulfill(patch: pytest.MonkeyPatch) -> None:
    """The first classic bug: an event is marked as handled, then handled."""

    def insert(self: Followers, batch: Any) -> Sequence[Entry]:
        if not batch.has_news:
            return ()
        self._log.append([], Bookkeeping(moves=self._moves(batch.positions)))
        return self._log.append(batch.unit.pending)

    patch.setattr(Followers, "_insert", insert)


@_bug
def check_then_act(patch: pytest.MonkeyPatch) -> None:
    """The second classic bug: check whether it is done, then do it, without a unique key."""
    patch.setattr(SimulatedRecorder, "_insert_in_turn", _insert_at_the_end_of(lambda _: True))


@_bug
def stock_read_outside_its_transaction(patch: pytest.MonkeyPatch) -> None:
    """The stock level was read earlier and is not compared again before it is used."""
    patch.setattr(SimulatedRecorder, "_insert_in_turn", _insert_at_the_end_of(lambda id: id.startswith("sku_")))


@_bug
def lost_position(patch: pytest.MonkeyPatch) -> None:
    """A new leader begins at the end of the log."""

    def look_up(self: Followers) -> dict[str, int]:
        end = self._log.store.max_notification_id() or 0
        return {each.name: end for each in self._readings.every}

    patch.setattr(Followers, "_look_up", look_up)


@_bug
def acknowledged_before_durable(patch: pytest.MonkeyPatch) -> None:
    """Stripe gets its 200 when the delivery is queued."""

    async def append(self: Webhook, delivery: Any) -> bool:
        acknowledgement = self._acknowledgements.expect()
        record(self._writer, self._clock, delivery.event_id, delivery.received, acknowledgement)
        self._acknowledgements.ask_for_soon()
        return True

    patch.setattr(Webhook, "_append", append)


@_bug
def failure_acknowledged(patch: pytest.MonkeyPatch) -> None:
    """Stripe gets a 200 although the store rejected the delivery."""
    append = Webhook._append

    async def append_or_not(self: Webhook, delivery: Any) -> bool:
        try:
            return await append(self, delivery)
        except StoreUnavailable:
            return False

    patch.setattr(Webhook, "_append", append_or_not)


@_bug
def lease_without_fencing(patch: pytest.MonkeyPatch) -> None:
    """The outcome of an attempt counts although another worker holds the effect by now."""

    def succeed(
        self: Effect, number: int, note: str | None = None, found: Reason | None = None
    ) -> Sequence[Effect.Succeeded]:
        return [Effect.Succeeded(number=number, note=note, found=found)]

    patch.setattr(Effect, "succeed", succeed)


@_bug
def mail_key_that_changes_on_retry(patch: pytest.MonkeyPatch) -> None:
    """Each attempt of a mail has another message ID."""

    def perform(self: SendMail, attempt: Attempt) -> Done:
        requested = attempt.effect.requested
        assert requested is not None
        assert requested.mail is not None
        self._mailer.send(requested.mail, message_id=f"{attempt.key}_{attempt.number}")
        return Done()

    patch.setattr(SendMail, "perform", perform)


@_bug
def outdated_mail_goes_out(patch: pytest.MonkeyPatch) -> None:
    """A mail goes out as it was decided, although its statements may no longer be true."""
    patch.setattr(SendMail, "prepare", lambda *_: None)


@_bug
def page_promises_a_mail(patch: pytest.MonkeyPatch) -> None:
    """The landing page refers customers to a mail with their keys, whether or not one was sent."""
    patch.setattr(mailed_keys, "_brought", lambda *_: True)


@_bug
def delivery_key_that_changes_on_retry(patch: pytest.MonkeyPatch) -> None:
    """Each attempt of a delivery carries another idempotency key."""
    request = Deliver._request

    def request_again(self: Deliver, attempt: Attempt, line: PlannedLine) -> DeliveryRequest:
        return replace(request(self, attempt, line), idempotency_key=f"{attempt.key}_{attempt.number}")

    patch.setattr(Deliver, "_request", request_again)


@_bug
def late_unpaid_regresses_paid(patch: pytest.MonkeyPatch) -> None:
    """The answer that is recorded last counts as the newest."""
    apply = CheckoutSession.apply

    def forget(self: CheckoutSession, event: Any) -> CheckoutSession:
        state = apply(self, event)
        if isinstance(event, CheckoutSession.Retrieved) and not event.checkout.is_paid:
            state = changed(state, paid_at=None)
        return state

    def never_older(self: CheckoutSession, checkout: Checkout) -> bool:
        return False

    patch.setattr(CheckoutSession, "apply", forget)
    patch.setattr(CheckoutSession, "_is_older", never_older)


@_bug
def complete_taken_for_paid(patch: pytest.MonkeyPatch) -> None:
    """A debit is fulfilled when the customer has finished, before the money arrives."""
    patch.setattr(Checkout, "is_paid", property(lambda checkout: checkout.is_complete))


@_bug
def free_never_paid(patch: pytest.MonkeyPatch) -> None:
    """A free order waits for a payment that never comes."""
    patch.setattr(Checkout, "is_paid", property(lambda it: it.is_complete and it.payment_status == "paid"))


@_bug
def failed_payment_keeps_its_stock(patch: pytest.MonkeyPatch) -> None:
    """Stock stays reserved for a debit that failed."""
    decide = InventoryPolicy.decide

    def decide_but(self: InventoryPolicy, event: Any, do: Any) -> None:
        if not isinstance(event, Fulfillment.HoldReleased):
            decide(self, event, do)

    patch.setattr(InventoryPolicy, "decide", decide_but)


@_bug
def handed_over_again(patch: pytest.MonkeyPatch) -> None:
    """A line is delivered each time a delivery of it is reported."""

    def deliver(self: Fulfillment, line_item: LineItemId, **details: Any) -> Sequence[Any]:
        if self.lines.get(line_item) is None:
            return []
        return self._and_completion([Fulfillment.LineItemDelivered(line_item=line_item, **details)])

    patch.setattr(Fulfillment, "deliver", deliver)


@_bug
def one_key_twice(patch: pytest.MonkeyPatch) -> None:
    """Keys that are imported again count as new ones."""

    def import_keys(self: KeyPool, keys: Sequence[str]) -> Any:
        patched = changed(self, known=PersistentMap[str, int]())
        return original(patched, keys)

    original = KeyPool.import_keys
    patch.setattr(KeyPool, "import_keys", import_keys)


@_bug
def backorder_never_served(patch: pytest.MonkeyPatch) -> None:
    """New stock waits for new customers."""
    patch.setattr(StockItem, "_and_serve", lambda _, facts: facts)


@_bug
def orphans_never_resumed(patch: pytest.MonkeyPatch) -> None:
    """No worker resumes the attempts of a crashed process."""
    patch.setattr(Candidates, "_is_orphaned", lambda *_: False)


@_bug
def outcome_dropped(patch: pytest.MonkeyPatch) -> None:
    """The outcome of an attempt is forgotten if the store does not accept it at once, and so is the claim."""

    def end(self: Outcomes, call: Any, result: Any) -> None:
        self._end(call, CallEnd("lost"))

    patch.setattr(Outcomes, "_store_at_length", end)
    patch.setattr(Candidates, "_is_lost", lambda *_: False)


@_bug
def claim_dropped(patch: pytest.MonkeyPatch) -> None:
    """A claim whose answer or outcome was lost counts as stale, so no worker resumes it."""
    patch.setattr(Candidates, "_is_lost", lambda *_: False)


@_bug
def conflict_skipped(patch: pytest.MonkeyPatch) -> None:
    """A follower that loses a race skips the events of its batch."""

    def skip(self: Followers, size: int) -> None:
        self._positions = {name: position + size for name, position in self._positions.items()}

    patch.setattr(Followers, "_step_back", skip)


@_bug
def gap_in_memory(patch: pytest.MonkeyPatch) -> None:
    """The end of the log in memory lacks events that other processes wrote in between."""

    def append(self: Tail, entries: Any) -> None:
        self._entries.extend(entries)

    patch.setattr(Tail, "append", append)


@_bug
def stale_memory(patch: pytest.MonkeyPatch) -> None:
    """Remembered states are never compared with the log, and a conflict does not discard them."""
    patch.setattr(RecentStates, "refresh", lambda _: None)
    patch.setattr(RecentStates, "keep", _keep_all)


@_bug
def view_moved_unchecked(patch: pytest.MonkeyPatch) -> None:
    """Two projectors apply the same events to a view."""

    def apply(connection: Any, advance: Any) -> None:
        view = advance.view
        connection.execute(
            "UPDATE views SET position=? WHERE name=? AND generation=?", (advance.position, view.name, view.generation)
        )
        for step in net(advance.table, advance.changes):
            sqlite_views._change(connection, sql.table_name(view), advance.table, step)

    patch.setattr(sqlite_views, "_apply", apply)


@_bug
def rebuild_that_acts(patch: pytest.MonkeyPatch) -> None:
    """A rebuild sends the mails of the log again."""
    rebuild = Rebuild.rebuild

    def rebuild_and_send(self: Rebuild, name: str, *more: Any) -> Any:
        view = rebuild(self, name, *more)
        for notification in self._log.store.select_notifications(None, 1000):
            event = self._log.entry(notification).event
            if isinstance(event, Effect.Requested) and event.mail is not None and event.mail.to is not None:
                process = self._views._places  # type: ignore[attr-defined]
                assert isinstance(process, Process)
                process.send(event.mail, message_id=f"{event.originator_id}_again")
        return view

    patch.setattr(Rebuild, "rebuild", rebuild_and_send)


@_bug
def view_skips_a_batch(patch: pytest.MonkeyPatch) -> None:
    """After a failed write, the projector skips to the end of the log."""
    turn = Projector.turn

    def turn_or_skip(self: Projector) -> bool:
        try:
            return turn(self)
        except Exception:  # noqa: BLE001 - planted
            for view in self._views.all():
                end = self._log.store.max_notification_id() or 0
                self._views._views._writer.execute(  # type: ignore[attr-defined]
                    "UPDATE views SET position=? WHERE name=? AND generation=?", (end, view.name, view.generation)
                )
            return True

    patch.setattr(Projector, "turn", turn_or_skip)


@_bug
def receipt_forgotten_after_early_look(patch: pytest.MonkeyPatch) -> None:
    """Mails are decided at the first event of a checkout, and never again."""
    decide = EmailPolicy.decide
    seen: set[str] = set()

    def decide_once(self: EmailPolicy, event: Any, do: Any) -> None:
        if event.session_id not in seen:
            decide(self, event, do)
        if isinstance(event, CheckoutSession.AsyncPaymentFailed | CheckoutSession.Completed):
            seen.add(event.session_id or "")

    patch.setattr(EmailPolicy, "decide", decide_once)


def _insert_at_the_end_of(is_meant: Callable[[str], bool]) -> Callable[..., Any]:
    """Return an insert that appends behind the last event of these streams, so no writer sees its conflict."""

    def insert(self: SimulatedRecorder, insertion: Insertion) -> Inserted:
        last: dict[str, int] = {}
        renumbered = []
        with self.datastore.transaction(commit=False) as c:
            for event in insertion.events:
                id = str(event.originator_id)
                if is_meant(id):
                    if id not in last:
                        c.execute("SELECT max(originator_version) FROM stored_events WHERE originator_id=?", (id,))
                        last[id] = c.fetchone()[0] or 0
                    last[id] += 1
                    event = replace(event, originator_version=last[id])  # noqa: PLW2901
                renumbered.append(event)
        return super(SimulatedRecorder, self).insert(replace(insertion, events=renumbered))

    return insert


def _keep_all(self: RecentStates, states: Any, positions: Any) -> None:
    for state in states:
        self._states[state.id] = state
