"""The stores that a test of what they have in common is run over."""

from pathlib import Path

import pytest

STORES = ("SQLite", "PostgreSQL")


def new_store(request: pytest.FixtureRequest, directory: Path) -> str:
    """The URL of a new database of the kind that a fixture is parametrised with."""
    if request.param == "SQLite":
        return f"sqlite:///{directory}/log.db"
    return str(request.getfixturevalue("postgres_url"))
