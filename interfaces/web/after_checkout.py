"""`GET /after-checkout?session_id=`: the customer is back. Fulfill, wait a moment for the rest, and show what is there.

The session ID is a bearer secret in a URL: it opens this page, with the license keys for an hour. It reaches no third
party, and log lines have only its beginning. The page shows no address and no e-mail.
"""

import asyncio
import time
from collections.abc import Callable, Set
from functools import partial

import anyio
import structlog
from anyio import CapacityLimiter
from eventsourcing.persistence import PersistenceError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from application.errors import Busy, Stopped, StoreUnavailable, described
from application.fulfill_checkout import FulfillCheckout
from application.log.log import Log
from application.log_line import LogLine
from application.ports import Clock, PortError, SessionUnknown
from application.reading.checkout_state import CheckoutState, checkout_state
from application.reading.mailed_keys import mailed_keys
from domain.checkout_session import CheckoutSession
from domain.errors import UnreadableEvent
from domain.fulfillment import Fulfillment
from domain.identifiers import InvalidIdentifier, LineItemId, SessionId, fulfillment_id, is_livemode, session_id
from domain.park_reason import ParkReason
from domain.source import Source
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.page_texts import PageText, not_found_text, too_many_text, unavailable_text
from interfaces.web import landing_page
from interfaces.web.accept import accepts_json
from interfaces.web.headers import SECURITY_HEADERS
from interfaces.web.rate_limit import RateLimit

_FOREIGN = frozenset({ParkReason.WRONG_MODE, ParkReason.CONNECTED_ACCOUNT, ParkReason.OTHER_APPLICATION})
logger = structlog.get_logger(__name__)

_WAIT_SECONDS = 5.0
_LOOK_SECONDS = 0.05
_AT_ONCE_MAX = 32
_UNKNOWN_AT_ONCE_MAX = 8
"""How many visits ask Stripe about sessions that the log does not know: guessed IDs hold up only each other."""
_COME_BACK = {"Retry-After": "30"}
_REFRESH_SECONDS = {
    CheckoutState.FULFILLING: 5,
    CheckoutState.OPEN: 5,
    CheckoutState.AWAITING_PAYMENT: 5,
}
"""The states that change by themselves, and how soon to look again."""


