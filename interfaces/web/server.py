"""The web server: uvicorn, with the limits that we rely on said out loud."""

import asyncio
import socket

import uvicorn
from starlette.types import ASGIApp

from interfaces.web.connections import Connection, connection_limits, say_seldom_that_none_is_accepted

GRACEFUL_SECONDS = 3


class WebServer(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        say_seldom_that_none_is_accepted(asyncio.get_running_loop())
        await super().startup(sockets)


def web_server(app: ASGIApp, host: str, port: int) -> WebServer:
    """No access log, since it would print the session IDs in the landing page's URLs. h11, since it bounds headers."""
    limits = connection_limits()
    return WebServer(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=Connection,
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
            timeout_keep_alive=15,
            limit_concurrency=limits.connections,
            backlog=limits.backlog,
        )
    )
