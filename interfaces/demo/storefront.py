"""The small shop at /demo, for a person to try: choose, pay at Stripe's stand-in, come back, see what became of it.

Plain pages without a script. It is a trial on one machine: whoever opens it sees every order and every mail.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import httpx2
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from application.queries import Queries
from infrastructure.formatting import format_money
from interfaces.demo.goods import CURRENCY, Good
from interfaces.demo.outbox import Letter, letters
from interfaces.demo.storefront_view import OrderRow, order_page, order_row

_HERE = Path(__file__).parent
_ORDERS_MAX = 20
_LETTERS_MAX = 30
_STRIPE_SECONDS = 15.0
_SEE_OTHER = 303
_COUNTRIES = ("AT", "CH", "DE", "FR", "GB", "IE", "NL", "US")
_LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'; sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Storefront:
    goods: Mapping[str, Good]
    queries: Queries
    outbox: Path
    stripe_url: str
    api_key: str = field(repr=False)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", _to_the_shop, methods=["GET"]),
            Route("/demo", self.show, methods=["GET"]),
            Route("/demo/buy/{slug}", self.buy, methods=["POST"]),
            Route("/demo/orders/{session}", self.show_order, methods=["GET"]),
            Route("/demo/mails/{name}", self.show_letter, methods=["GET"]),
            Route("/demo/mails/{name}/as-sent", self.show_letter_as_sent, methods=["GET"]),
            Mount("/demo/static", StaticFiles(directory=_HERE / "static")),
        ]

    async def show(self, _request: Request) -> Response:
        goods = [(good, _price(good)) for good in self.goods.values()]
        orders, sent = await run_in_threadpool(lambda: (self._orders(), self._letters()))
        return self._page("shop.html", goods=goods, orders=orders, letters=sent)

    async def buy(self, request: Request) -> Response:
        good = self.goods.get(request.path_params["slug"])
        if good is None:
            return self._message("Not for sale", "This shop does not sell that.", 404)
        shop_url = str(request.base_url).rstrip("/")
        try:
            payment_page = await run_in_threadpool(self._checkout, good, shop_url)
        except httpx2.HTTPError:
            return self._message("Stripe does not answer", "Its stand-in could not open a checkout. Try again.", 502)
        return RedirectResponse(payment_page, _SEE_OTHER, headers=self._headers())

    async def show_order(self, request: Request) -> Response:
        session = request.path_params["session"]
        document = await run_in_threadpool(self.queries.checkout, session)
        if document is None:
            return self._message("No such order", "The engine has not heard of it.", 404)
        sent = [letter for letter in await run_in_threadpool(letters, self.outbox) if letter.session_id == session]
        return self._page("order.html", order=order_page(document), letters=sent)

    async def show_letter(self, request: Request) -> Response:
        letter = await run_in_threadpool(self._letter, request.path_params["name"])
        if letter is None:
            return self._message("No such mail", "There is none of that name in the outbox.", 404)
        return self._page("mail.html", letter=letter)

    async def show_letter_as_sent(self, request: Request) -> Response:
        """The HTML part alone, for a frame: as foreign as a mail is, it can load and do nothing."""
        letter = await run_in_threadpool(self._letter, request.path_params["name"])
        if letter is None:
            return self._message("No such mail", "There is none of that name in the outbox.", 404)
        return HTMLResponse(letter.html, headers={**self._headers(), "Content-Security-Policy": _LETTER_POLICY})

    def _checkout(self, good: Good, shop_url: str) -> str:
        """A new session's payment page, asked for over HTTP as any shop asks Stripe."""
        form = {
            "mode": "payment",
            "customer_email": "customer@example.com",
            "success_url": f"{shop_url}/after-checkout?session_id={{CHECKOUT_SESSION_ID}}",
            "cancel_url": f"{shop_url}/demo",
            "line_items[0][price]": good.price_id,
            "line_items[0][quantity]": "1",
            "line_items[0][adjustable_quantity][enabled]": "true",
            "line_items[0][adjustable_quantity][minimum]": "1",
        }
        if good.is_parcel:
            form |= {f"shipping_address_collection[allowed_countries][{n}]": code for n, code in enumerate(_COUNTRIES)}
        answer = httpx2.post(
            f"{self.stripe_url}/v1/checkout/sessions",
            data=form,
            headers={"Authorization": f"Bearer {self.api_key}"},
            timeout=_STRIPE_SECONDS,
            trust_env=False,
        )
        return str(answer.raise_for_status().json()["url"])

    def _orders(self) -> list[OrderRow]:
        hits = self.queries.search("", _ORDERS_MAX)
        documents = [self.queries.checkout(hit.session_id) for hit in hits]
        return [order_row(document) for document in documents if document is not None]

    def _letters(self) -> Sequence[Letter]:
        """The latest first."""
        return letters(self.outbox)[: -_LETTERS_MAX - 1 : -1]

    def _letter(self, name: str) -> Letter | None:
        return next((letter for letter in letters(self.outbox) if letter.name == name), None)

    def _message(self, title: str, text: str, status: int) -> Response:
        return self._page("message.html", status, title=title, text=text)

    def _page(self, template: str, status: int = 200, **shown: object) -> Response:
        page = _environment().get_template(template).render(**shown)
        return HTMLResponse(page, status, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        policy = (
            "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            # a form that is answered by a redirect needs the place it leads to
            f"form-action 'self' {self.stripe_url}"
        )
        return {
            "Cache-Control": "no-store",
            "Content-Security-Policy": policy,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }


async def _to_the_shop(_request: Request) -> Response:
    return RedirectResponse("/demo", _SEE_OTHER)


def _price(good: Good) -> str:
    return format_money(good.unit_amount, CURRENCY, "en") if good.unit_amount else "Free"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
