"""Whatever goes wrong behind the landing page, the customer gets a page."""

from dataclasses import replace
from pathlib import Path

from running import running_shop
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from application.fulfill_checkout import FulfillCheckout
from domain.checkout import Checkout
from interfaces.web.serve import engine_app


class Broken:
    """A gateway with a bug: it raises what no port may raise."""

    def retrieve(self, session_id: str) -> Checkout:
        raise ValueError(f"{session_id} of ada@example.com")


def test_a_bug_is_logged_with_the_session_and_the_customer_gets_the_page(tmp_path: Path) -> None:
    with running_shop(tmp_path) as shop:
        runtime = shop.runtime
        broken = FulfillCheckout(runtime.log, runtime.writer, Broken(), runtime.clock)
        visitor = TestClient(engine_app(replace(runtime, fulfill_checkout=broken)), raise_server_exceptions=False)

        with capture_logs() as logs:
            answer = visitor.get("/after-checkout", params={"session_id": "cs_test_a"})

    assert answer.status_code == 200
    assert "text/html" in answer.headers["content-type"]
    failed = next(line for line in logs if line["event"] == "landing page failed")
    assert (failed["session_id"], failed["error"]) == ("cs_test_a", "ValueError")
