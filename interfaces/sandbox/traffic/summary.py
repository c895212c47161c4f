"""The summary of a day."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from interfaces.sandbox.faults.weather import CORRUPTIONS
from interfaces.sandbox.model.books import BookEntry, Books
from interfaces.sandbox.model.values import WebhookDelivery
from interfaces.sandbox.sandbox import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    sessions: Mapping[str, int]
    """How many are `paid`, `free`, `pending`, `failed`, `expired`, `open`."""
    paid: Mapping[str, int]
    """What was paid by currency, in its smallest unit."""
    deliveries: Mapping[str, int]
    """How many events went to an endpoint, by how they ended: `delivered`, `pending`, `given_up`, `dropped`."""
    attempts: int
    attempts_failed: int
    mishaps: Mapping[str, int]
    """The number of mishaps of each kind."""
    believed: int
    """Attempts that were not genuine and were answered as if they were: none, if the shop looks at signatures."""


def summary_of(sandbox: Sandbox) -> Summary:
    books = sandbox.books
    with sandbox.reading() as state:
        deliveries = list(state.deliveries.values())
    attempts = [attempt for delivery in deliveries for attempt in delivery.attempts]
    corrupt = [attempt for attempt in attempts if not set(CORRUPTIONS).isdisjoint(attempt.mishaps)]
    return Summary(
        sessions=_sessions(books),
        paid={currency: money.amount for currency, money in sorted(books.taken().items())},
        deliveries=dict(sorted(Counter(str(delivery.state) for delivery in deliveries).items())),
        attempts=len(attempts),
        attempts_failed=sum(not attempt.has_succeeded for attempt in attempts),
        mishaps=_mishaps(deliveries),
        believed=sum(attempt.has_succeeded for attempt in corrupt),
    )


def _sessions(books: Books) -> dict[str, int]:
    return dict(sorted(Counter(_outcome(entry) for entry in books.entries.values()).items()))


def _outcome(entry: BookEntry) -> str:
    if entry.status != "complete":
        return entry.status
    if entry.is_to_fulfill:
        return "paid" if entry.paid is not None else "free"
    return "pending" if entry.is_debit_pending or entry.is_authorized else "failed"


def _mishaps(deliveries: Iterable[WebhookDelivery]) -> dict[str, int]:
    return dict(sorted(Counter(str(mishap) for each in deliveries for mishap in each.fate.mishaps).items()))
