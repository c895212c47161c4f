"""`/readyz` names a key that Stripe refuses, and stays green: the server goes on taking webhooks."""

import logging
from pathlib import Path

import pytest
import structlog
from running import RunningShop, running_shop, stripe_event, wait_for
from sandbox_sales import paid
from structlog.testing import capture_logs

SESSIONS = "/v1/checkout/sessions/"


def readiness(shop: RunningShop) -> tuple[int, str, str]:
    answer = shop.client.get("/readyz")
    document = answer.json()
    return answer.status_code, document["status"], document["stripe_key"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_while_webhooks_are_taken_until_the_key_is_right(tmp_path: Path, status: int) -> None:
    with running_shop(tmp_path) as shop:
        assert readiness(shop) == (200, "ready", "unused")

        shop.sandbox.fail_next_requests(10_000, status=status, path=SESSIONS)
        before = structlog.get_config()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
        try:
            with capture_logs() as logged:
                session = paid(shop.sandbox, "access")
                wait_for(lambda: readiness(shop) == (200, "ready", "refused"))
                wait_for(lambda: [item.kind for item in shop.runtime.queries.work_queue()] == ["stripe_key_refused"])
        finally:
            structlog.configure(**before)
        attempts = [line for line in logged if line["event"] == "effect attempted"]
        assert {line["log_level"] for line in attempts} == {"error"}, attempts
        assert shop.post(stripe_event("evt_meanwhile")).status_code == 200

        shop.sandbox.faults.clear()
        page = shop.visit(session)

        assert "Access" in page.text
        assert readiness(shop) == (200, "ready", "accepted")


@pytest.mark.parametrize(("status", "key"), [(500, "unused"), (429, "unused"), (400, "accepted"), (404, "accepted")])
def test_only_an_answer_to_the_key_counts(tmp_path: Path, status: int, key: str) -> None:
    with running_shop(tmp_path) as shop:
        shop.sandbox.drop_deliveries = True
        session = paid(shop.sandbox, "access")
        shop.sandbox.fail_next_requests(10_000, status=status, path=SESSIONS)

        shop.visit(session)

        assert readiness(shop) == (200, "ready", key)


def test_the_key_of_a_server_that_is_not_ready_is_named_too(tmp_path: Path) -> None:
    with running_shop(tmp_path) as shop:
        shop.sandbox.drop_deliveries = True
        shop.visit(paid(shop.sandbox, "access"))
        shop.runtime.writer.close()

        assert readiness(shop) == (503, "not ready", "accepted")
