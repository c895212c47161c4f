"""`/healthz`: the process is alive. `/readyz`: it can take webhook deliveries."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from application.running.stripe_key import StripeKey


class Health:
    def __init__(self, is_ready: Callable[[], bool], stripe_key: Callable[[], StripeKey]) -> None:
        self._is_ready = is_ready
        self._stripe_key = stripe_key

    async def alive(self, request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(self, request: Request) -> Response:
        """A refused key is named here and does not turn it red: a proxy would take the server out of rotation, and it
        is the server that keeps the webhooks until the key is correct."""
        is_ready, key = self._is_ready(), self._stripe_key().value
        return JSONResponse(
            {"status": "ready" if is_ready else "not ready", "stripe_key": key},
            status_code=200 if is_ready else 503,
            headers={} if is_ready else {"Retry-After": "5"},
        )
