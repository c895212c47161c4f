"""The small shop at /demo, for a person to try: choose, pay at Stripe's stand-in, come back, see what became of it.

Plain pages without a script. It is a trial on one machine: every visitor sees every order and every mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from application.errors import NotFound
from application.reading.checkout_document import CheckoutDocument
from application.reading.queries import Queries
from application.reading.states_in_words import STATES, line_in_words
from application.staff.by import By
from application.staff.commands import Staff
from application.text.identifier_wording import described
from application.text.refusal_wording import in_sentences
from domain.errors import Refused
from domain.identifiers import InvalidIdentifier
from domain.identifiers import session_id as checked_session_id
from infrastructure.customer_texts.formatting import english, format_money
from interfaces.demo.goods import CURRENCY, Good
from interfaces.demo.outbox import Letter, letters
from interfaces.sandbox.pages.rendering import environment
from interfaces.sandbox.sandbox import Sandbox

_HERE = Path(__file__).parent
_ORDERS_MAX = 20
_LETTERS_MAX = 30
_STAFF = By(name="Sam", reason="tried out in the demo shop")
_CARRIER, _TRACKING = "DHL", "DEMO-0001"
_DIGITS_MAX = 4
_COUNTRIES = ("AT", "CH", "DE", "FR", "GB", "IE", "NL", "US")
_LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'; sandbox"


@dataclass(frozen=True, slots=True)
class Storefront:
    sandbox: Sandbox
    stripe_url: str
    goods: Mapping[str, Good]
    queries: Queries
    staff: Staff
    outbox: Path

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/demo", self.show, methods=["GET"]),
            Route("/demo/buy/{slug}", self.buy, methods=["POST"]),
            Route("/demo/orders/{session}", self.show_order, methods=["GET"]),
            Route("/demo/orders/{session}/ship", self.ship, methods=["POST"]),
            Route("/demo/stock/{sku}", self.count, methods=["POST"]),
            Route("/demo/mails/{name}", self.show_letter, methods=["GET"]),
            Route("/demo/mails/{name}/as-sent", self.show_letter_as_sent, methods=["GET"]),
            Mount("/demo/static", StaticFiles(directory=_HERE / "static")),
        ]

    async def show(self, _request: Request) -> Response:
        orders, sent, stock = await run_in_threadpool(
            lambda: (self._orders(), letters(self.outbox), self.queries.stock())
        )
        latest = sent[: -_LETTERS_MAX - 1 : -1]
        return self._page("shop.html", goods=self.goods.values(), orders=orders, stock=stock, letters=latest)

    async def buy(self, request: Request) -> Response:
        good = self.goods.get(request.path_params["slug"])
        if good is None:
            return self._not_found("This shop does not sell that.")
        payment_page = await run_in_threadpool(self._checkout, good, str(request.base_url).rstrip("/"))
        return RedirectResponse(payment_page, 303, headers=self._headers())

    async def show_order(self, request: Request) -> Response:
        session = request.path_params["session"]
        order = await run_in_threadpool(self.queries.checkout, session)
        if order is None:
            return self._not_found("The engine does not know this order.")
        sent = [letter for letter in await run_in_threadpool(letters, self.outbox) if letter.session_id == session]
        return self._page("order.html", order=order, letters=sent)

    async def ship(self, request: Request) -> Response:
        """Send every parcel of the order that is packed."""
        if not _is_from_here(request):
            return self._refused("Only the shop's own page can do this.")
        session = request.path_params["session"]
        send = partial(self.staff.ship, carrier=_CARRIER, tracking=_TRACKING, by=_STAFF)
        try:
            await run_in_threadpool(send, checked_session_id(session), ())
        except Refused as error:
            return self._refused(in_sentences(error.refusal))
        except NotFound as error:
            return self._refused(str(error))
        except InvalidIdentifier as error:
            return self._refused(f"Not {described(error.expected)}.")
        return RedirectResponse(f"/demo/orders/{session}", 303, headers=self._headers())

    async def count(self, request: Request) -> Response:
        """Set the number of pieces on the shelf."""
        if not _is_from_here(request):
            return self._refused("Only the shop's own page can do this.")
        async with request.form() as form:
            on_hand = str(form.get("on_hand", ""))
        if not (on_hand.isascii() and on_hand.isdecimal() and len(on_hand) <= _DIGITS_MAX):
            return self._refused("The number of pieces must be 0 to 9999.")
        levels = await run_in_threadpool(self.queries.stock)
        sku = next((level.sku for level in levels if level.sku == request.path_params["sku"]), None)
        if sku is None:
            return self._not_found("There is no such article on the shelf.")
        await run_in_threadpool(self.staff.count, sku, int(on_hand), _STAFF)
        return RedirectResponse("/demo#stock", 303, headers=self._headers())

    async def show_letter(self, request: Request) -> Response:
        letter = await run_in_threadpool(self._letter, request.path_params["name"])
        return self._page("mail.html", letter=letter) if letter else self._not_found("This mail was not sent.")

    async def show_letter_as_sent(self, request: Request) -> Response:
        """The HTML part alone, for a frame: as foreign as a mail is, it can load and do nothing."""
        letter = await run_in_threadpool(self._letter, request.path_params["name"])
        if letter is None:
            return self._not_found("This mail was not sent.")
        return HTMLResponse(letter.html, headers={**self._headers(), "Content-Security-Policy": _LETTER_POLICY})

    def _checkout(self, good: Good, shop_url: str) -> str:
        """A new checkout's payment page."""
        values: dict[str, object] = {
            "mode": "payment",
            "customer_email": "customer@example.com",
            "success_url": f"{shop_url}/after-checkout?session_id={{CHECKOUT_SESSION_ID}}",
            "cancel_url": f"{shop_url}/demo",
            "line_items": [{"price": good.price_id, "quantity": 1, "adjustable_quantity": {"enabled": True}}],
        }
        if good.is_parcel:
            values["shipping_address_collection"] = {"allowed_countries": _COUNTRIES}
        return f"{self.stripe_url}/c/pay/{self.sandbox.create_session(values).id}"

    def _orders(self) -> list[CheckoutDocument]:
        """The latest first."""
        found = (self.queries.checkout(hit.session_id) for hit in self.queries.search("", _ORDERS_MAX))
        return [order for order in found if order is not None]

    def _letter(self, name: str) -> Letter | None:
        return next((letter for letter in letters(self.outbox) if letter.name == name), None)

    def _not_found(self, text: str) -> Response:
        return self._page("not_found.html", 404, text=text)

    def _refused(self, text: str) -> Response:
        return self._page("not_found.html", 422, text=text)

    def _page(self, template: str, status: int = 200, **shown: object) -> Response:
        page = _environment().get_template(template).render(**shown)
        return HTMLResponse(page, status, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        policy = (
            "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; "
            # a form that is answered by a redirect needs the place it leads to
            f"frame-ancestors 'none'; form-action 'self' {self.stripe_url}"
        )
        return {
            "Cache-Control": "no-store",
            "Content-Security-Policy": policy,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }


def _is_from_here(request: Request) -> bool:
    """Whether no page of another site sent it: browsers name the origin of every POST."""
    return request.headers.get("origin", "") in {"", str(request.base_url).rstrip("/")}


def _title(order: CheckoutDocument) -> str:
    if not order.line_items:
        return f"Checkout {order.session_id[:16]}…"
    first, *others = order.line_items
    return f"{first.description} and {len(others)} more" if others else first.description


def _customer(order: CheckoutDocument) -> str:
    """Nothing as long as Stripe was not asked."""
    contact = order.checkout.contact if order.checkout else None
    known = (contact.name or contact.email) if contact else None
    return known.text if known else ""


def _money(amount: int | None, currency: str | None = CURRENCY) -> str:
    """Nothing as long as Stripe was not asked."""
    return format_money(amount, currency, english()) if amount is not None and currency else ""


def _state(order: CheckoutDocument) -> str:
    """In the word that staff lists have."""
    return STATES[order.situation].short


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = environment(FileSystemLoader(_HERE / "templates"))
    made.filters |= {"title_of": _title, "customer_of": _customer, "money": _money}
    made.filters |= {"state_in_words": _state, "line_in_words": line_in_words}
    return made
