"""A landing page of every kind, and an application that serves them as the real one does."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from builders import a_checkout, a_line_item
from customer_language import ENGLISH, SHOP, render, render_not_found, render_too_many, render_unavailable
from kinds import ACCESS, LICENSE_KEY, SHIPMENT
from landing_orders import (
    COURSE,
    ENGRAVING,
    HOOK,
    KEY,
    KEYS,
    MUG,
    PLATE,
    blocked,
    canceled,
    delivered,
    keys_awaited,
    keys_revoked,
    page_of,
    page_of_lines,
    paid,
    retrieved,
    session,
    shipped,
)
from pictures import a_png
from scenario import planned
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from typed_ids import as_event, as_line

import interfaces.web
from domain import reasons
from domain.checkout import PaymentAddress, Presentment
from domain.checkout_session import CheckoutSession
from domain.line import LineState
from domain.park_reason import ParkReason
from domain.personal import Personal
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.own_style import OwnStyle
from infrastructure.customer_texts.own_texts import OwnTexts
from infrastructure.customer_texts.shop import Logo
from interfaces.web.headers import SECURITY_HEADERS
from interfaces.web.landing_page import LandingPage
from interfaces.web.shop_files import shop_files

LOGO = Logo(content=a_png(), subtype="png")
_STATIC = Path(interfaces.web.__file__).parent / "static"
_COURSE_DELIVERED = delivered(COURSE, link="https://example.com/course")
_UNPAID = a_checkout(
    payment_status="unpaid",
    line_items=[a_line_item(description="Teapot, cast iron", amount_total=8900), a_line_item("li_2", quantity=2)],
)


def _long(language: Language) -> LandingPage:
    plan = [planned(f"li_{number}", SHIPMENT, name=f"Postcard no. {number:03}") for number in range(1, 121)]
    return page_of_lines(*shipped(1, *plan[:60]), *shipped(2, *plan[60:]), plan=plan, language=language)


def _folded(language: Language) -> LandingPage:
    plan = [planned(f"li_{number}", SHIPMENT, name=f"Postcard no. {number}", quantity=1000) for number in range(1, 10)]
    return page_of_lines(*shipped(1, *plan), plan=plan, language=language)


def _wide(language: Language) -> LandingPage:
    """Texts without a place to break, as long as they get."""
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
    course, mug = planned("li_1", ACCESS, name=word, quantity=1000), planned("li_2", SHIPMENT, name=word)
    keys = planned("li_3", LICENSE_KEY, name="مفتاح الترخيص", quantity=100)
    many = tuple(Personal(f"{number:04}-" + "ABCDEFGH" * 12) for number in range(100))
    return page_of_lines(
        delivered(course, link="https://example.com/course"),
        delivered(keys, keys=many),
        *shipped(1, mug, carrier=word, tracking="1Z" * 90),
        plan=[course, mug, keys],
        language=language,
    )


def _keys(language: Language) -> LandingPage:
    """License keys that are shown, one and several, in a mail and in none, and those that are shown no more."""
    one, many = (
        replace(KEY, item=replace(KEY.item, id=as_line("li_one"))),
        replace(KEY, item=replace(KEY.item, id=as_line("li_many"))),
    )
    several = tuple(Personal(f"PRO-{number:04}-ABCD-EFGH-JKLM") for number in range(1, 8))
    return page_of_lines(
        delivered(one, keys=KEYS[:1]), delivered(many, keys=several), plan=[one, many], language=language
    )


def _revoked_keys(language: Language) -> dict[str, LandingPage]:
    """License keys that staff revoked, alone and beside each other situation."""
    lost = [delivered(KEY, keys=KEYS), keys_revoked(KEY, 1, 2)]
    waits = blocked(PLATE, LineState.BACKORDERED)
    replaced = [*lost, keys_awaited(KEY, 2)]
    return {
        "keys-revoked": page_of_lines(*lost, plan=[KEY], language=language),
        "keys-awaited": page_of_lines(*replaced, plan=[KEY], language=language),
        "keys-revoked-ready": page_of_lines(_COURSE_DELIVERED, *lost, plan=[COURSE, KEY], language=language),
        "keys-revoked-waiting": page_of_lines(waits, *lost, plan=[PLATE, KEY], language=language),
        "keys-revoked-mixed": page_of_lines(
            _COURSE_DELIVERED, waits, *lost, plan=[COURSE, PLATE, KEY], language=language
        ),
    }


def pages(language: Language) -> dict[str, LandingPage]:
    """Return a page of every kind, by name."""
    parked = CheckoutSession.Parked(
        why=ParkReason.UNKNOWN_PAYMENT_STATUS, detail=reasons.unknown_payment_status("half_paid")
    )
    failed = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_1"))
    everything = [COURSE, KEY, MUG, PLATE, ENGRAVING, HOOK]
    happened = [_COURSE_DELIVERED, delivered(KEY, keys=KEYS), *shipped(1, MUG)]
    waiting = [blocked(PLATE, LineState.BACKORDERED), blocked(ENGRAVING, LineState.MANUAL)]
    tracked = [*shipped(1, MUG, tracking="https://track.example/1"), *shipped(2, PLATE)]
    one_key = delivered(KEY, keys=KEYS[:1])
    old = timedelta(hours=2)
    nothing = a_checkout(mode="setup", payment_status="no_payment_required", currency="", line_items=[])
    to_pay = PaymentAddress(url=Personal("https://checkout.stripe.example/c/pay/1"))
    unpaid = session(retrieved(a_checkout(status="open", payment_status="unpaid", payment_page=to_pay)))
    expired = replace(_UNPAID, status="expired")
    own = paid(a_checkout(presentment=Presentment(amount=1123, currency="usd")))
    authorized = session(retrieved(replace(_UNPAID, intent_status="requires_capture")))
    return {
        "whole": page_of_lines(*happened, plan=[COURSE, KEY, MUG], language=language),
        "mixed": page_of_lines(*happened, *waiting, plan=everything, refresh_seconds=60, language=language),
        "packing": page_of_lines(plan=[MUG], language=language),
        "tracked": page_of_lines(*tracked, plan=[MUG, PLATE], language=language),
        "folded": _folded(language),
        "blocked": page_of_lines(*waiting, plan=[PLATE, ENGRAVING], refresh_seconds=None, language=language),
        "partly": page_of_lines(
            *happened, *waiting, plan=[COURSE, KEY, MUG, PLATE, ENGRAVING], refresh_seconds=None, language=language
        ),
        "keys": _keys(language),
        "keys-unmailed": page_of_lines(delivered(KEY, keys=KEYS), plan=[KEY], language=language, is_mailed=False),
        "one-key-unmailed": page_of_lines(one_key, plan=[KEY], language=language, is_mailed=False),
        "one-key-mailed": page_of_lines(one_key, plan=[KEY], language=language),
        "old-keys": page_of_lines(delivered(KEY, keys=KEYS), plan=[KEY], after=old, language=language),
        "old-keys-unmailed": page_of_lines(
            delivered(KEY, keys=KEYS), plan=[KEY], after=old, is_mailed=False, language=language
        ),
        **_revoked_keys(language),
        "undecided": page_of_lines(
            blocked(MUG, LineState.MANUAL, reasons.paid_after_cancellation()), plan=[MUG], language=language
        ),
        "ordered": page_of(own, refresh_seconds=60, language=language),
        "awaiting": page_of(session(retrieved(_UNPAID)), refresh_seconds=60, language=language),
        **{
            f"awaiting-{method}": page_of(
                session(retrieved(replace(_UNPAID, payment_method_type=method))), refresh_seconds=60, language=language
            )
            for method in ("sepa_debit", "multibanco")
        },
        "authorized": page_of(authorized, refresh_seconds=60, language=language),
        "failed": page_of(session(retrieved(_UNPAID), failed), language=language),
        "canceled": page_of(session(retrieved(_UNPAID), CheckoutSession.Canceled(notifies=True)), language=language),
        **{
            f"canceled-{name}": page_of(
                session(retrieved(checkout), CheckoutSession.Canceled(notifies=True)), language=language
            )
            for name, checkout in {
                "debit": replace(_UNPAID, payment_method_type="sepa_debit"),
                "authorized": replace(_UNPAID, intent_status="requires_capture"),
            }.items()
        },
        "canceled-lines": page_of_lines(
            _COURSE_DELIVERED, canceled(1, MUG, PLATE), plan=[COURSE, MUG, PLATE], language=language
        ),
        "canceled-waiting": page_of_lines(waiting[0], canceled(1, MUG), plan=[PLATE, MUG], language=language),
        "canceled-mixed": page_of_lines(
            _COURSE_DELIVERED, waiting[0], canceled(1, MUG), plan=[COURSE, PLATE, MUG], language=language
        ),
        "canceled-paid": page_of_lines(canceled(1, MUG, PLATE), plan=[MUG, PLATE], language=language),
        "expired": page_of(session(retrieved(expired)), language=language),
        "recoverable": page_of(session(retrieved(replace(expired, payment_page=to_pay))), language=language),
        "parked": page_of(session(retrieved(a_checkout(payment_status="novel")), parked), language=language),
        "nothing": page_of(paid(nothing), language=language),
        "unpaid": page_of(unpaid, refresh_seconds=60, language=language),
        "open": page_of(session(), refresh_seconds=60, language=language),
        "soon": page_of(session(), refresh_seconds=1, language=language),
        "long": _long(language),
        "wide": _wide(language),
    }


SAMPLES = (
    "whole mixed packing blocked ordered awaiting failed expired parked open long wide not-found too-many unavailable"
).split()
"""Every way in which a page can look; `customer_samples` has every way in which it can read."""


def sample_app(style: OwnStyle | None = None) -> Starlette:
    texts = CustomerTexts(OwnTexts(style=style), shop=replace(SHOP, logo=LOGO))
    shown = {name: render(page, texts) for name, page in pages(ENGLISH).items()}
    shown |= {"not-found": render_not_found(texts=texts), "too-many": render_too_many(texts=texts)}
    shown["unavailable"] = render_unavailable()  # of a shop that says nothing of itself
    return app_of(shown, texts)


def app_of(shown: Mapping[str, str], texts: CustomerTexts) -> Starlette:
    """Return an application that serves each page under its name, with the shop's files of these texts."""

    async def show(request: Request) -> Response:
        return HTMLResponse(shown[request.path_params["name"]], headers=SECURITY_HEADERS)

    return Starlette(
        routes=[
            Route("/{name}", show),
            *shop_files(texts),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ]
    )
