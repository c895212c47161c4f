"""The web application, as data: what is served where."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from interfaces.web.after_checkout import AfterCheckout
from interfaces.web.health import Health
from interfaces.web.webhook import Webhook

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

_STATIC = Path(__file__).parent / "static"


def web_app(
    *,
    webhook: Webhook,
    after_checkout: AfterCheckout,
    health: Health,
    lifespan: Lifespan | None = None,
    more_routes: Sequence[BaseRoute] = (),
) -> Starlette:
    app = Starlette(
        routes=[
            Route("/webhook", webhook.__call__, methods=["POST"]),
            Route("/after-checkout", after_checkout.__call__, methods=["GET"]),
            Route("/healthz", health.alive, methods=["GET"]),
            Route("/readyz", health.ready, methods=["GET"]),
            Mount("/static", StaticFiles(directory=_STATIC), name="static"),
            *more_routes,
        ],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app
