"""`/healthz`: the process is alive. `/readyz`: it can take webhook deliveries."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Health:
    def __init__(self, is_ready: Callable[[], bool]) -> None:
        self._is_ready = is_ready

    async def alive(self, request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(self, request: Request) -> Response:
        if self._is_ready():
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready"}, status_code=503, headers={"Retry-After": "5"})
