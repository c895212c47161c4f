"""`fulfill complete`, `cancel` and `replan`: the lines of a checkout."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from application.text.english import listed
from interfaces.cli.done import canceled, completed, replanned
from interfaces.cli.output.printing import talk
from interfaces.cli.output.text import money
from interfaces.cli.running.desk import by, open_desk
from interfaces.cli.running.outcome import check_goes_out, put_checkout_state
from interfaces.cli.usage import Json, Lines, Session, Who, Why

if TYPE_CHECKING:
    from application.reading.canceled_amounts import CanceledAmounts
    from domain.checkout_session import CheckoutSession


def complete(
    session: Session, /, *, as_: Who = None, reason: Why = "delivered by hand", line: Lines = (), json: Json = False
) -> int:
    """Mark line items as delivered by hand. Without --line, all items in state `manual`."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        before = desk.fulfillment(id)
        desk.runtime.staff.complete(id, line, who)
        return put_checkout_state(desk, id, completed(before, desk.fulfillment(id)), as_json=json)


def cancel(
    session: Session,
    /,
    *,
    line: Lines = (),
    notify: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Send the customer a mail about it.")
    ] = False,
    as_: Who = None,
    reason: Why = "canceled by the shop",
    json: Json = False,
) -> int:
    """Cancel undelivered line items: release their stock and withdraw open calls. Moves no money."""
    from application.reading.canceled_amounts import canceled_amounts
    from domain.checkout_session import CheckoutSession
    from domain.mail import MailKind

    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        if notify:
            check_goes_out(MailKind.CANCELED, desk)
        before = desk.fulfillment(id)
        delivered = desk.runtime.staff.cancel(id, line, who, notifies=notify)
        if delivered:
            titles = ", ".join(f"{each.plan.title} ({each.plan.id})" for each in delivered)
            talk(f"fulfill: Not canceled, because it is delivered already: {titles}.")
        session_, after = desk.runtime.log.get(CheckoutSession, id), desk.fulfillment(id)
        amounts = canceled_amounts(session_, before, after)
        talk(f"fulfill: {about_the_money(session_, amounts)}")
        return put_checkout_state(desk, id, canceled(before, after, notifies=notify), as_json=json)


def about_the_money(session: "CheckoutSession", amounts: "CanceledAmounts | None" = None) -> str:
    """What became of the money of a checkout of which something was canceled, and what is left to do about it."""
    checkout = session.checkout
    if session.is_paid:
        if checkout is not None and not checkout.is_payment_required:
            return "No money was moved: no payment was required."
        if amounts is None:
            return "No money was moved. Refund the payment in Stripe's Dashboard."
        what = "the payment" if amounts.is_whole else "what is due"
        return f"No money was moved. {_what_was_paid(amounts)} Refund {what} in Stripe's Dashboard."
    if session.is_payment_over:
        return "No money was moved: the payment failed or was canceled."
    if session.is_reported_open:
        return (
            "No money was moved. The customer has not paid, and can until the session expires: `fulfill queue` would "
            "show it."
        )
    if session.expired or (checkout is not None and checkout.is_expired):
        return "No money was moved: the session expired before it was paid."
    return "No money was moved. If a payment is on its way, cancel it in Stripe's Dashboard."


def _what_was_paid(amounts: "CanceledAmounts") -> str:
    """What was paid, and for what, as far as Stripe's amounts show it."""

    def shown(amount: int) -> str:
        return money(amount, amounts.currency)

    own = amounts.presentment
    paid = f"{shown(amounts.paid)} was paid" + (f" ({money(own.amount, own.currency)} by the customer)" if own else "")
    if amounts.beside < 0:
        lines = shown(amounts.paid - amounts.beside)
        return f"{paid}. The lines come to {lines}, so it is not known how much of it each of them cost."
    beside = "shipping" if amounts.beside == amounts.shipping else "everything else, such as shipping and its tax,"
    parts = [
        (amounts.canceled, "the lines canceled now"),
        (amounts.canceled_before, "those canceled before"),
        (amounts.delivered, "the delivered ones"),
        (amounts.to_deliver, "those still to be delivered"),
        (amounts.beside, beside),
    ]
    (first, what), *others = ((amount, of) for number, (amount, of) in enumerate(parts) if amount or not number)
    listing = listed([f"{what} come to {shown(first)}", *(f"{of} to {shown(amount)}" for amount, of in others)])
    return f"{paid}: {listing}, with their discounts and taxes."


def replan(session: Session, /, *, as_: Who = None, reason: Why = "catalog changed", json: Json = False) -> int:
    """Replan blocked line items from the current catalog."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        desk.check_catalog()
        id = desk.session(session)
        before = desk.fulfillment(id)
        desk.runtime.staff.replan(id, who)
        return put_checkout_state(desk, id, replanned(before, desk.fulfillment(id)), as_json=json)
