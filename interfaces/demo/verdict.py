"""Whether a checkout ended as it should: the engine's log, Stripe's books and the outbox must agree."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from application.reading.checkout_document import CheckoutDocument, EmailEntry, MailState
from interfaces.demo.outbox import Letter
from interfaces.sandbox.model.books import BookEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    state: str
    mails: Sequence[str]
    """Each once, and no other: `receipt`, `shipped_1`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The record of one checkout in each of the three."""

    document: CheckoutDocument | None
    booked: BookEntry
    letters: Sequence[Letter]


def objections(expected: Expected, found: Findings) -> list[str]:
    """Return each deviation as half a sentence; nothing if all is well."""
    if found.document is None:
        return ["the engine does not know it"]
    return [
        *_of_engine(expected, found.document),
        *_of_books(found.document, found.booked),
        *_of_mails(expected, found),
    ]


def _of_engine(expected: Expected, document: CheckoutDocument) -> Iterator[str]:
    if document.state != expected.state:
        yield f"its state is {document.state}, not {expected.state}"
    handed_over = sum(entry.type == "Fulfillment.LineItemDelivered" for entry in document.story)
    delivered = sum(line.state.is_delivered for line in document.line_items)
    if handed_over != delivered:
        yield f"{delivered} of its lines are delivered, but the log has it {handed_over} times"


def _of_books(document: CheckoutDocument, booked: BookEntry) -> Iterator[str]:
    if not booked.is_to_fulfill and any(line.state.is_delivered for line in document.line_items):
        yield "something was delivered although nothing was paid"
    if document.amount_total is None:
        if booked.is_to_fulfill:
            yield "it is paid, but the engine has not retrieved it"
        return
    known = (document.payment_status, document.amount_total, document.currency)
    true = (booked.payment_status, *((booked.total.amount, booked.total.currency) if booked.total else (None, None)))
    if known != true:
        yield f"the engine knows of the payment {known}, Stripe of {true}"
    lines = {line.id: line.quantity for line in document.line_items}
    if booked.is_to_fulfill and lines != {line.id: line.quantity for line in booked.line_items}:
        yield f"the engine's {len(lines)} lines are not the {len(booked.line_items)} that were bought"


def _of_mails(expected: Expected, found: Findings) -> Iterator[str]:
    assert found.document is not None, "looked at before"
    wanted = sorted(expected.mails)
    logged = sorted(
        _what(mail) if mail.state is MailState.SENT else f"{_what(mail)} ({mail.state})"
        for mail in found.document.emails
    )
    if logged != wanted:
        yield f"by the log its mails are {_listed(logged)}, not {_listed(wanted)}"
    in_outbox = sorted(letter.what for letter in found.letters)
    if in_outbox != wanted:
        yield f"in the outbox are {_listed(in_outbox)}, not {_listed(wanted)}"
    strangers = {letter.to for letter in found.letters} - {found.booked.email}
    if strangers:
        yield f"a mail went to {', '.join(sorted(strangers))}, not to {found.booked.email}"


def _what(mail: EmailEntry) -> str:
    return f"{mail.kind}_{mail.occasion}" if mail.occasion else str(mail.kind)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def objections_to_the_day(
    made: Collection[str], heard_of: Sequence[str], letters: Sequence[Letter], keys: Sequence[str]
) -> list[str]:
    """Return the deviations that no single checkout shows. `made` are all checkouts, `keys` the shop's license keys."""
    strange = sorted(set(heard_of) - set(made))
    said = [f"the engine has checkouts that no customer made: {_listed(strange)}"] if strange else []
    lost = sorted(letter.name for letter in letters if letter.session_id not in made)
    if lost:
        said.append(f"in the outbox are mails about nothing: {_listed(lost)}")
    owners = Counter(key for key in keys for owner in {each.session_id for each in letters if key in each.text})
    shared = sorted(key for key, count in owners.items() if count > 1)
    if shared:
        said.append(f"license keys went to more than one customer: {_listed(shared)}")
    return said
