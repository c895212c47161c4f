"""Prints one checkout for a person: its state, the order, line items, parcels, mails and story."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from application.errors import NotFound, UnknownCheckout
from application.reading.checkout_document import CheckoutDocument, EmailEntry, StoryEntry, as_json
from application.reading.checkout_state import CheckoutState
from application.reading.redacted import HIDDEN
from application.reading.states_in_words import NOT_RETRIEVED, checkout_in_words, line_in_words
from application.text.english import counted
from application.text.wording import PAYMENTS
from domain.identifiers import KEYS_PREFIX, PAYMENT_PREFIX, SKU_PREFIX, SessionId
from domain.mail import MailKind
from domain.order_number import order_number, with_prefix
from domain.refusal import Reported
from domain.step import MailStep
from interfaces.cli.output.order_fields import order_fields, text
from interfaces.cli.output.printing import Page
from interfaces.cli.output.text import exact, money, to_the_second

if TYPE_CHECKING:
    from interfaces.databases import ReadSide

_WITHOUT_PAYMENT = (CheckoutState.PAYMENT_FAILED, CheckoutState.EXPIRED)
_SHARED = (SKU_PREFIX, KEYS_PREFIX, PAYMENT_PREFIX)
"""Streams of which not every event belongs to this story."""


@dataclass(frozen=True, slots=True)
class Shown:
    document: CheckoutDocument
    landing_page: str
    """Its address for this customer; without a host if the settings name none."""
    then: datetime | None
    """The moment as of which it is shown; None for now."""
    hides_personal: bool
    is_complete: bool
    """False if the log has unreadable events that may belong to any checkout."""

    def as_json(self) -> Mapping[str, object]:
        document = {**as_json(self.document), "landing_page": self.landing_page, "is_complete": self.is_complete}
        return document if self.then is None else {**document, "as_of": self.then}


def shown_checkout(
    side: "ReadSide",
    session_id: SessionId,
    then: datetime | None,
    *,
    public_url: str | None,
    hides_personal: bool = False,
) -> Shown:
    """
    Raises:
        NotFound: the log does not know it, or did not then.
    """
    document = side.queries.checkout(session_id, then, hides_personal=hides_personal)
    if document is None:
        raise _unknown(side.queries.checkout(session_id), session_id, then, hides_personal=hides_personal)
    return Shown(
        document=document,
        # it shows to anyone what it shows to the customer, license keys included
        landing_page=HIDDEN.text if hides_personal else f"{public_url or ''}/after-checkout?session_id={session_id}",
        then=then,
        hides_personal=hides_personal,
        is_complete=not side.queries.has_unreadable_events_of_any_checkout(),
    )


def _unknown(
    now: CheckoutDocument | None, session_id: SessionId, then: datetime | None, *, hides_personal: bool
) -> NotFound:
    if now is None or then is None:
        return UnknownCheckout(session_id)
    first, name = exact(now.story[0].recorded_at), order_number(session_id) if hides_personal else session_id
    return NotFound(f"{name} was not in the log yet at {exact(then)}. Its first event was recorded at {first}.")


def put_checkout(
    shown: Shown, page: Page, zone: tzinfo = UTC, *, order_prefix: str | None, newest_first: bool = False
) -> None:
    """Print it with times in this zone. Times inside a sentence of the story stay in UTC, which they name."""
    document = shown.document
    page.say(f"{document.session_id} ({'live' if document.livemode else 'test'} mode)")
    page.fields(_header(shown, zone, order_prefix))
    if document.line_items:
        page.say()
        rows = [
            (i.id, i.quantity, i.name, i.sku, i.delivery, line_in_words(i, document.situation), i.detail)
            for i in document.line_items
        ]
        columns = ("line item", "qty", "description", "sku", "delivery", "state", "detail")
        page.table(columns, rows, wraps=("description", "detail"))
    if document.parcels:
        page.say()
        parcels = [
            (
                each.number,
                each.carrier,
                text(each.tracking),
                to_the_second(each.shipped_at, zone),
                ", ".join(each.lines),
            )
            for each in document.parcels
        ]
        page.table(("parcel", "carrier", "tracking", "shipped", "line items"), parcels, wraps=("line items",))
    if document.emails:
        page.say()
        mails = [
            (mail.kind, mail.state, _occasion(mail, document), text(mail.to), text(mail.subject), mail.detail)
            for mail in document.emails
        ]
        page.table(("email", "state", "occasion", "to", "subject", "detail"), mails, wraps=("subject", "detail"))
    for mail in document.emails:
        _put_text(mail, _occasion(mail, document), page)
    page.say()
    places = _places(document)
    for entry in reversed(document.story) if newest_first else document.story:
        if not entry.is_routine:
            page.entry(exact(entry.recorded_at, zone), entry.text, _details(entry, places, zone))
    left_out = sum(entry.is_routine for entry in document.story)
    if left_out:
        page.say()
        page.say(f"Omitted {counted(left_out, 'event')} of earlier scheduled retrievals. --json includes them.")


def _occasion(mail: EmailEntry, document: CheckoutDocument) -> str:
    return occasion_in_words(mail.kind, mail.occasion, {item.id: item.name for item in document.line_items})


def occasion_in_words(kind: MailKind, occasion: str | None, names: Mapping[str, str]) -> str:
    """What distinguishes several mails of one kind, with its text in brackets for `fulfill resend`; the number of a
    parcel is its text. `names` has those of the line items by their IDs."""
    if occasion is None:
        return ""
    step = MailStep(kind, occasion)
    if step.is_correction:
        return f"correction of parcel {step.parcel} ({occasion})"
    if step.parcel is not None:
        return f"parcel {step.parcel}"
    return f"{names[occasion]} ({occasion})" if names.get(occasion) else occasion


def _put_text(mail: EmailEntry, occasion: str, page: Page) -> None:
    """The text part of a mail as it was sent."""
    if mail.text:
        page.say()
        page.say(f"Text of the mail {mail.kind}{f', {occasion}' if occasion else ''}, as it was sent:")
        for line in mail.text.text.rstrip().splitlines():
            page.say(f"    {line}" if line else "")


def _header(shown: Shown, zone: tzinfo, order_prefix: str | None) -> Iterator[tuple[str, str]]:
    document, checkout = shown.document, shown.document.checkout
    if shown.then:
        is_past = shown.then <= datetime.now(UTC)
        aside = "in the past; the current state may differ" if is_past else "in the future; this is the current state"
        yield "As of", f"{exact(shown.then, zone)}, {aside}"
    yield "Order number", with_prefix(document.order_number, order_prefix)
    yield "State", checkout_in_words(document)
    yield "Payment", ", ".join(filter(None, (money(document.amount_total, document.currency), _payment(document))))
    if checkout:
        yield from order_fields(checkout, hides_personal=shown.hides_personal)
        if document.mails_to != checkout.contact.email:
            yield "Mails go to", text(document.mails_to)
    yield "Landing page", shown.landing_page


def _payment(document: CheckoutDocument) -> str:
    """How the payment stands. "Not paid yet" is only said where it can still come."""
    status, checkout = document.payment_status or "", document.checkout
    if document.reported is Reported.PAID:
        return f"reported as paid, {NOT_RETRIEVED}"
    is_over = document.state in _WITHOUT_PAYMENT or (checkout is not None and checkout.is_payment_over)
    words = "not paid" if status == "unpaid" and is_over else PAYMENTS.get(status, status or "not known yet")
    return f"{words}, as Stripe reported" if document.reported and status and checkout is None else words


def _details(entry: StoryEntry, places: Mapping[str, str], zone: tzinfo) -> Iterator[str]:
    """The lines below a sentence: the event, its actor, the time it happened, its cause and reason."""
    happened = "" if entry.occurred_at == entry.recorded_at else f", happened {exact(entry.occurred_at, zone)}"
    because = f", because of {places.get(entry.cause, entry.cause)}" if entry.cause else ""
    yield f"#{entry.position} {entry.type} by {entry.actor}{happened}{because}"
    if entry.reason:
        yield f"reason: {entry.reason.text}"


def _places(document: CheckoutDocument) -> Mapping[str, str]:
    """Where in this story a cause stands."""
    versions: Counter[str] = Counter()
    places = {}
    for entry in document.story:
        versions[entry.stream] += 1
        if not entry.stream.startswith(_SHARED):
            places[f"{entry.stream}@{versions[entry.stream]}"] = f"#{entry.position}"
    return places
