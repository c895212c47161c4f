"""Payments in the books of Stripe's stand-in against deliveries in the engine's log: both ways, to the cent."""

from collections import Counter
from collections.abc import Iterable, Iterator

from typed_ids import as_session

from application.reading.checkout_document import CheckoutDocument
from application.staff.by import By
from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from interfaces.bootstrap import Runtime
from interfaces.sandbox.model.books import BookEntry, Books

WORKER = By(name="kim", reason="the day is over")
_EVENTS_MAX = 1_000_000


def disagreements(books: Books, runtime: Runtime) -> list[str]:
    """Nothing, once the engine has done all it can and staff did the rest."""
    return [*_about_each(books, runtime), *_about_all(books, runtime)]


def hand_over(books: Books, runtime: Runtime) -> None:
    """What is left for people to do: pack and ship, and deliver by hand."""
    for entry in books.to_fulfill():
        lines = runtime.log.get(Fulfillment, f"ful_{entry.session_id}").lines.values()
        by_hand = [line.plan.id for line in lines if line.plan.delivery == "manual"]
        if by_hand:
            runtime.staff.complete(as_session(entry.session_id), by_hand, WORKER)
        if any(line.plan.delivery == "shipment" for line in lines):
            runtime.staff.ship(as_session(entry.session_id), [], carrier="DHL", tracking=None, by=WORKER)


def _about_each(books: Books, runtime: Runtime) -> Iterator[str]:
    delivered = _delivered(runtime)
    for entry in books.entries.values():
        document = runtime.queries.checkout(as_session(entry.session_id))
        lines = {line.id for line in entry.line_items} if entry.is_to_fulfill else set()
        if delivered[entry.session_id] != Counter(lines):
            yield f"{entry.session_id}: {sorted(lines)} to deliver, {dict(delivered[entry.session_id])} delivered"
        if document is None and entry.is_to_fulfill:
            yield f"{entry.session_id}: paid, and unknown to the engine"
        elif document is not None:
            yield from _about_copy(entry, document, runtime.log.get(CheckoutSession, entry.session_id))


def _about_copy(entry: BookEntry, document: CheckoutDocument, session: CheckoutSession) -> Iterator[str]:
    if entry.is_to_fulfill != (document.state == "fulfilled"):
        yield f"{entry.session_id}: {entry.payment_status}, and {document.state}"
    receipts = [mail.state for mail in document.emails if mail.kind == "receipt"]
    if receipts != (["sent"] if entry.is_to_fulfill else []):
        yield f"{entry.session_id}: {entry.payment_status}, and the receipts {receipts}"
    checkout = session.checkout
    if checkout is not None and entry.is_to_fulfill and entry.total is not None:
        booked = {line.id: (line.quantity, line.total.amount, line.product_id) for line in entry.line_items}
        copied = {line.id: (line.quantity, line.amount_total, line.product) for line in checkout.line_items}
        if (booked, entry.total.amount, entry.total.currency) != (copied, checkout.amount_total, checkout.currency):
            yield f"{entry.session_id}: {booked} were sold for {entry.total}, and the engine knows {copied}"


def _about_all(books: Books, runtime: Runtime) -> Iterator[str]:
    strangers = _delivered(runtime).keys() - books.entries.keys()
    if strangers:
        yield f"never sold, and delivered: {sorted(strangers)}"
    taken = {currency: money.amount for currency, money in books.taken().items()}
    known = _taken(runtime, books.entries)
    if taken != known:
        yield f"{taken} was paid, and the engine counts {known}"


def _taken(runtime: Runtime, session_ids: Iterable[str]) -> dict[str, int]:
    """The sum of what the engine believes to be paid, by currency."""
    sums: Counter[str] = Counter()
    for session_id in session_ids:
        checkout = runtime.log.get(CheckoutSession, session_id).checkout
        if checkout is not None and checkout.payment_status == "paid":
            sums[checkout.currency] += checkout.amount_total
    return dict(sums)


def _delivered(runtime: Runtime) -> dict[str, Counter[str]]:
    """How often each line was delivered, by session."""
    found: dict[str, Counter[str]] = {}
    for stored in runtime.log.store.select_notifications(None, _EVENTS_MAX):
        event = runtime.log.decode(stored)
        if isinstance(event, Fulfillment.LineItemDelivered):
            found.setdefault(event.session_id or "", Counter())[event.line_item] += 1
    return _WithNothing(found)


class _WithNothing(dict[str, Counter[str]]):
    def __missing__(self, key: str) -> Counter[str]:
        return Counter()
