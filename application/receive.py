"""Receives a Stripe event: it only appends the event as it came, once."""

from application.ports import Clock
from application.writing.unit_of_work import Stamp, stamped
from application.writing.writer import Waiter, Writer
from domain.identifiers import StripeEventId
from domain.stripe_event import StripeEvent


def receive(writer: Writer, clock: Clock, id: StripeEventId, received: StripeEvent.Received, waiter: Waiter) -> None:
    """Append the event. The waiter gets the result when it is durable: True if it is new, False for a redelivery.

    This does not wake the writer: a caller with many events wakes it once for all of them.

    Raises:
        Busy: too much is waiting already.
        Stopped: the engine accepts nothing anymore.
    """
    writer.begin(stamped(received, Stamp(actor="stripe", now=clock()), id, 1), waiter)
