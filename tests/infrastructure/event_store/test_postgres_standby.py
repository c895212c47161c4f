"""A standby that is waited for: what is acknowledged is on it, also where it was away meanwhile."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace

import psycopg
import pytest
from eventually import wait_for
from log_parts import BEGINNING, received
from postgres_server import PostgresServer
from typed_ids import as_stream

from application.errors import StoreUnavailable
from application.writing.recent_states import RecentStates
from application.writing.writer import Writer
from infrastructure.database import parse_database
from infrastructure.stores import stores

DELIVERED = replace(
    received("checkout.session.completed", "cs_test_1"),
    originator_id=as_stream("evt_1"),
    originator_version=1,
    occurred_at=BEGINNING,
    recorded_at=BEGINNING,
    actor="stripe",
)
WAITING = "SELECT pid FROM pg_stat_activity WHERE application_name='fulfill log' AND wait_event='SyncRep'"


@pytest.fixture
def servers() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A primary, and the standby that it waits for, with every table."""
    waits = {"synchronous_commit": "remote_apply", "synchronous_standby_names": "*"}
    with PostgresServer(waits) as primary, PostgresServer() as standby:
        primary.initialize()
        primary.start()
        standby.copy_of(primary)
        standby.start()
        stores(parse_database(primary.url())).migrate()
        yield primary, standby


def test_a_redelivery_is_not_acknowledged_before_the_standby_has_the_delivery(
    servers: tuple[PostgresServer, PostgresServer],
) -> None:
    primary, standby = servers
    with ExitStack() as stack:
        log = stack.enter_context(closing(stores(parse_database(primary.url())).open_log()))
        operator = stack.enter_context(psycopg.connect(primary.url(), autocommit=True))
        writing = stack.enter_context(ThreadPoolExecutor())
        writer = Writer(log, RecentStates(log.store))

        def deliver() -> "Future[bool]":
            future: Future[bool] = Future()
            writer.begin(DELIVERED, future)
            writing.submit(writer.turn)
            return future

        standby.stop()
        first = deliver()
        assert wait_for(_is_one_waiting(operator))
        operator.execute(f"SELECT pg_terminate_backend(pid) FROM ({WAITING})")
        with pytest.raises(StoreUnavailable):
            first.result()

        second = deliver()

        assert wait_for(lambda: second.done() or _is_one_waiting(operator)())
        assert not second.done(), second
        standby.start()
        assert second.result() is False


def _is_one_waiting(operator: "psycopg.Connection[tuple[int]]") -> Callable[[], bool]:
    return lambda: operator.execute(WAITING).fetchone() is not None
