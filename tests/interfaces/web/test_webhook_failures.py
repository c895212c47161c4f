"""`POST /webhook` while nothing can be written: Stripe is asked to come again, and operations can see it."""

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import structlog
from running import running_shop, stripe_event, wait_for
from structlog.testing import capture_logs

Errors = Sequence[Mapping[str, Any]]


@pytest.fixture
def errors() -> Iterator[Errors]:
    """The lines of the log that are errors."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with capture_logs() as logged:
        yield logged
    structlog.configure(**before)


def errors_of(logged: Errors, id: str) -> list[str]:
    """What the lines about webhook deliveries give as error: one line for each delivery, and it knows the session."""
    lines = [line for line in logged if "webhook" in line["event"]]
    assert {line["stripe_event"] for line in lines} == {id}
    assert {(line["session_id"], line["log_level"], line["status"]) for line in lines} == {
        ("cs_test_heard", "error", 503)
    }
    return [line["error"] for line in lines]


def test_a_locked_store_answers_503_until_stripe_sends_the_event_again(tmp_path: Path, errors: Errors) -> None:
    with running_shop(tmp_path) as shop, ThreadPoolExecutor(1) as pool:
        blocker = sqlite3.connect(tmp_path / "fulfillment.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        delivery = pool.submit(shop.post, stripe_event("evt_blocked"))
        wait_for(lambda: shop.client.get("/readyz").status_code == 503)
        assert not delivery.done()
        answer = delivery.result()
        blocker.execute("ROLLBACK")
        blocker.close()

        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert errors_of(errors, "evt_blocked") == ["TimeoutError: It was not written within 9 seconds."]
        wait_for(lambda: shop.client.get("/readyz").status_code == 200)
        assert shop.post(stripe_event("evt_blocked")).status_code == 200


def test_it_is_not_ready_after_a_write_failed_until_the_store_can_be_written(tmp_path: Path, errors: Errors) -> None:
    with running_shop(tmp_path) as shop:
        vandal = sqlite3.connect(tmp_path / "fulfillment.db", isolation_level=None)
        vandal.execute("ALTER TABLE stored_events RENAME TO gone")
        answer = shop.post(stripe_event("evt_refused"))
        readiness = shop.client.get("/readyz")
        vandal.execute("ALTER TABLE gone RENAME TO stored_events")
        vandal.close()

        assert (answer.status_code, readiness.status_code) == (503, 503)
        (error,) = errors_of(errors, "evt_refused")
        assert error.startswith("StoreUnavailable: The store could not take it")
        wait_for(lambda: shop.client.get("/readyz").status_code == 200)


def test_when_the_engine_has_stopped_stripe_is_asked_to_come_again(tmp_path: Path) -> None:
    with running_shop(tmp_path) as shop:
        shop.runtime.writer.close()
        answer = shop.post(stripe_event("evt_late"))
        readiness = shop.client.get("/readyz")

    assert (answer.status_code, readiness.status_code) == (503, 503)
    assert answer.headers["retry-after"]
