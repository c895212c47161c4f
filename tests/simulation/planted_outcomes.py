"""Bugs that leave all counts right, and show only in what customers get, on the shelf or in the audit trail."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
from typed_ids import as_line

from application.running.deciding import Deciding
from application.running.effect_kinds import RetryRule
from application.staff.by import By
from domain import staff_decisions
from domain.catalog import Catalog
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.deliveries.outside import Outside
from domain.effect import Effect
from domain.fulfillment import Fulfillment
from domain.identifiers import LineItemId, SessionId
from domain.mail import MailKind, MailLine
from domain.policies import inventory, payments
from domain.policies.emails import EmailPolicy
from domain.policies.fulfillment import FulfillmentPolicy
from domain.reason import Reason
from domain.stock_item import LineRef, StockItem


def parcel_reported_twice(patch: pytest.MonkeyPatch) -> None:
    """Two mails report the same parcel."""
    request = EmailPolicy._request

    def twice(self: EmailPolicy, session: Any, kind: MailKind, lines: Iterable[MailLine], do: Any, **more: Any) -> Any:
        shown = list(lines)
        if kind is MailKind.SHIPPED:
            request(self, session, kind, shown, do, **{**more, "occasion": f"{more['occasion']}_again"})
        return request(self, session, kind, shown, do, **more)

    patch.setattr(EmailPolicy, "_request", twice)


def keys_not_handed_over(patch: pytest.MonkeyPatch) -> None:
    """A line of keys is delivered without them."""
    deliver = Fulfillment.deliver

    def without_keys(self: Fulfillment, line_item: str, *, note: str | None = None, **_: Any) -> Sequence[Any]:
        return deliver(self, as_line(line_item), note=note)

    patch.setattr(Fulfillment, "deliver", without_keys)


def one_piece_leaves_the_shelf(patch: pytest.MonkeyPatch) -> None:
    """The stock shrinks by one piece, however many were bought."""
    dispatch = StockItem.dispatch

    def only_one(self: StockItem, claim: LineRef) -> Sequence[Any]:
        facts = dispatch(self, claim)
        return [replace(fact, quantity=1) if isinstance(fact, StockItem.Dispatched) else fact for fact in facts]

    patch.setattr(StockItem, "dispatch", only_one)


def given_up_at_first_failure(patch: pytest.MonkeyPatch) -> None:
    """An effect that failed once is not retried."""
    patch.setattr(RetryRule, "retry_after", lambda *_: None)


def commands_without_a_name(patch: pytest.MonkeyPatch) -> None:
    """Staff's commands are recorded without a name."""
    patch.setattr(By, "actor", "staff")


def parked_and_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A follower skips unreadable events."""
    patch.setattr(Deciding, "_park", lambda *_: None)


def never_asks_again(patch: pytest.MonkeyPatch) -> None:
    """A payment whose final event is lost waits forever."""
    patch.setattr(payments, "_ask_later", lambda *_: None)


def canceled_payment_keeps_its_stock(patch: pytest.MonkeyPatch) -> None:
    """Stock stays reserved for a payment that Stripe's API shows as canceled or failed."""
    hold_or_release = FulfillmentPolicy._hold_or_release

    def only_hold(self: FulfillmentPolicy, session_id: SessionId, do: Any) -> None:
        if not do.load(CheckoutSession, session_id).is_payment_over:
            hold_or_release(self, session_id, do)

    patch.setattr(FulfillmentPolicy, "_hold_or_release", only_hold)


def authorized_asked_to_wait(patch: pytest.MonkeyPatch) -> None:
    """A customer whose card is authorized gets the "payment pending" mail."""
    patch.setattr(Checkout, "is_authorized", False)


def shipped_without_its_stock(patch: pytest.MonkeyPatch) -> None:
    """Staff ship and complete a line, and only a policy dispatches its pieces later."""
    patch.setattr(staff_decisions, "_dispatch_delivered", lambda *_: None)


def completed_while_under_way(patch: pytest.MonkeyPatch) -> None:
    """A person takes a line over while its courier is being called."""

    def take_over(self: Effect, why: Reason) -> Sequence[Any]:
        return [Effect.Withdrawn(why=why)] if self.is_open and self.worker is None else []

    patch.setattr(Effect, "take_over", take_over)


class _WithoutStock:
    """Streams that ignore every command to a stock."""

    def __init__(self, streams: Any) -> None:
        self.load = streams.load
        self._command = streams.command

    def command(self, kind: type[Any], id: str, *more: Any, **named: Any) -> Any:
        return self.load(kind, id) if kind is StockItem else self._command(kind, id, *more, **named)


def canceled_line_keeps_its_stock(patch: pytest.MonkeyPatch) -> None:
    """Stock stays reserved for a line that staff canceled."""
    cancel = staff_decisions.cancel

    def only_cancel(session_id: SessionId, lines: Sequence[LineItemId], do: Any, *, notifies: bool) -> None:
        cancel(session_id, lines, cast(Any, _WithoutStock(do)), notifies=notifies)

    patch.setattr(staff_decisions, "cancel", only_cancel)
    patch.setattr(inventory, "_release_canceled", lambda *_: None)


def canceled_while_under_way(patch: pytest.MonkeyPatch) -> None:
    """Staff cancel a line while its courier is being called."""
    patch.setattr(Outside, "cancel", lambda *_: None)


def canceled_checkout_delivered_once_paid(patch: pytest.MonkeyPatch) -> None:
    """A payment that arrives after staff canceled its checkout is fulfilled without asking them."""
    patch.setattr(Catalog, "plan_for_a_person", lambda self, checkout, _: self.plan(checkout))


PLANTS = (
    canceled_line_keeps_its_stock,
    canceled_while_under_way,
    canceled_checkout_delivered_once_paid,
    never_asks_again,
    canceled_payment_keeps_its_stock,
    authorized_asked_to_wait,
    shipped_without_its_stock,
    completed_while_under_way,
    parcel_reported_twice,
    keys_not_handed_over,
    one_piece_leaves_the_shelf,
    given_up_at_first_failure,
    commands_without_a_name,
    parked_and_forgotten,
)
