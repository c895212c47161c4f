"""The server that the tests run on does what they rely on."""

import psycopg
import pytest
from postgres_databases import Databases
from postgres_server import PostgresServer


def test_every_database_is_its_own(databases: Databases, postgres_url: str) -> None:
    other = databases.create()
    with psycopg.connect(postgres_url) as one, psycopg.connect(other) as another:
        one.execute("CREATE TABLE only_here (a int)")
        with pytest.raises(psycopg.errors.UndefinedTable):
            another.execute("SELECT * FROM only_here")
    databases.drop(other)


def test_what_was_committed_is_there_after_a_crash() -> None:
    with PostgresServer(is_durable=True) as server:
        server.initialize()
        server.start()
        with psycopg.connect(server.url()) as connection:
            connection.execute("CREATE TABLE kept (a int)")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url(), connect_timeout=2)

        server.start()
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_standby_follows_and_can_be_promoted() -> None:
    with PostgresServer() as primary, PostgresServer() as standby:
        primary.initialize()
        primary.start()
        standby.copy_of(primary)
        standby.start()
        with psycopg.connect(primary.url()) as connection:
            connection.execute("CREATE TABLE followed (a int)")
            connection.commit()
            end = connection.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()
        with psycopg.connect(standby.url(), autocommit=True) as connection:
            while connection.execute("SELECT pg_last_wal_replay_lsn() < %s::pg_lsn", end).fetchone() == (True,):
                pass
            assert connection.execute("SELECT count(*) FROM followed").fetchone() == (0,)
        primary.kill()
        standby.promote()
        with psycopg.connect(standby.url()) as connection:
            connection.execute("INSERT INTO followed VALUES (1)")
