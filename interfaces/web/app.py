"""The web application, as data: what is served where."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from interfaces.web.after_checkout import AfterCheckout
from interfaces.web.health import Health
from interfaces.web.webhook import Webhook

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

_WEBHOOK_PATH = "/webhook"
_STATIC = Path(__file__).parent / "static"


class WebApp:
    """The webhook, and all else by Starlette, whose way to a route costs as much as all that the webhook does.

    Each address also works with a slash at its end, by itself: Stripe does not follow redirects, and a customer comes
    back to the address that the shop entered.
    """

    def __init__(self, webhook: Webhook, others: Starlette) -> None:
        self._webhook = webhook
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/"):
            scope = {**scope, "path": scope["path"][:-1] or "/"}
        is_webhook = scope["type"] == "http" and scope["path"] == _WEBHOOK_PATH
        await (self._webhook if is_webhook else self._others)(scope, receive, send)


_INDEX = """\
This server fulfills the orders of a shop that is paid with Stripe. There is nothing to read here.

/webhook         Stripe sends its events there, with POST.
/after-checkout  Customers come there after they have paid.
/healthz         The process is alive.
/readyz          It can take events.

If you bought something, use the link in your mail, or ask the shop.
"""


async def _index(_: Request) -> Response:
    return PlainTextResponse(_INDEX, headers={"X-Robots-Tag": "noindex"})


def web_app(
    *,
    webhook: Webhook,
    after_checkout: AfterCheckout,
    health: Health,
    shop_files: Sequence[Route] = (),
    lifespan: Lifespan | None = None,
    more_routes: Sequence[BaseRoute] = (),
) -> WebApp:
    files = [*shop_files, Mount("/static", StaticFiles(directory=_STATIC), name="static")]
    app = Starlette(
        routes=[
            Route("/", _index, methods=["GET"]),
            Route("/after-checkout", after_checkout.__call__, methods=["GET"]),
            Route("/healthz", health.alive, methods=["GET"]),
            Route("/readyz", health.ready, methods=["GET"]),
            *files,
            # The links of pages are relative, since a proxy may serve them below another path.
            Mount("/after-checkout", Router(files, redirect_slashes=False)),
            *more_routes,
        ],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return WebApp(webhook, app)
