"""The commands of staff. Each carries a name and a reason, which the log keeps."""

from collections.abc import Mapping, Sequence, Set
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TypeVar

from application.errors import NotFound, UnknownCheckout
from application.log.log import Log
from application.ports import Clock
from application.staff.by import By
from application.staff.checks import check_is_known, check_is_ours, check_retriable, recipient
from application.staff.correction import Correction
from application.staff.parcels import ListedParcel, ship_all
from application.writing.unit_of_work import Stamp, UnitOfWork
from application.writing.writer import Command, Writer
from domain import key_decisions, refusals, revoked_keys, staff_decisions
from domain.catalog import Catalog
from domain.checkout import Contact
from domain.checkout_session import CheckoutSession
from domain.errors import Refused, UnreadableEvent
from domain.fulfillment import Fulfillment
from domain.identifiers import (
    LineItemId,
    PoolName,
    SessionId,
    Sku,
    StripeEventId,
    fulfillment_id,
    is_stripe_event,
    key_pool_id,
    session_id,
    stock_id,
)
from domain.key_decisions import Withdrawal
from domain.key_pool import KeyPool
from domain.line import Line
from domain.mail import Mail, MailKind
from domain.personal import Personal, personal
from domain.policy import Policy
from domain.revoked_keys import KeyChange
from domain.staff_text import check_note
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent

T = TypeVar("T")

_KEYS_PER_EVENT = 1000


class _OnlyTried(Exception):
    """Undoes a dry run: every command succeeded, and nothing is recorded."""


