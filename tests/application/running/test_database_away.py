"""A database server that goes away is noticed before a request comes, and so is its return."""

from dataclasses import replace
from pathlib import Path

import pytest
from eventually import wait_for
from postgres_databases import Databases
from postgres_server import PostgresServer

from application.errors import NotMigrated
from infrastructure.database import PostgresDatabase
from infrastructure.settings import load_settings
from infrastructure.stores import stores
from interfaces.bootstrap import bootstrap
from interfaces.databases import make_ready, migrate


def test_an_idle_engine_is_not_ready_while_its_database_is_away(tmp_path: Path) -> None:
    with PostgresServer() as server:
        server.initialize()
        server.start()
        database = PostgresDatabase(server.url())
        migrate(database)
        settings = load_settings({"STRIPE_API_KEY": "sk_test_123456789012", "STRIPE_WEBHOOK_SECRET": "whsec_x"}, None)
        engine = bootstrap(replace(settings, database=database, catalog=tmp_path / "none.toml")).engine
        engine.start(with_worker=False)
        try:
            assert engine.is_ready

            server.stop()
            assert wait_for(lambda: not engine.is_ready)

            server.start()
            assert wait_for(lambda: engine.is_ready)
        finally:
            engine.stop()


def test_a_database_whose_views_are_not_begun_is_not_ready(databases: Databases) -> None:
    """For example, `fulfill migrate` was interrupted: a worker would do nothing, and not report why."""
    database = PostgresDatabase(databases.create_empty())
    stores(database).migrate()

    with pytest.raises(NotMigrated, match=r"lacks the views .*timeline.*Run `fulfill migrate`"):
        make_ready(database)
    migrate(database)

    make_ready(database)
    databases.drop(database.url)
