"""Landing pages with everything on them that there can be, and with as little: to try templates with."""

from typing import Any

from application.reading.checkout_state import CheckoutState
from application.reading.parts import Part
from domain.order_number import OrderNumber
from domain.payment_wait import PaymentWait
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.own_templates import Samples
from infrastructure.customer_texts.page_texts import (
    PageText,
    not_found_text,
    page_text,
    parcel_heading,
    part_text,
)
from infrastructure.customer_texts.sums import Sum
from interfaces.web.landing_lines import Item, Section
from interfaces.web.landing_page import LandingPage, ToPaymentPage, Total, filled_with

_ITEMS_MANY, _KEYS_MANY = 20, 10


def sample_pages(texts: CustomerTexts) -> Samples:
    """Return what the templates of pages are filled with."""
    language = texts.language(None)
    pages = [_page(language, is_full=True), _page(language, is_full=False)]
    return {
        "pages/landing.html": [filled_with(page) for page in pages],
        "pages/message.html": [{"words": not_found_text(language)}],
    }


def _page(language: Language, *, is_full: bool) -> LandingPage:
    state = CheckoutState.FULFILLING if is_full else CheckoutState.EXPIRED
    return LandingPage(
        language=language,
        state=state,
        order_number=OrderNumber("K7Q2M-9XDRT"),
        words=_text(state, language),
        sections=_sections(language) if is_full else (),
        total=Total(
            amount=900,
            currency="eur",
            shown="9",
            in_own_currency="10",
            is_paid=True,
            sums=(Sum(label="Shipping", amount="1"),),
            sums_note="Note.",
        )
        if is_full
        else None,
        is_paid=is_full,
        refresh_seconds=5 if is_full else None,
        payment_page=ToPaymentPage(url="https://example.com/", label="Pay") if is_full else None,
    )


def _text(state: CheckoutState, language: Language) -> PageText:
    return page_text(state, language, parts=frozenset(), is_unpaid=False, payment_wait=PaymentWait.UNKNOWN)


def _item(**more: Any) -> Item:
    return Item(**{"title": "Article", "amount": 100, "currency": "eur", "price": "1", **more})


def _sections(language: Language) -> tuple[Section, ...]:
    keys = tuple(f"AAAA-{number:04}" for number in range(_KEYS_MANY))
    items = (
        _item(quantity=1),
        _item(quantity=2, link="https://example.com/"),
        _item(quantity=1, keys=keys[:1], are_keys_mailed=True),
        _item(quantity=_KEYS_MANY, keys=keys),
        _item(quantity=1, has_hidden_keys=True),
        _item(quantity=1, has_hidden_keys=True, are_keys_mailed=True),
    )
    many = tuple(_item(quantity=1) for _ in range(_ITEMS_MANY))
    heading, text = part_text(Part.PACKING, language)
    parcel = parcel_heading(1, 2, language)
    return (
        Section(kind=Part.PACKING, heading=heading, text=text, items=items + many),
        Section(kind="parcel", heading=parcel, text="", items=items, carrier="Carrier", tracking="0001"),
        Section(
            kind="parcel",
            heading=parcel,
            text="",
            items=items,
            carrier="Carrier",
            tracking="0001",
            tracking_link="https://example.com/",
        ),
    )
