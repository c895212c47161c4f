"""Taking in a Stripe event: append it as it came, once, and nothing else on this path."""

from application.log.unit_of_work import Stamp, stamped
from application.log.writer import Waiter, Writer
from application.ports import Clock
from domain.ids import StripeEventId
from domain.stripe_event import StripeEvent


def receive(writer: Writer, clock: Clock, id: StripeEventId, received: StripeEvent.Received, waiter: Waiter) -> None:
    """Append the event. The waiter has the result when that is durable: True if it is new, False for a redelivery.

    It does not wake the writer: a caller with many events wakes it once for all of them.

    Raises:
        Busy: too much is waiting already.
        Stopped: the engine takes nothing any more.
    """
    writer.begin(stamped(received, Stamp(actor="stripe", now=clock()), id, 1), waiter)
