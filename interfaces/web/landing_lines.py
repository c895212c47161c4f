"""The lines of an order as the landing page groups them: by part, equal ones together."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from application.reading.parts import Part, part_of
from domain.checkout import Checkout, LineItem
from domain.fulfillment import Fulfillment
from domain.identifiers import LineItemId
from domain.line import Line, Parcel
from infrastructure.customer_texts.formatting import format_money
from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.page_texts import parcel_heading, part_text
from infrastructure.safe_text import one_line, web_link

_KEY_LENGTH_MAX = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What was bought, as often as it was: equal lines are one item."""

    title: str
    quantity: int
    amount: int
    """In the currency's smallest unit, with discounts and taxes."""
    currency: str
    price: str
    """The amount as the customer reads it."""
    link: str | None = None
    keys: tuple[str, ...] = ()
    has_hidden_keys: bool = False
    are_keys_mailed: bool = False
    """Whether a mail with the keys was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Items of one part of the order. `carrier` and `tracking` are a parcel's."""

    kind: str
    heading: str
    text: str
    items: tuple[Item, ...]
    carrier: str | None = None
    tracking: str | None = None
    tracking_link: str | None = None


def ordered(checkout: Checkout, language: Language) -> list[Section]:
    """What was bought, while nothing of it is planned yet."""
    bought = (item for item in checkout.line_items if item.quantity > 0)
    return _sections({Part.ORDERED: [_bought(one_line(item.description), item, language) for item in bought]}, language)


def planned(
    fulfillment: Fulfillment, language: Language, *, keys_since: datetime, mailed: Set[LineItemId]
) -> list[Section]:
    """With the license keys that were delivered since then. `mailed` are the lines whose keys are in a mail, too."""
    items = {id: _item(line, keys_since, language, is_mailed=id in mailed) for id, line in fulfillment.lines.items()}
    left = fulfillment.parcels
    parcels = [_parcel(number, parcel, items, len(left), language) for number, parcel in enumerate(left, 1)]
    shipped = {id for parcel in fulfillment.parcels for id in parcel.lines}
    by_kind: dict[Part, list[Item]] = {}
    for id, line in fulfillment.lines.items():
        if id not in shipped:
            by_kind.setdefault(part_of(line), []).append(items[id])
    ready = by_kind.pop(Part.READY, [])
    return [*_sections({Part.READY: ready}, language), *parcels, *_sections(by_kind, language)]


def _bought(title: str, item: LineItem, language: Language) -> Item:
    return Item(
        title=title,
        quantity=item.quantity,
        amount=item.amount_total,
        currency=item.currency,
        price=format_money(item.amount_total, item.currency, language.locale),
    )


def _item(line: Line, keys_since: datetime, language: Language, *, is_mailed: bool) -> Item:
    keys = line.customers_keys
    shows_keys = line.delivered_at is not None and line.delivered_at > keys_since
    return replace(
        _bought(one_line(line.plan.title), line.plan.item, language),
        link=web_link(line.customers_link),
        keys=tuple(one_line(key.text, _KEY_LENGTH_MAX) for key in keys) if shows_keys else (),
        has_hidden_keys=bool(keys) and not shows_keys,
        are_keys_mailed=is_mailed,
    )


def _parcel(number: int, parcel: Parcel, items: Mapping[LineItemId, Item], parcels: int, language: Language) -> Section:
    return Section(
        kind="parcel",
        heading=parcel_heading(number, parcels, language),
        text="",
        items=_merged((items[id] for id in parcel.lines), language),
        carrier=one_line(parcel.carrier),
        tracking=one_line(parcel.tracking.text) if parcel.tracking else None,
        tracking_link=web_link(parcel.tracking.text) if parcel.tracking else None,
    )


def _sections(by_part: Mapping[Part, Sequence[Item]], language: Language) -> list[Section]:
    """In the order of the parts; the parcels come after what is ready."""
    return [_section(part, by_part[part], language) for part in Part if by_part.get(part)]


def _section(part: Part, items: Sequence[Item], language: Language) -> Section:
    heading, text = part_text(part, language)
    return Section(kind=part, heading=heading, text=text, items=_merged(items, language))


def _merged(items: Iterable[Item], language: Language) -> tuple[Item, ...]:
    """Equal items as one, with their quantities, amounts and keys together, where the first of them stood."""
    merged: dict[tuple[str, str, str | None, bool, bool], Item] = {}
    for item in items:
        same = (item.title, item.currency, item.link, item.has_hidden_keys, item.are_keys_mailed)
        first = merged.get(same)
        merged[same] = _together(first, item, language) if first else item
    return tuple(merged.values())


def _together(first: Item, item: Item, language: Language) -> Item:
    amount = first.amount + item.amount
    return replace(
        first,
        quantity=first.quantity + item.quantity,
        amount=amount,
        price=format_money(amount, first.currency, language.locale),
        keys=first.keys + item.keys,
    )
