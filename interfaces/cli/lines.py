"""`fulfill complete`, `cancel` and `replan`: the lines of a checkout."""

from typing import Annotated

from cyclopts import Parameter

from interfaces.cli.desk import by, open_desk
from interfaces.cli.outcome import check_goes_out, put_checkout_state
from interfaces.cli.output.printing import talk
from interfaces.cli.usage import Json, Lines, Session, Who, Why


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
        talk("fulfill: No money was moved. Refund or cancel the payment in Stripe's Dashboard.")
        return put_checkout_state(desk, id, as_json=json)


def replan(session: Session, /, *, as_: Who = None, reason: Why = "catalog changed", json: Json = False) -> int:
    """Plan blocked lines again from the current catalog."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        desk.check_catalog()
        id = desk.session(session)
        desk.runtime.staff.replan(id, who)
        return put_checkout_state(desk, id, as_json=json)
