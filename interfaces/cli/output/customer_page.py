"""Prints what a customer may know of an order, in the words of their landing page."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from functools import cache
from gettext import NullTranslations

from application.reading.checkout_state import CheckoutState
from application.reading.customer_summary import CustomerSummary, OrderedItem, as_json
from application.reading.parts import Part
from domain.order_number import with_prefix
from infrastructure.customer_texts.formatting import english
from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.page_texts import PageText, page_text, part_text
from interfaces.cli.output.order_fields import text
from interfaces.cli.output.pager import paged
from interfaces.cli.output.printing import Page, print_json
from interfaces.cli.output.text import money, to_the_second


def show_summary(
    summary: CustomerSummary, zone: tzinfo, *, order_prefix: str | None, newest_first: bool, as_json: bool
) -> None:
    if as_json:
        print_json(_document(summary))
        return
    with paged() as page:
        _put(summary, page, zone, order_prefix=order_prefix, newest_first=newest_first)


def _put(summary: CustomerSummary, page: Page, zone: tzinfo, *, order_prefix: str | None, newest_first: bool) -> None:
    page.fields(_header(summary, order_prefix))
    if summary.items:
        page.say()
        rows = [(each.quantity, each.title, _standing(each, summary)) for each in summary.items]
        page.table(("qty", "item", "status"), rows, wraps=("item", "status"))
    if summary.parcels:
        page.say()
        parcels = [
            (each.number, each.carrier, text(each.tracking), to_the_second(each.shipped_at, zone))
            for each in summary.parcels
        ]
        page.table(("parcel", "carrier", "tracking", "sent"), parcels, wraps=("carrier",))
    page.say()
    for moment in reversed(summary.moments) if newest_first else summary.moments:
        page.entry(to_the_second(moment.at, zone), moment.text, ())


def _document(summary: CustomerSummary) -> Mapping[str, object]:
    words = _words(summary)
    items = [
        {"title": each.title, "quantity": each.quantity, "status": _standing(each, summary)} for each in summary.items
    ]
    plain = as_json(summary)
    return {
        **{name: plain[name] for name in ("order_number", "state", "amount_total", "currency", "is_paid")},
        "headline": words.headline,
        "message": words.message,
        "items": items,
        **{name: plain[name] for name in ("parcels", "moments", "personal")},
    }


@cache
def _english() -> Language:
    """The language of the command line: the texts as they are written."""
    return Language(locale=english(), translation="en", texts=NullTranslations())


def _header(summary: CustomerSummary, order_prefix: str | None) -> Iterator[tuple[str, str]]:
    words = _words(summary)
    yield "Order number", with_prefix(summary.order_number, order_prefix)
    yield "Status", f"{words.headline}. {words.message}"
    if summary.amount_total is not None:
        yield "Total", f"{money(summary.amount_total, summary.currency)}, {'paid' if summary.is_paid else 'not paid'}"


def _words(summary: CustomerSummary) -> PageText:
    return page_text(
        summary.state,
        _english(),
        parts=summary.parts,
        is_unpaid=summary.is_unpaid,
        payment_wait=summary.payment_wait,
        is_payment_over=summary.is_payment_over,
    )


def _standing(item: OrderedItem, summary: CustomerSummary) -> str:
    if item.is_shipped:
        return "On its way to you"
    return _not_planned(summary) if item.part is None else part_text(item.part, _english())[0]


def _not_planned(summary: CustomerSummary) -> str:
    match summary.state:
        case CheckoutState.CANCELED:
            return part_text(Part.CANCELED, _english())[0]
        case CheckoutState.PAYMENT_FAILED:
            return "Not delivered, since the payment did not go through"
        case CheckoutState.EXPIRED:
            return "Not ordered"
        case CheckoutState.OPEN if summary.is_unpaid:
            return "Not ordered yet"
        case _:
            return "Ordered"
