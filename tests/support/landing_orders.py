"""Orders in every state, for the tests of the page that shows them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from builders import a_checkout
from customer_language import ENGLISH
from kinds import ACCESS, HTTP, LICENSE_KEY, MANUAL, SHIPMENT
from scenario import FULFILLMENT, SESSION, given, planned
from typed_ids import as_pool, as_sku

from application.reading.checkout_state import checkout_state
from domain import reasons
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.personal import Personal, personal
from domain.plan import PlannedLine
from domain.reason import Reason
from domain.source import Source
from infrastructure.customer_texts.language import Language
from interfaces.web.landing_page import LandingPage, landing_page

PAID_AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEYS = tuple(Personal(f"PRO-{number:04}-ABCD-EFGH-JKLM") for number in range(1, 3))

COURSE = planned("li_course", ACCESS, name="Bread course", settings={"link": "https://example.com/course"})
KEY = planned("li_key", LICENSE_KEY, name="Recipe app Pro", quantity=2)
MUG = planned("li_mug", SHIPMENT, name="Mug, blue")
PLATE = planned("li_plate", SHIPMENT, name="Plate", tracks=as_sku("plate"))
HOOK = planned("li_hook", HTTP, name="Membership")
ENGRAVING = planned("li_engraving", MANUAL, name="Engraving")


def retrieved(checkout: Checkout) -> CheckoutSession.Retrieved:
    return CheckoutSession.Retrieved(checkout=checkout, source=Source.LANDING_PAGE)


def session(*facts: Event) -> CheckoutSession:
    return given(CheckoutSession(id=SESSION), *facts).state


def paid(checkout: Checkout) -> CheckoutSession:
    fact = CheckoutSession.Paid(
        payment_status=checkout.payment_status,
        amount_total=checkout.amount_total,
        currency=checkout.currency,
        occurred_at=PAID_AT,
    )
    return session(retrieved(checkout), fact)


def fulfillment(plan: Iterable[PlannedLine], *facts: Event) -> Fulfillment:
    requested = Fulfillment.Requested(
        plan=tuple(plan), catalog="c0ffee", currency="eur", amount_shipping=0, amount_tax=0, paid_at=PAID_AT
    )
    return given(Fulfillment(id=FULFILLMENT), requested, *facts).state


def nothing_planned() -> Fulfillment:
    return Fulfillment(id=FULFILLMENT)


def delivered(line: PlannedLine, *, link: str | None = None, keys: tuple[Personal, ...] = ()) -> Event:
    return Fulfillment.LineItemDelivered(line_item=line.id, link=link, keys=keys, occurred_at=PAID_AT)


def blocked(line: PlannedLine, state: LineState, why: Reason | None = None) -> Event:
    detail = why or reasons.as_written("A detail for staff only")
    return Fulfillment.LineItemBlocked(line_item=line.id, state=state, detail=detail)


def keys_revoked(line: PlannedLine, *numbers: int) -> Event:
    return Fulfillment.KeysRevoked(line_item=line.id, numbers=numbers)


def keys_awaited(line: PlannedLine, quantity: int = 1) -> Event:
    detail = reasons.not_enough_keys(as_pool("pro"))
    return Fulfillment.KeysAwaited(line_item=line.id, quantity=quantity, detail=detail)


def canceled(number: int, *lines: PlannedLine) -> Event:
    return Fulfillment.LineItemsCanceled(number=number, lines=tuple(line.id for line in lines), notifies=False)


def shipped(
    number: int, *lines: PlannedLine, carrier: str = "Postbote", tracking: str | None = "PB 123"
) -> list[Event]:
    parcel = Fulfillment.Shipped(
        number=number, lines=tuple(line.id for line in lines), carrier=carrier, tracking=personal(tracking)
    )
    return [parcel, *map(delivered, lines)]


def page_of(
    session: CheckoutSession,
    fulfillment: Fulfillment | None = None,
    *,
    after: timedelta = timedelta(minutes=1),
    refresh_seconds: int | None = None,
    is_mailed: bool = True,
    language: Language = ENGLISH,
) -> LandingPage:
    """The page, so long after the payment, with keys in a mail by default."""
    lines = fulfillment or nothing_planned()
    state = checkout_state(session, lines)
    return landing_page(
        session,
        lines,
        language,
        state=state,
        now=PAID_AT + after,
        refresh_seconds=refresh_seconds,
        mailed={id for id, line in lines.lines.items() if line.keys and is_mailed},
    )


def page_of_lines(
    *facts: Event,
    plan: Iterable[PlannedLine],
    after: timedelta = timedelta(minutes=1),
    refresh_seconds: int | None = 5,
    is_mailed: bool = True,
    language: Language = ENGLISH,
) -> LandingPage:
    """The page of a paid order with this plan, to which this happened."""
    plan = tuple(plan)
    checkout = a_checkout(line_items=[line.item for line in plan])
    lines = fulfillment(plan, *facts)
    return page_of(
        paid(checkout), lines, after=after, refresh_seconds=refresh_seconds, is_mailed=is_mailed, language=language
    )
