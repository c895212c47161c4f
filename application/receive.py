"""Taking in a Stripe event: append it as it came, once, and nothing else on this path."""

from concurrent.futures import Future

from application.ports import Clock
from application.unit_of_work import Stamp, UnitOfWork
from application.writer import Writer
from domain.stripe_event import StripeEvent


def receive(writer: Writer, clock: Clock, id: str, received: StripeEvent.Received) -> "Future[bool]":
    """Append the event. The future is done when that is durable: True if it is new, False for a redelivery.

    Raises:
        Busy: too much is waiting already.
        Stopped: the engine takes nothing any more.
    """

    def command(unit: UnitOfWork) -> bool:
        before = unit.load(StripeEvent, id).version
        return unit.command(StripeEvent, id, StripeEvent.receive, received).version > before

    stamp = Stamp(actor="stripe", now=clock(), session_id=received.session_id)
    return writer.submit(stamp, [id], command)
