"""The world outside, as the engine's ports see it: it remembers everything, and can be where a process ends."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from fakes.crash import CrashPoints

from application.ports import DeliveryReceipt, DeliveryRequest, SessionUnknown
from application.threads import Threads
from domain import reasons
from domain.checkout import Checkout
from domain.mail import Mail, SentMail
from domain.personal import Personal

BEGINNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

_workers = count(1)


def as_written(mail: Mail) -> SentMail:
    """The mail as a mailer without templates writes it."""
    name = mail.name.text if mail.name else "customer"
    titles = "\n".join(f"{line.quantity} x {line.title}" for line in mail.lines)
    return SentMail(
        subject=Personal(f"Your order ({mail.kind})"), text=Personal(f"Hello {name},\n\nyou ordered:\n{titles}\n")
    )


@dataclass
class FixedClock:
    """Stands still until it is moved, but for a microsecond at every look."""

    now: datetime = BEGINNING
    elapsed_seconds: float = 0.0
    """How much time has passed, whatever the clock was set to."""

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.elapsed_seconds += seconds


@dataclass
class PassingTime(Threads):
    """Threads whose timer sees the time that a fixed clock lets pass, and does not see that the clock is set."""

    clock: FixedClock

    def monotonic(self) -> float:
        return super().monotonic() + self.clock.elapsed_seconds


@dataclass
class Outside:
    """Stripe's truth, the customer's mailbox, and a courier. It survives the engine."""

    points: CrashPoints = field(default_factory=CrashPoints)
    checkouts: dict[str, Checkout] = field(default_factory=dict)
    retrievals: int = 0
    planned_errors: list[Exception] = field(default_factory=list)
    """What the next calls raise, whichever they are."""
    couriers_error: Exception | None = None
    """The courier's answer to every call, as long as it is set."""
    mailers_error: Exception | None = None
    """What the mail server answers to every mail, as long as it is there."""
    mailers_silence: Exception | None = None
    """What becomes of every mail once the mail server has taken it, as long as it is there."""
    mailbox: dict[str, Mail] = field(default_factory=dict)
    """By message ID: the same one twice is one mail, as a mail server and a reader see it."""
    deliveries: dict[str, DeliveryRequest] = field(default_factory=dict)
    """By idempotency key: the courier delivers once per key."""

    def _raise_planned_error(self) -> None:
        if self.planned_errors:
            raise self.planned_errors.pop(0)

    def retrieve(self, session_id: str) -> Checkout:
        self._raise_planned_error()
        self.points.reach("before Stripe is asked")
        self.retrievals += 1
        if session_id not in self.checkouts:
            raise SessionUnknown(reasons.unknown_to_stripe())
        checkout = self.checkouts[session_id]
        self.points.reach("after Stripe was asked")
        return checkout

    def send(self, mail: Mail, *, message_id: str) -> SentMail:
        self._raise_planned_error()
        self.points.reach("before a mail is sent")
        if self.mailers_error is not None:
            raise self.mailers_error
        known = self.mailbox.setdefault(message_id, mail)
        assert known == mail, "one message ID was used for two different mails"
        self.points.reach("after a mail was sent")
        if self.mailers_silence is not None:
            raise self.mailers_silence
        return as_written(mail)

    def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
        self._raise_planned_error()
        self.points.reach("before a line is delivered outside")
        if self.couriers_error is not None:
            raise self.couriers_error
        self.deliveries.setdefault(request.idempotency_key, request)
        self.points.reach("after a line was delivered outside")
        return DeliveryReceipt(note="delivered outside")

    def settle(self, session_id: str) -> None:
        """A delayed payment arrives."""
        self.checkouts[session_id] = replace(self.checkouts[session_id], payment_status="paid")


class MemoryLocks:
    """Locks of processes that are objects: a killed one releases them."""

    def __init__(self, held: dict[str, object]) -> None:
        self._held: dict[str, object] = held
        self._worker = f"{next(_workers):08x}"

    def lead(self) -> bool:
        return self._held.setdefault("leader", self) is self

    def enlist(self) -> str:
        self._held[f"worker {self._worker}"] = self
        return self._worker

    def is_at_work(self, worker: str) -> bool:
        return f"worker {worker}" in self._held

    def has_others(self) -> bool:
        return any(name.startswith("worker ") and holder is not self for name, holder in self._held.items())

    def release(self) -> None:
        for name in [name for name, holder in self._held.items() if holder is self]:
            del self._held[name]
