"""The web server: uvicorn, with the limits that we rely on said out loud."""

import uvicorn
from starlette.types import ASGIApp

GRACEFUL_SECONDS = 3


def web_server(app: ASGIApp, host: str, port: int) -> uvicorn.Server:
    """No access log, since it would print the session IDs in the landing page's URLs. h11, since it bounds headers."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http="h11",
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
            timeout_keep_alive=15,
            backlog=2048,
        )
    )
