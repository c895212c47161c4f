"""`fulfill complete`, `cancel` and `replan`: the lines of a checkout."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from interfaces.cli.desk import by, open_desk
from interfaces.cli.outcome import check_goes_out, put_checkout_state
from interfaces.cli.output.printing import talk
from interfaces.cli.usage import Json, Lines, Session, Who, Why

if TYPE_CHECKING:
    from domain.checkout_session import CheckoutSession


def complete(
    session: Session, /, *, as_: Who = None, reason: Why = "delivered by hand", line: Lines = (), json: Json = False
) -> int:
    """Mark line items as delivered by hand. Without --line, all items in state `manual`."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        desk.runtime.staff.complete(id, line, who)
        return put_checkout_state(desk, id, as_json=json)


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
    """Cancel what is not delivered yet: stock is released and calls are withdrawn. No money moves."""
    from domain.checkout_session import CheckoutSession
    from domain.mail import MailKind

    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        if notify:
            check_goes_out(MailKind.CANCELED, desk)
        delivered = desk.runtime.staff.cancel(id, line, who, notifies=notify)
        if delivered:
            titles = ", ".join(f"{each.plan.title} ({each.plan.id})" for each in delivered)
            talk(f"fulfill: Delivered already, so it stays as it is: {titles}.")
        talk(f"fulfill: {about_the_money(desk.runtime.log.get(CheckoutSession, id))}")
        return put_checkout_state(desk, id, as_json=json)


def about_the_money(session: "CheckoutSession") -> str:
    """What became of the money of a checkout of which something was canceled, and what is left to do about it."""
    checkout = session.checkout
    if session.is_paid:
        if checkout is not None and not checkout.is_payment_required:
            return "No money was moved: no payment was required."
        return "No money was moved. Refund the payment in Stripe's Dashboard."
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


def replan(session: Session, /, *, as_: Who = None, reason: Why = "catalog changed", json: Json = False) -> int:
    """Plan blocked lines again from the current catalog."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        desk.check_catalog()
        id = desk.session(session)
        desk.runtime.staff.replan(id, who)
        return put_checkout_state(desk, id, as_json=json)
