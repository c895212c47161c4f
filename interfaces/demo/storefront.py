"""The small shop at /demo, for a person to try: choose, pay at Stripe's stand-in, come back."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from infrastructure.formatting import format_money
from infrastructure.logs import configure_logs
from infrastructure.settings import load_settings
from interfaces.bootstrap import Runtime, bootstrap
from interfaces.demo.goods import Good
from interfaces.demo.stage import Stage
from interfaces.web.serve import serve

_HERE = Path(__file__).parent
_ORDERS_MAX = 20
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    # a form that answers with a redirect needs the place it leads to
    "form-action 'self' http://127.0.0.1:*",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    session_id: str
    short: str
    state: str
    amount: str
    mails: Sequence[str]


def keep_open(settings: Mapping[str, str], stage: Stage, stripe_url: str, port: int) -> None:
    """Serve the shop, with the engine inside this process, until Ctrl-C."""
    sys.stdout.write(
        f"\nThe shop is open at http://localhost:{port}/demo until you press Ctrl-C.\n"
        f"Its mails are in {stage.outbox}, its log lines in {stage.engine.log}.\n"
    )
    sys.stdout.flush()
    os.chdir(stage.engine.directory)  # where the engine that played the scenes wrote its mails too
    with stage.engine.log.open("a") as log:
        configure_logs(log)
        runtime = bootstrap(load_settings(settings, None))
        serve(runtime, "127.0.0.1", port, storefront_routes(stage, runtime, stripe_url))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdout.write("\nThe shop is closed, and everything it made is removed.\n")


def storefront_routes(stage: Stage, runtime: Runtime, stripe_url: str) -> list[BaseRoute]:
    shop = Storefront(stage, runtime, stripe_url)
    return [
        Route("/demo", shop.show, methods=["GET"]),
        Route("/demo/buy/{slug}", shop.buy, methods=["POST"]),
        Mount("/demo/static", StaticFiles(directory=_HERE / "static")),
    ]


class Storefront:
    def __init__(self, stage: Stage, runtime: Runtime, stripe_url: str) -> None:
        self._stage = stage
        self._runtime = runtime
        self._stripe_url = stripe_url

    async def show(self, _request: Request) -> Response:
        page = await run_in_threadpool(self._page)
        return HTMLResponse(page, headers=_HEADERS)

    async def buy(self, request: Request) -> Response:
        good = self._stage.goods.get(request.path_params["slug"])
        if good is None:
            return HTMLResponse("This shop does not sell that.", 404, headers=_HEADERS)
        session = await run_in_threadpool(self._checkout, good, str(request.base_url).rstrip("/"))
        return RedirectResponse(f"{self._stripe_url}/c/pay/{session}", 303, headers=_HEADERS)

    def _checkout(self, good: Good, shop_url: str) -> str:
        return self._stage.sandbox.create_session(
            {
                "mode": "payment",
                "customer_email": "customer@example.com",
                "success_url": f"{shop_url}/after-checkout?session_id={{CHECKOUT_SESSION_ID}}",
                "cancel_url": f"{shop_url}/demo",
                "line_items": [{"price": good.price_id, "quantity": 1, "adjustable_quantity": {"enabled": True}}],
            }
        ).id

    def _page(self) -> str:
        hits = self._runtime.queries.search("", _ORDERS_MAX)
        orders = [
            Order(
                session_id=hit.session_id,
                short=f"{hit.session_id[:20]}…",
                state=str(hit.state).replace("_", " "),
                amount=format_money(hit.amount_total, hit.currency, "en") if hit.amount_total and hit.currency else "",
                mails=[mail.replace("_", " ") for mail in self._stage.mails(hit.session_id)],
            )
            for hit in hits
        ]
        goods = [(good, format_money(good.unit_amount, "eur", "en")) for good in self._stage.goods.values()]
        return _environment().get_template("shop.html").render(goods=goods, orders=orders)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
