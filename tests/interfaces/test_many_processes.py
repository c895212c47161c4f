"""Any number of `fulfill serve` and `fulfill worker` on one PostgreSQL database, killed, stopped and cut off."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest
from eventually import wait_for
from log_invariants import all_events
from postgres_databases import Databases
from postgres_server import PostgresServer
from processes import ServeProcess, ended, run_fulfill, several, start_all
from sold_on_postgres import Shop, shop_on

from domain.effect import Effect

pytestmark = pytest.mark.long

KILLED_SECONDS_MAX = 60.0
"""It takes a few seconds (docs/operations.md); a program that does not take over never does."""
HANGS_SECONDS = 600.0


@pytest.fixture
def shop(postgres_url: str, tmp_path: Path) -> Iterator[Shop]:
    with shop_on(postgres_url, tmp_path) as shop:
        shop.open()
        yield shop


def attempts(shop: Shop) -> list[Effect.AttemptStarted]:
    with shop.reading() as side:
        return [event for _, event in all_events(side.log) if isinstance(event, Effect.AttemptStarted)]


def test_two_servers_and_two_workers_fulfill_every_delivery_once(shop: Shop) -> None:
    first, second, *workers = processes = several(shop.directory, shop.settings, serve=2, work=2)
    assert isinstance(first, ServeProcess)
    assert isinstance(second, ServeProcess)
    with ended(processes):
        start_all(processes)

        for goods in (("course",), ("license",), ("course", "license")) * 5:
            event = shop.buy(*goods)
            assert shop.deliver(event, first)
            assert shop.deliver(event, second)

        assert wait_for(shop.is_at_rest)
        assert [worker.is_leading for worker in workers].count(True) == 1
        assert [process.stop() for process in processes] == [0, 0, 0, 0]
    assert shop.findings().problems == []


def test_a_killed_leader_is_followed_by_another_who_does_what_it_had_in_hand(shop: Shop) -> None:
    server, leader, other = processes = several(shop.directory, shop.settings, serve=1, work=2)
    assert isinstance(server, ServeProcess)
    with ended(processes):
        start_all([server, leader])
        shop.sandbox.fail_next_requests(1000, status=None, delay_seconds=HANGS_SECONDS)
        assert all(shop.deliver(shop.buy("course"), server) for _ in range(5))
        assert wait_for(lambda: len(attempts(shop)) == 5)
        start_all([other])
        assert leader.is_leading
        assert not other.is_leading

        leader.kill()
        shop.sandbox.faults.clear()

        assert wait_for(lambda: other.is_leading, KILLED_SECONDS_MAX)
        assert wait_for(shop.is_at_rest, KILLED_SECONDS_MAX)
    found = shop.findings()
    assert (found.problems, len(found.workers)) == ([], 2)


def test_after_a_signal_a_worker_finishes_its_attempts(shop: Shop) -> None:
    server, worker = processes = several(shop.directory, shop.settings, serve=1, work=1)
    assert isinstance(server, ServeProcess)
    with ended(processes):
        start_all(processes)
        shop.sandbox.fail_next_requests(1, status=None, delay_seconds=2.0)
        assert shop.deliver(shop.buy("course"), server)
        assert wait_for(lambda: len(attempts(shop)) == 1)

        code = worker.stop()

        assert code == 0
        with shop.reading() as side:
            assert [event.TOPIC for _, event in all_events(side.log) if event.TOPIC.startswith("Effect.")] == [
                "Effect.Requested",
                "Effect.AttemptStarted",
                "Effect.Succeeded",
            ]


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("worker",)], ids=["serve", "worker"])
def test_nothing_starts_where_tables_are_missing_and_none_are_made(
    databases: Databases, tmp_path: Path, command: tuple[str, ...]
) -> None:
    with ExitStack() as stack:
        url = databases.create_empty()
        stack.callback(databases.drop, url)
        shop = stack.enter_context(shop_on(url, tmp_path))

        done = run_fulfill(tmp_path, shop.settings, *command)

        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.strip().endswith("has no tables of fulfill yet. Run `fulfill migrate`.")
        assert done.stderr.count("\n") == 1
        connection = stack.enter_context(closing(psycopg.connect(url)))
        made = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'fulfillment%'").fetchall()
        assert made == []


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("worker",), ("migrate",)], ids=lambda words: words[0])
def test_nothing_starts_on_tables_of_a_later_version(shop: Shop, command: tuple[str, ...]) -> None:
    with psycopg.connect(shop.settings["DATABASE_URL"]) as connection:
        connection.execute("UPDATE fulfillment.schema_version SET version=99")

    done = run_fulfill(shop.directory, shop.settings, *command)

    assert done.returncode == 1
    assert "are of version 99, which is later than the" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_outage_of_postgresql_answers_503_and_ends_by_itself(tmp_path: Path) -> None:
    with PostgresServer() as postgres:
        postgres.initialize()
        postgres.start()
        with shop_on(postgres.url(), tmp_path) as shop:
            _interrupt(postgres, shop)


def _interrupt(postgres: PostgresServer, shop: Shop) -> None:
    shop.open()
    server, *_ = processes = several(shop.directory, shop.settings, serve=1, work=1)
    assert isinstance(server, ServeProcess)
    with ended(processes):
        start_all(processes)
        assert shop.deliver(shop.buy("course"), server)
        meanwhile = shop.buy("course")

        postgres.stop()

        assert not shop.deliver(meanwhile, server)
        assert shop.answers[-1] == (503, "5")
        assert wait_for(lambda: server.get("/readyz") == 503)
        assert server.get("/healthz") == 200

        postgres.start()

        assert wait_for(lambda: server.get("/readyz") == 200)
        assert shop.deliver(meanwhile, server)
        assert wait_for(shop.is_at_rest)
        assert [process.stop() for process in processes] == [0, 0]
    assert shop.findings().problems == []


def test_a_worker_whose_session_the_operator_ends_goes_on_under_another_name(shop: Shop) -> None:
    server, worker = processes = several(shop.directory, shop.settings, serve=1, work=1)
    assert isinstance(server, ServeProcess)
    with ended(processes):
        start_all(processes)
        assert shop.deliver(shop.buy("course"), server)
        assert wait_for(shop.is_at_rest)

        with psycopg.connect(shop.settings["DATABASE_URL"]) as connection:
            ended_sessions = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name='fulfill locks' AND datname=current_database()"
            ).fetchall()

        assert ended_sessions == [(True,)]
        assert shop.deliver(shop.buy("course"), server)
        assert wait_for(shop.is_at_rest)
        assert worker.is_leading
        assert worker.stop() == 0
    found = shop.findings()
    assert (found.problems, len(found.workers)) == ([], 2)
