"""`fulfill serve`: the web process, which appends to the log, and may have the worker inside."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from application.log_line import LogLine
from application.running.engine import STOP_SECONDS
from interfaces.bootstrap import Runtime
from interfaces.web.after_checkout import AfterCheckout
from interfaces.web.app import WebApp, web_app
from interfaces.web.connections import raise_descriptor_limit
from interfaces.web.health import Health
from interfaces.web.rate_limit import RateLimit
from interfaces.web.server import GRACEFUL_SECONDS, web_server
from interfaces.web.shop_files import shop_files
from interfaces.web.webhook import Webhook

logger = structlog.get_logger(__name__)

VISITS_PER_MINUTE = 120
_STOP_ENGINE_SECONDS = STOP_SECONDS - GRACEFUL_SECONDS - 1
"""The server, which takes its time first, and the engine together end within ten seconds."""


def engine_app(runtime: Runtime, more_routes: Sequence[BaseRoute] = (), *, with_worker: bool = True) -> WebApp:
    """The web application, which starts the engine when the server starts and stops it with the server."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        runtime.engine.start(with_worker=with_worker)
        try:
            yield
        finally:
            await asyncio.to_thread(runtime.engine.stop, _STOP_ENGINE_SECONDS)

    return web_app(
        webhook=Webhook(runtime.writer, runtime.webhook_reader, runtime.clock),
        after_checkout=AfterCheckout(
            runtime.log,
            runtime.fulfill_checkout,
            runtime.texts,
            livemode=runtime.settings.livemode,
            clock=runtime.clock,
            rate_limit=RateLimit(VISITS_PER_MINUTE, time.monotonic),
        ),
        health=Health(lambda: runtime.engine.is_ready, lambda: runtime.gateway.key),
        shop_files=shop_files(runtime.texts),
        lifespan=lifespan,
        more_routes=more_routes,
    )


def serve(
    runtime: Runtime, host: str, port: int, more_routes: Sequence[BaseRoute] = (), *, with_worker: bool = True
) -> int:
    """Serve until SIGTERM or Ctrl-C, finish the requests at hand, and return the exit code."""
    raise_descriptor_limit()
    server = web_server(engine_app(runtime, more_routes, with_worker=with_worker), host, port)

    def end() -> None:
        server.should_exit = True

    runtime.engine.on_failure = end
    for place in runtime.texts.unused():
        logger.warning(LogLine.TEXT_NOT_USED, place=place)
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn stops for these, then raises them again: a requested stop is no failure, so they end here
        signal.signal(number, _nothing)
    server.run()
    return 1 if runtime.engine.failure is not None or not server.started else 0


def _nothing(*_: object) -> None:
    """A signal handler that leaves it at what uvicorn did."""