class AfterCheckout:
    def __init__(
        self,
        log: Log,
        fulfill_checkout: FulfillCheckout,
        texts: CustomerTexts,
        *,
        livemode: bool,
        clock: Clock,
        rate_limit: RateLimit,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._fulfill_checkout = fulfill_checkout
        self._texts = texts
        self._livemode = livemode
        self._clock = clock
        self._rate_limit = rate_limit
        self._monotonic = monotonic
        self._looks, self._known = CapacityLimiter(_AT_ONCE_MAX), CapacityLimiter(_AT_ONCE_MAX)
        self._unknown = CapacityLimiter(_UNKNOWN_AT_ONCE_MAX)

    async def __call__(self, request: Request) -> Response:
        wants_json = accepts_json(request.headers.getlist("accept"))
        accepted = request.headers.get("accept-language", "")
        address = request.client.host if request.client else ""
        if not self._rate_limit.allows(address):
            return self._not_now(429, "too_many_visits", too_many_text, accepted, as_json=wants_json)
        try:
            id = session_id(request.query_params.get("session_id", ""))
        except InvalidIdentifier:
            return self._not_found(accepted, as_json=wants_json)
        deadline = self._monotonic() + _WAIT_SECONDS
        try:
            if is_livemode(id) != self._livemode:
                return self._not_found(accepted, as_json=wants_json)
            known, _ = await self._read(id)
            if not await self._fulfill(id, self._known if known.is_known else self._unknown):
                return self._not_found(accepted, as_json=wants_json)
            session, fulfillment = await self._settled(id, deadline)
            mailed = await anyio.to_thread.run_sync(self._mailed, id, fulfillment, limiter=self._looks)
        except (PersistenceError, UnreadableEvent, TimeoutError) as error:
            why = described(error, PersistenceError, TimeoutError)
            logger.error(LogLine.LANDING_PAGE_NOT_READ, session_id=id, error=why)
            return self._not_now(503, "unavailable", unavailable_text, accepted, as_json=wants_json)
        state = checkout_state(session, fulfillment)
        logger.info(LogLine.LANDING_PAGE, session_id=id, state=str(state))
        locale = session.checkout.locale if session.checkout else None
        page = landing_page.landing_page(
            session,
            fulfillment,
            self._texts.language(locale, accepted=accepted),
            state=state,
            now=self._clock(),
            refresh_seconds=_REFRESH_SECONDS.get(state),
            mailed=mailed,
        )
        if wants_json:
            return JSONResponse(landing_page.as_json(page, self._texts.shop), headers=SECURITY_HEADERS)
        return _page(landing_page.render(page, self._texts), 200)

    async def _fulfill(self, id: SessionId, limiter: CapacityLimiter) -> bool:
        """Run `fulfill_checkout`. False if there is no such checkout for us.

        When Stripe can't be asked, or takes longer than a customer should wait, the page shows what the log knows and
        looks again by itself; a call that is under way still records what it learns.
        """
        fulfill = partial(self._fulfill_checkout, id, source=Source.LANDING_PAGE, actor="customer")
        try:
            with anyio.fail_after(_WAIT_SECONDS):
                session = await anyio.to_thread.run_sync(fulfill, limiter=limiter, abandon_on_cancel=True)
        except TimeoutError:
            logger.warning(LogLine.LANDING_PAGE_DID_NOT_WAIT, session_id=id)
            return True
        except SessionUnknown:
            return False
        except (PortError, Busy, Stopped, StoreUnavailable, PersistenceError) as error:
            logger.error(LogLine.LANDING_PAGE_NOT_FULFILLED, session_id=id, error=f"{type(error).__name__}: {error}")
            return True
        except Exception as error:  # a process boundary: the customer sees what the log knows, whatever it is
            logger.critical(LogLine.LANDING_PAGE_FAILED, session_id=id, error=type(error).__name__, exc_info=True)
            return True
        return session.park_reason not in _FOREIGN

    async def _settled(self, id: SessionId, deadline: float) -> tuple[CheckoutSession, Fulfillment]:
        """The checkout, once the engine has done what it does by itself; as it stands at the deadline otherwise."""
        while True:
            session, fulfillment = await self._read(id)
            is_at_rest = fulfillment.is_settled if session.is_paid else True
            if is_at_rest or self._monotonic() >= deadline:
                return session, fulfillment
            await asyncio.sleep(_LOOK_SECONDS)

    async def _read(self, id: SessionId) -> tuple[CheckoutSession, Fulfillment]:
        """
        Raises:
            TimeoutError: the log did not answer in time.
        """
        with anyio.fail_after(_WAIT_SECONDS):
            return await anyio.to_thread.run_sync(self._look, id, limiter=self._looks, abandon_on_cancel=True)

    def _look(self, id: SessionId) -> tuple[CheckoutSession, Fulfillment]:
        return self._log.get(CheckoutSession, id), self._log.get(Fulfillment, fulfillment_id(id))

    def _mailed(self, id: SessionId, fulfillment: Fulfillment) -> Set[LineItemId]:
        return mailed_keys(self._log, id, fulfillment)

    def _not_now(
        self, status: int, error: str, text: Callable[[Language], PageText], accepted: str, *, as_json: bool
    ) -> Response:
        """The page, or JSON, and when to come back."""
        if as_json:
            return JSONResponse({"error": error}, status, headers={**SECURITY_HEADERS, **_COME_BACK})
        return _page(self._message(text, accepted), status, _COME_BACK)

    def _not_found(self, accepted: str, *, as_json: bool) -> Response:
        """One and the same answer for unknown, foreign and malformed IDs."""
        if as_json:
            return JSONResponse({"error": "not_found"}, 404, headers=SECURITY_HEADERS)
        return _page(self._message(not_found_text, accepted), 404)

    def _message(self, text: Callable[[Language], PageText], accepted: str) -> str:
        language = self._texts.language(None, accepted=accepted)
        return landing_page.render_message(text(language), language, self._texts)


def _page(html: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return HTMLResponse(html, status, headers={**SECURITY_HEADERS, **(headers or {})})
