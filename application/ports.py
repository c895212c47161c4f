"""The interfaces to the outside world. Each port names its errors; adapters translate every vendor's errors."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.errors import Explained
from domain.checkout import Checkout, Contact, CustomField
from domain.identifiers import SessionId, StripeEventId
from domain.mail import Mail, SentMail
from domain.plan import PlannedLine
from domain.stripe_event import StripeEvent


class PortError(Explained):
    """A service outside did not do what was asked. The message is for staff: no secret, no personal data."""


class Temporary(PortError):
    """A later attempt may succeed: the other side was not reached, was busy, or failed."""


class NotTaken(Temporary):
    """A later attempt may succeed, and nothing has gone out: the other side was not reached, or answered that it took
    nothing."""


class Permanent(PortError):
    """The other side understood and refused, so a retry can't succeed. Nothing has gone out."""


class SessionUnknown(Permanent):
    """Stripe has no such session for our key."""


class NotFromStripe(Exception):
    """A webhook delivery is not signed by Stripe, or is not what it claims to be. The message names the fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """One POST of a Stripe event, verified."""

    event_id: StripeEventId
    received: StripeEvent.Received


class WebhookReader(Protocol):
    """Verifies that a request comes from Stripe."""

    def expect(self, signature: str) -> Callable[[bytes], WebhookDelivery]:
        """Return the function that verifies and reads the body. The header is checked before the body is read.

        Raises:
            NotFromStripe: it can't be a signature header. Reading raises it too. Neither raises anything else.
        """


class StripeGateway(Protocol):
    def retrieve(self, session_id: SessionId) -> Checkout:
        """Retrieve the session with all its line items from Stripe's API.

        Raises:
            SessionUnknown: Stripe has no such session for our key.
            Permanent: Stripe refuses our request.
            Temporary: Stripe was not reached, was busy, failed, refuses our key, or sent an answer that can't be read.
        """


class Mailer(Protocol):
    def send(self, mail: Mail, *, message_id: str) -> SentMail:
        """Hand the mail over for transport, and return what the customer reads. The same message ID is the same mail,
        however often it is sent.

        `message_id` is the part before the `@`; `mail.to` is not None.

        Raises:
            Permanent: the server refused this mail for good (SMTP 5xx).
            NotTaken: the server was not reached or asks us to come back (SMTP 4xx).
            Temporary: the server fell silent or broke off, and may have taken the mail.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRequest:
    """A paid line that a service outside delivers, with everything that the service may need."""

    idempotency_key: str
    """The same for every attempt: the service must deliver once per key."""
    attempt: int
    session_id: SessionId
    livemode: bool
    line: PlannedLine
    customer: Contact
    shipping: Contact | None
    client_reference_id: str | None
    metadata: dict[str, str]
    payment_intent: str | None
    custom_fields: tuple[CustomField, ...] = ()
    """The customer's answers on the payment page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReceipt:
    """The answer to a delivery: a reference for the audit trail."""

    note: str | None = None


class Deliverer(Protocol):
    """Delivers lines through a service outside: `http`, and the merchant's own kinds by entry point."""

    def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
        """Deliver the line, or find that this idempotency key was delivered already.

        Raises:
            Permanent: it can't be delivered; a person must look.
            Temporary: try again later. Anything else that is raised counts as this too.
        """


class WorkerLocks(Protocol):
    """The running workers. A lock is released when its process ends, however it ends."""

    def lead(self) -> bool:
        """Become or stay the one process that runs the policies. Return False while another process is."""

    def enlist(self) -> str:
        """Return the worker ID of this process, whose lock it holds; a new one if that lock was lost."""

    def is_at_work(self, worker: str) -> bool:
        """Return True if a process holds this worker's lock."""

    def has_others(self) -> bool:
        """Return True if any other worker is at work."""

    def release(self) -> None:
        """Release all locks. Other processes can take them at once."""


Clock = Callable[[], datetime]
"""Returns the current time in UTC, with its zone."""
