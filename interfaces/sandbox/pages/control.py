"""The control page: the sandbox's state, and forms that change it. A script only refreshes it."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from interfaces.sandbox.api.call import base_url_of, params_of
from interfaces.sandbox.faults.weather import CALM
from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.own_pages import is_from_own_page, is_reached_as_this_machine
from interfaces.sandbox.pages.control_forms import ACTIONS, FAULTS
from interfaces.sandbox.pages.live_content import live_content
from interfaces.sandbox.pages.rendering import CONTROLLED, Rendering
from interfaces.sandbox.pages.selling import DELIVERIES, return_url, sell
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.stripe_json.versions import VERSIONS

_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_SEE_OTHER: Final = 303
_UNPROCESSABLE: Final = 422


def control_page_routes(sandbox: Sandbox, rendering: Rendering) -> list[BaseRoute]:
    page = ControlPage(sandbox, rendering)
    return [
        Route("/", page.show),
        Route("/live", page.show_live),
        Route("/controls/{part}", page.act, methods=["POST"]),
    ]


class ControlPage:
    def __init__(self, sandbox: Sandbox, rendering: Rendering) -> None:
        self._sandbox = sandbox
        self._rendering = rendering

    async def show(self, request: Request) -> Response:
        if not is_reached_as_this_machine(request):
            return self._message(_FORBIDDEN, "Refused", "Open this page at localhost or 127.0.0.1: it shows secrets.")
        return self._page(base_url_of(request))

    async def show_live(self, request: Request) -> Response:  # noqa: ARG002 (a route takes it)
        content = await run_in_threadpool(live_content, self._sandbox)
        return self._rendering.page("live.html", headers=CONTROLLED, live=content)

    async def act(self, request: Request) -> Response:
        if not is_from_own_page(request):
            return self._message(_FORBIDDEN, "Refused", "Only the sandbox's own page can do this.")
        part = request.path_params["part"]
        if part == "sell":
            return await self._sell(request)
        if part not in ACTIONS:
            return self._message(_NOT_FOUND, "Not found", "There is no such control.")
        try:
            ACTIONS[part](self._sandbox, await params_of(request))
        except StripeError as error:
            return self._page(base_url_of(request), _UNPROCESSABLE, problem=error.message)
        return RedirectResponse(f"/#{part}", _SEE_OTHER)

    async def _sell(self, request: Request) -> Response:
        base_url = base_url_of(request)
        try:
            session = sell(self._sandbox, await params_of(request), base_url)
        except StripeError as error:
            return self._page(base_url, _UNPROCESSABLE, problem=error.message)
        return RedirectResponse(session.url, _SEE_OTHER)

    def _page(self, base_url: str, status: int = 200, *, problem: str = "") -> Response:
        skies, faults = self._sandbox.post_office.skies, self._sandbox.faults
        return self._rendering.page(
            "home.html",
            status,
            headers=CONTROLLED,
            base_url=base_url,
            deliveries=DELIVERIES,
            return_url=return_url(self._sandbox, base_url),
            problem=problem,
            live=live_content(self._sandbox),
            is_held=self._sandbox.clock.is_held,
            is_paused=self._sandbox.post_office.is_paused,
            is_dropping=self._sandbox.drop_deliveries,
            weather=skies.weather(),
            calm=CALM,
            seed=skies.seed,
            faults=FAULTS,
            faults_left=faults.remaining,
            chances=faults.chances,
            endpoints=self._sandbox.endpoints(),
            versions=VERSIONS,
        )

    def _message(self, status: int, title: str, message: str) -> Response:
        return self._rendering.page("message.html", status, title=title, message=message, link=("/", "To the controls"))
