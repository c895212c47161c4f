"""The pages a customer sees: paying, having paid, having left. Plain forms, no script."""

import asyncio
from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from interfaces.sandbox.api.call import base_url_of, params_of
from interfaces.sandbox.model.checkout import filled_in
from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.model.sessions import session_of_link
from interfaces.sandbox.model.values import Session
from interfaces.sandbox.pages.control import control_page_routes
from interfaces.sandbox.pages.form import Filled, Problem, blank, problems_of, read_form
from interfaces.sandbox.pages.payment_page import payment_page, shown_time
from interfaces.sandbox.pages.rendering import PACKAGE, Rendering
from interfaces.sandbox.sandbox import Sandbox

_SEE_OTHER: Final = 303


def page_routes(sandbox: Sandbox) -> list[BaseRoute]:
    rendering = Rendering()
    pages = Pages(sandbox, rendering)
    return [
        *control_page_routes(sandbox, rendering),
        Route("/b/{link}", pages.follow_link),
        Route("/c/pay/{session}", pages.show, methods=["GET"]),
        Route("/c/pay/{session}", pages.submit, methods=["POST"]),
        Route("/c/pay/{session}/left", pages.leave),
        Mount("/assets", StaticFiles(packages=[(PACKAGE, "static")])),
    ]


class Pages:
    def __init__(self, sandbox: Sandbox, rendering: Rendering) -> None:
        self._sandbox = sandbox
        self._page = rendering.page

    async def follow_link(self, request: Request) -> Response:
        """What Stripe reads from a payment link's query: a reference, an e-mail address, a locale."""
        try:
            visit = await params_of(request)
            with self._sandbox.changing(base_url_of(request)) as making:
                link = making.state.payment_link(request.path_params["link"])
                session = self._sandbox.keep_session(session_of_link(link, making, visit))
        except StripeError as error:
            return self._page("message.html", 404, title="Link not active", message=error.message, link=None)
        return RedirectResponse(session.url, _SEE_OTHER)

    async def show(self, request: Request) -> Response:
        try:
            session = self._sandbox.session(request.path_params["session"])
        except StripeError:
            return self._not_found()
        if session.status == "open":
            return self._checkout(session, blank(session))
        return self._over(session)

    async def submit(self, request: Request) -> Response:
        try:
            session = self._sandbox.session(request.path_params["session"])
        except StripeError:
            return self._not_found()
        if session.status != "open":
            return self._onward(session) if session.status == "complete" else self._over(session)
        try:
            params = await params_of(request)
            filled = read_form(params, session)
        except StripeError as error:
            problem = Problem(field=error.param or "", message=error.message)
            return self._checkout(session, blank(session), [problem])
        if params.text("action") == "update":
            return self._checkout(session, filled)
        return await self._pay(session, filled)

    async def leave(self, request: Request) -> Response:
        try:
            session = self._sandbox.session(request.path_params["session"])
        except StripeError:
            return self._not_found()
        message = f"Nothing was paid. The checkout stays open until {shown_time(session.expires_at)}."
        link = (session.url, "Back to the checkout") if session.status == "open" else None
        return self._page("message.html", title="You left the checkout", message=message, link=link)

    async def _pay(self, session: Session, filled: Filled) -> Response:
        problems = problems_of(filled, session)
        if problems:
            return self._checkout(session, filled, problems)
        try:
            paid = self._sandbox.complete(session.id, filled.payment())
        except StripeError as error:
            return self._checkout(session, filled, [Problem(field=error.param or "", message=error.message)])
        await hold_redirect(self._sandbox, paid.id)
        return self._onward(paid)

    def _onward(self, session: Session) -> Response:
        if session.success_url is None:
            return RedirectResponse(f"/c/pay/{session.id}", _SEE_OTHER)
        return RedirectResponse(success_url_of(session), _SEE_OTHER)

    def _checkout(self, session: Session, filled: Filled, problems: Sequence[Problem] = ()) -> Response:
        with self._sandbox.reading() as state:
            try:
                preview = self._preview(session, filled)
            except StripeError as error:
                problems = [*problems, Problem(field=error.param or "", message=error.message)]
                preview = session
            page = payment_page(session, preview, state, filled, problems)
        return self._page("checkout.html", 422 if problems else 200, page=page)

    def _preview(self, session: Session, filled: Filled) -> Session:
        with self._sandbox.changing() as making:
            return filled_in(session, filled.payment(), making)

    def _over(self, session: Session) -> Response:
        if session.status == "expired":
            message = "It was open for a limited time. Nothing was paid."
            return self._page("message.html", title="This checkout has expired", message=message, link=None)
        link = (success_url_of(session), "Return to the shop") if session.success_url else None
        return self._page("message.html", title="Thank you", message=self._thanks(session), link=link)

    def _thanks(self, session: Session) -> str:
        if session.payment_link_id is not None:
            with self._sandbox.reading() as state:
                message = state.payment_link(session.payment_link_id).custom_message
            if message is not None:
                return message
        if session.debit is not None:
            return "Your order is placed. The bank debit is on its way."
        if session.payment_status == "unpaid":
            return "The bank refused the debit. Nothing was paid."
        return "Your order is complete."

    def _not_found(self) -> Response:
        message = "There is no such checkout in this sandbox."
        return self._page("message.html", 404, title="Not found", message=message, link=None)


async def hold_redirect(sandbox: Sandbox, session_id: str) -> None:
    """Checkout lets the customer go on when the endpoints have answered, or after ten seconds."""
    held = [asyncio.wrap_future(answered) for answered in sandbox.redirect_held(session_id)]
    if held:
        await asyncio.wait(held, timeout=sandbox.pace.redirect_hold_seconds)


def success_url_of(session: Session) -> str:
    return (session.success_url or "").replace("{CHECKOUT_SESSION_ID}", session.id)
