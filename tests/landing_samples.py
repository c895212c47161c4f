"""A landing page of every kind, and an application that serves them as the real one does."""

from dataclasses import replace
from pathlib import Path

from builders import a_checkout, a_line_item
from customer_language import render, render_not_found, render_too_many, render_unavailable
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
    delivered,
    page_of,
    page_of_lines,
    retrieved,
    session,
    shipped,
)
from scenario import planned
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import interfaces.web
from domain.checkout_session import CheckoutSession, ParkReason
from domain.line import LineState
from domain.personal import Personal
from interfaces.web.headers import SECURITY_HEADERS
from interfaces.web.landing_view import LandingPage

_STATIC = Path(interfaces.web.__file__).parent / "static"
_COURSE_DELIVERED = delivered(COURSE, link="https://example.com/course")
_UNPAID = a_checkout(
    payment_status="unpaid",
    line_items=[a_line_item(description="Teapot, cast iron", amount_total=8900), a_line_item("li_2", quantity=2)],
)


def _long() -> LandingPage:
    plan = [planned(f"li_{number}", SHIPMENT, name=f"Postcard no. {number:03}") for number in range(1, 121)]
    return page_of_lines(*shipped(1, *plan[:60]), *shipped(2, *plan[60:]), plan=plan)


def _wide() -> LandingPage:
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
    )


def _pages() -> dict[str, LandingPage]:
    parked = CheckoutSession.Parked(why=ParkReason.UNKNOWN_PAYMENT_STATUS, detail="")
    failed = CheckoutSession.AsyncPaymentFailed(stripe_event="evt_1")
    everything = [COURSE, KEY, MUG, PLATE, ENGRAVING, HOOK]
    happened = [_COURSE_DELIVERED, delivered(KEY, keys=KEYS), *shipped(1, MUG)]
    waiting = [blocked(PLATE, LineState.BACKORDERED), blocked(ENGRAVING, LineState.MANUAL)]
    return {
        "whole": page_of_lines(*happened, plan=[COURSE, KEY, MUG]),
        "mixed": page_of_lines(*happened, *waiting, plan=everything, refresh_seconds=60),
        "packing": page_of_lines(plan=[MUG]),
        "blocked": page_of_lines(*waiting, plan=[PLATE, ENGRAVING], refresh_seconds=None),
        "awaiting": page_of(session(retrieved(_UNPAID)), refresh_seconds=60),
        "failed": page_of(session(retrieved(_UNPAID), failed)),
        "expired": page_of(session(retrieved(replace(_UNPAID, status="expired")))),
        "parked": page_of(session(retrieved(a_checkout(payment_status="novel")), parked)),
        "open": page_of(session(), refresh_seconds=60),
        "soon": page_of(session(), refresh_seconds=1),
        "long": _long(),
        "wide": _wide(),
    }


SAMPLES = tuple(name for name in (*_pages(), "not-found", "too-many", "unavailable") if name != "soon")


def sample_app() -> Starlette:
    shown = {name: render(page) for name, page in _pages().items()}
    shown |= {"not-found": render_not_found(), "too-many": render_too_many()}
    shown["unavailable"] = render_unavailable()

    async def show(request: Request) -> Response:
        return HTMLResponse(shown[request.path_params["name"]], headers=SECURITY_HEADERS)

    return Starlette(routes=[Route("/{name}", show), Mount("/static", StaticFiles(directory=_STATIC))])