class Staff:
    """The commands. They raise `NotFound` if the log does not contain the subject; `Refused`, with a way out, if the
    command can't be done; and `StoreUnavailable`, `Busy` or `Stopped` if it could not be recorded."""

    def __init__(
        self, log: Log, writer: Writer, catalog: Catalog, clock: Clock, countries: Set[str], stripe_events: Policy
    ) -> None:
        """`countries`: where parcels can go, as codes of ISO 3166. `stripe_events`: the policy of Stripe events."""
        self._log = log
        self._writer = writer
        self._catalog = catalog
        self._clock = clock
        self._countries = countries
        self._stripe_events = stripe_events

    def complete(self, session_id: SessionId, lines: Sequence[LineItemId], by: By) -> None:
        """Record that these lines, or those that only a person delivers, were delivered by hand."""

        self._on_order(session_id, by, lambda unit: staff_decisions.complete(session_id, lines, unit))

    def ship(
        self, session_id: SessionId, lines: Sequence[LineItemId], *, carrier: str, tracking: str | None, by: By
    ) -> None:
        """Record that a parcel left with these lines, or with all that are ready to pack."""

        def ship(unit: UnitOfWork) -> None:
            staff_decisions.ship(session_id, lines, unit, carrier=carrier, tracking=tracking)

        self._on_order(session_id, by, ship)

    def correct_parcel(
        self,
        session_id: SessionId,
        number: int | None,
        *,
        carrier: str | None,
        tracking: str | None,
        by: By,
        notifies: bool,
    ) -> None:
        """Correct the carrier or the tracking number of a parcel that has left: this one, or the only one."""

        def correct(unit: UnitOfWork) -> None:
            staff_decisions.correct_parcel(
                session_id, number, unit, carrier=carrier, tracking=tracking, notifies=notifies
            )

        self._on_order(session_id, by, correct)

    def unship(
        self, session_id: SessionId, number: int | None, lines: Sequence[LineItemId], by: By, *, is_restocked: bool
    ) -> None:
        """Record that these lines of a parcel, or all of them, must be packed again."""

        def unship(unit: UnitOfWork) -> None:
            staff_decisions.unship(session_id, number, lines, unit, is_restocked=is_restocked)

        self._on_order(session_id, by, unship)

    def ship_all(
        self, parcels: Sequence[ListedParcel], unknown: Mapping[int, str], by: By, *, is_dry_run: bool
    ) -> None:
        """Record that all these parcels left, in one transaction. A dry run makes the same decisions and records
        none. `unknown` has a sentence about each row whose order is not one checkout.

        Raises:
            Refused: one of them can't have left. The sentence names all such rows, and nothing was recorded.
        """

        def ship(unit: UnitOfWork) -> None:
            ship_all(parcels, unknown, unit)
            if is_dry_run:
                raise _OnlyTried

        ids = [id for parcel in parcels for id in (parcel.session_id, fulfillment_id(parcel.session_id))]
        try:
            self._run(by, None, ids, ship)
        except _OnlyTried:
            return

    def cancel(self, session_id: SessionId, lines: Sequence[LineItemId], by: By, *, notifies: bool) -> Sequence[Line]:
        """Cancel these lines, or everything that is not delivered yet. Return the delivered lines, which stay as they
        are."""

        def cancel(unit: UnitOfWork) -> Sequence[Line]:
            staff_decisions.cancel(session_id, lines, unit, notifies=notifies)
            after = unit.load(Fulfillment, fulfillment_id(session_id))
            return [line for line in after.lines.values() if line.state.is_delivered]

        return self._on_checkout(session_id, by, cancel)

    def replan(self, session_id: SessionId, by: By) -> None:
        """Replan the blocked lines from the current catalog."""

        def replan(unit: UnitOfWork) -> None:
            checkout = unit.load(CheckoutSession, session_id).checkout
            plan = self._catalog.plan(checkout) if checkout else ()
            staff_decisions.replan(session_id, plan, self._catalog.digest, unit)

        self._on_order(session_id, by, replan)

    def retry(self, id: str, by: By) -> None:
        """Retry everything that is stuck in a checkout, or a Stripe event that could not be handled."""
        self._writer.result(self._submit_retry(id, by))

    def check_retriable(self, id: str, *, livemode: bool) -> None:
        """
        Raises:
            Refused: a retry would do nothing.
        """
        check_retriable(self._log, self._stripe_events, id, livemode=livemode)

    def retry_all(self, ids: Sequence[str], by: By) -> list[str]:
        """Retry many, in few transactions. Return those that this version can't read: they stay stuck."""
        unreadable: list[str] = []
        submitted: list[tuple[str, Future[None]]] = []
        for id in ids:
            try:
                submitted.append((id, self._submit_retry(id, by)))
            except UnreadableEvent:
                unreadable.append(id)
        for id, retry in submitted:
            try:
                self._writer.result(retry)
            except UnreadableEvent:
                unreadable.append(id)
        return unreadable

    def _submit_retry(self, id: str, by: By) -> "Future[None]":
        if not is_stripe_event(id):
            checkout = session_id(id)
            return self._submit(by, checkout, [id], partial(_retry_checkout, checkout))
        return self._submit(by, self._session_of(id), [id], partial(_retry_stripe_event, id))

    def _session_of(self, id: StripeEventId) -> SessionId | None:
        """Return the session that the Stripe event is about.

        Raises:
            NotFound: the log has no such Stripe event.
        """
        received = self._log.get(StripeEvent, id).received
        if received is None:
            raise NotFound(f"No Stripe event {id} in the log.")
        return received.session_id

    def check_is_known(self, subject: SessionId | StripeEventId) -> None:
        """
        Raises:
            NotFound: the log has no such checkout or Stripe event.
        """
        if is_stripe_event(subject):
            self._session_of(subject)
        elif not self._log.get(CheckoutSession, subject).is_known:
            raise UnknownCheckout(subject)

    def dismiss(self, subject: SessionId | StripeEventId, by: By) -> None:
        """Take a Stripe event or a checkout out of the work queue, until there is something new about it. Lines of a
        checkout stay: they are delivered or canceled. Only the queue shows whether it has something to dismiss.

        Raises:
            Refused: the Stripe event has no failure in the queue.
        """
        if not is_stripe_event(subject):
            checkout = session_id(subject)
            self._on_checkout(
                checkout, by, lambda unit: unit.command(CheckoutSession, checkout, CheckoutSession.dismiss)
            )
            return
        about = self._session_of(subject)
        self._run(by, about, [subject], lambda unit: unit.command(StripeEvent, subject, StripeEvent.dismiss))

    def note(self, session_id: SessionId, text: str, by: By) -> None:
        """Add a note to the audit trail.

        Raises:
            NotFound: the log has no such checkout.
            Refused: as `check_note`.
        """
        check_note(text)
        self._on_checkout(
            session_id, by, lambda unit: unit.command(CheckoutSession, session_id, CheckoutSession.note, text)
        )

    def readdress(self, session_id: SessionId, to: str, by: By) -> None:
        """Set another address for the checkout's mails. Failed mails are retried with it.

        Raises:
            NotFound: the log has no such checkout.
            Refused: `to` is no address.
        """
        address = recipient(to)
        self._on_checkout(
            session_id, by, lambda unit: unit.command(CheckoutSession, session_id, CheckoutSession.readdress, address)
        )

    def resend(
        self, session_id: SessionId, kind: MailKind, occasion: str | None, to: str | None, by: By, *, is_dry_run: bool
    ) -> Mail:
        """Send a mail again that was sent, and return it. A dry run makes the same decision and records nothing."""
        address = None if to is None else recipient(to)
        decided: list[Mail] = []

        def resend(unit: UnitOfWork) -> None:
            decided.append(staff_decisions.resend(session_id, kind, occasion, personal(address), unit))
            if is_dry_run:
                raise _OnlyTried

        with suppress(_OnlyTried):
            self._on_checkout(session_id, by, resend)
        return decided[-1]

    def correct_shipping(self, session_id: SessionId, correction: Correction, by: By) -> None:
        """Change parts of where the checkout's parcels go, as far as they have not left.

        Raises:
            NotFound: the log has no such checkout.
            Refused: the result is no address, or nothing is left to send.
        """

        def correct(unit: UnitOfWork) -> None:
            checkout = unit.load(CheckoutSession, session_id).checkout
            if checkout is None:
                raise Refused(refusals.not_retrieved())
            before = unit.load(Fulfillment, fulfillment_id(session_id)).shipping_contact(checkout)
            staff_decisions.correct_shipping(session_id, correction.of(before or Contact(), self._countries), unit)

        self._on_order(session_id, by, correct)

    def show_keys(self, session_id: SessionId, lines: Sequence[LineItemId], by: By) -> Sequence[Line]:
        """Return these lines, or all that have license keys. The log records first that staff looked at them."""

        def show(unit: UnitOfWork) -> Sequence[Line]:
            fulfillment = unit.command(Fulfillment, fulfillment_id(session_id), Fulfillment.show_keys, lines)
            return fulfillment.lines_with_keys(lines)

        return self._on_order(session_id, by, show)

    def revoke_keys(self, session_id: SessionId, line: LineItemId | None, numbers: Sequence[int], by: By) -> KeyChange:
        """Record that keys of the customer are no longer valid. Raises as `revoked_keys.revoke`."""
        return self._on_order(session_id, by, lambda unit: revoked_keys.revoke(session_id, line, numbers, unit))

    def replace_keys(self, session_id: SessionId, line: LineItemId | None, numbers: Sequence[int], by: By) -> KeyChange:
        """Revoke keys, and give the customer new ones. Raises as `revoked_keys.replace`."""
        return self._on_order(session_id, by, lambda unit: revoked_keys.replace(session_id, line, numbers, unit))

    def count(self, sku: Sku, on_hand: int, by: By) -> StockItem:
        """Set the number of pieces on the shelf, and serve waiting lines that now fit."""
        id = stock_id(sku)
        return self._run(by, None, [id], lambda unit: unit.command(StockItem, id, StockItem.count, on_hand))

    def import_keys(self, pool: PoolName, keys: Sequence[str], by: By) -> int:
        """Add keys that were never in the pool, and return how many that were.

        Each thousand is a transaction of its own, so that other writers get their turn in between. After an
        interruption the same call adds the rest. A key that is in any other pool would be sold twice: then nothing is
        imported.
        """
        id = key_pool_id(pool)
        others = [other for other in self._log.key_pools() if other != id]
        if len(keys) > _KEYS_PER_EVENT:  # check every key before the first event is recorded
            self._run(by, None, [], lambda unit: key_decisions.check_in_none(others, keys, unit))
        added = 0
        for start in range(0, len(keys), _KEYS_PER_EVENT):
            if start > 0:
                self._writer.give_way()
            some = keys[start : start + _KEYS_PER_EVENT]
            added += self._run(by, None, [id], partial(key_decisions.import_keys, id, others, some))
        return added

    def withdraw_keys(self, pool: PoolName, keys: Sequence[str], by: By) -> Withdrawal:
        """Withdraw these keys, whether or not they are in the pool: no line gets them.

        Each thousand is a transaction of its own, as in an import. If a customer has one of them, none is withdrawn.
        """
        id = key_pool_id(pool)
        if len(keys) > _KEYS_PER_EVENT:  # check every key before the first event is recorded
            self._run(by, None, [id], lambda unit: unit.load(KeyPool, id).check_not_given(keys))
        withdrawn = unknown = 0
        for start in range(0, len(keys), _KEYS_PER_EVENT):
            if start > 0:
                self._writer.give_way()
            some = keys[start : start + _KEYS_PER_EVENT]
            found = self._run(by, None, [id], partial(key_decisions.withdraw_keys, id, some))
            withdrawn, unknown = withdrawn + found.withdrawn, unknown + found.unknown
        return Withdrawal(withdrawn=withdrawn, unknown=unknown)

    def _on_checkout(self, session_id: SessionId, by: By, command: Command[T]) -> T:
        def checked(unit: UnitOfWork) -> T:
            check_is_known(session_id, unit)
            return command(unit)

        return self._run(by, session_id, [session_id, fulfillment_id(session_id)], checked)

    def _on_order(self, session_id: SessionId, by: By, command: Command[T]) -> T:
        """A command about what a checkout of ours has bought."""

        def checked(unit: UnitOfWork) -> T:
            check_is_ours(session_id, unit)
            return command(unit)

        return self._on_checkout(session_id, by, checked)

    def _run(self, by: By, session_id: SessionId | None, ids: Sequence[str], command: Command[T]) -> T:
        return self._writer.result(self._submit(by, session_id, ids, command))

    def _submit(self, by: By, session_id: SessionId | None, ids: Sequence[str], command: Command[T]) -> "Future[T]":
        now, reason = self._clock(), Personal(by.reason.strip())
        return self._writer.submit(Stamp(actor=by.actor, now=now, session_id=session_id, reason=reason), ids, command)


def _retry_checkout(id: SessionId, unit: UnitOfWork) -> None:
    check_is_known(id, unit)
    unit.command(CheckoutSession, id, CheckoutSession.request_retry)


def _retry_stripe_event(id: StripeEventId, unit: UnitOfWork) -> None:
    unit.command(StripeEvent, id, StripeEvent.request_retry)
