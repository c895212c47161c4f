"""Whatever goes wrong behind the landing page, the customer gets a page."""

import asyncio
import threading
import time
from dataclasses import replace
from pathlib import Path

from running import running_shop
from sandbox_sales import paid
from starlette.requests import Request
from starlette.testclient import TestClient
from structlog.testing import capture_logs
from typed_ids import as_session

from application.fulfill_checkout import FulfillCheckout
from application.ports import SessionUnknown
from domain.checkout import Checkout
from domain.source import Source
from interfaces.web.after_checkout import AfterCheckout
from interfaces.web.rate_limit import RateLimit
from interfaces.web.serve import engine_app


class Broken:
    """A gateway with a bug: it raises what no port may raise."""

    def retrieve(self, session_id: str) -> Checkout:
        raise ValueError(f"{session_id} of ada@example.com")


def test_a_bug_is_logged_with_the_session_and_the_customer_gets_the_page(tmp_path: Path) -> None:
    with running_shop(tmp_path) as shop:
        runtime = shop.runtime
        broken = FulfillCheckout(runtime.log, runtime.writer, Broken(), runtime.clock, runtime.catalog)
        visitor = TestClient(engine_app(replace(runtime, fulfill_checkout=broken)), raise_server_exceptions=False)

        with capture_logs() as logs:
            answer = visitor.get("/after-checkout", params={"session_id": "cs_test_a"})

    assert answer.status_code == 200
    assert "text/html" in answer.headers["content-type"]
    failed = next(line for line in logs if line["event"] == "landing page failed")
    assert (failed["session_id"], failed["error"]) == ("cs_test_a", "ValueError")


class Hanging:
    """Stripe takes its time, for as long as the test wants."""

    def __init__(self) -> None:
        self.asked, self.released = threading.Event(), threading.Event()

    def retrieve(self, session_id: str) -> Checkout:
        self.asked.set()
        self.released.wait(20)
        raise SessionUnknown("Stripe knows no such session.")


def test_guessed_ids_that_keep_stripe_busy_hold_up_no_customer(tmp_path: Path) -> None:
    with running_shop(tmp_path) as shop:
        known, runtime, stripe = paid(shop.sandbox, "access"), shop.runtime, Hanging()
        runtime.fulfill_checkout(as_session(known), source=Source.LANDING_PAGE, actor="customer")
        page = AfterCheckout(
            runtime.log,
            FulfillCheckout(runtime.log, runtime.writer, stripe, runtime.clock, runtime.catalog),
            runtime.texts,
            livemode=False,
            clock=runtime.clock,
            rate_limit=RateLimit(1000, time.monotonic),
        )

        async def visits() -> tuple[int, int]:
            guesses = [asyncio.create_task(page(_visit(f"cs_test_guess{number}"))) for number in range(64)]
            await asyncio.to_thread(stripe.asked.wait, 20)
            answer = await page(_visit(known))
            waiting = sum(not guess.done() for guess in guesses)
            stripe.released.set()
            await asyncio.gather(*guesses)
            return answer.status_code, waiting

        answered = asyncio.run(visits())

    assert answered == (200, 64), "the customer is answered first"


def _visit(session_id: str) -> Request:
    query = f"session_id={session_id}".encode()
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": query, "headers": [], "client": None})
