"""The web application, as data: what is served where."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from interfaces.web.after_checkout import AfterCheckout
from interfaces.web.health import Health
from interfaces.web.webhook import Webhook

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

_STATIC = Path(__file__).parent / "static"


class WebApp:
    """The webhook, and all else by Starlette, whose way to a route costs as much as all that the webhook does."""

    def __init__(self, webhook: Webhook, others: Starlette) -> None:
        self._webhook = webhook
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_webhook = scope["type"] == "http" and scope["path"] == "/webhook"
        await (self._webhook if is_webhook else self._others)(scope, receive, send)


def web_app(
    *,
    webhook: Webhook,
    after_checkout: AfterCheckout,
    health: Health,
    lifespan: Lifespan | None = None,
    more_routes: Sequence[BaseRoute] = (),
) -> WebApp:
    app = Starlette(
        routes=[
            Route("/after-checkout", after_checkout.__call__, methods=["GET"]),
            Route("/healthz", health.alive, methods=["GET"]),
            Route("/readyz", health.ready, methods=["GET"]),
            Mount("/static", StaticFiles(directory=_STATIC), name="static"),
            *more_routes,
        ],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return WebApp(webhook, app)
