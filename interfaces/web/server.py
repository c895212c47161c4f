"""The web server: uvicorn, with explicit values for the limits that we rely on."""

import uvicorn
from starlette.types import ASGIApp

from interfaces.web.connections import Connection, connection_limits

GRACEFUL_SECONDS = 3


def web_server(app: ASGIApp, host: str, port: int) -> uvicorn.Server:
    """No access log, since it would print the session IDs in the landing page's URLs."""
    limits = connection_limits()
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
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
