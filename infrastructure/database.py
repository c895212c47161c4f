"""The database of the log, as `DATABASE_URL` names it."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote


@dataclass(frozen=True, slots=True)
class SQLiteFile:
    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    url: str = field(repr=False)

    @property
    def password(self) -> str | None:
        from psycopg.conninfo import conninfo_to_dict

        found = conninfo_to_dict(self.url).get("password")
        return str(found) if found else None

    def __str__(self) -> str:
        """Return the URL without the password."""
        from infrastructure.postgres import database_name

        return database_name(self.url)


Database = SQLiteFile | PostgresDatabase


def parse_database(text: str) -> Database:
    """
    Raises:
        ValueError: the text is the URL of neither kind of database. The message is a sentence that repeats no password.
    """
    if text.startswith(("postgresql://", "postgres://")):
        return _postgres(text)
    scheme, _, path = text.partition(":///")
    if scheme != "sqlite" or not path.strip("/") or path.endswith("/") or not set(path).isdisjoint("?#:"):
        raise ValueError(
            "must be like sqlite:///fulfillment.db, sqlite:////var/lib/fulfillment.db, or "
            "postgresql://user:password@host/database."
        )
    place = Path(unquote(path))
    # By one name for all, since the locks and the views lie beside it
    return SQLiteFile(place.resolve() if place.is_symlink() else place)


def url_of(file: Path) -> str:
    """Return the value of `DATABASE_URL` for this file, quoted for a shell."""
    return shlex.quote(f"sqlite:///{quote(str(file))}")


def _postgres(text: str) -> PostgresDatabase:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = conninfo_to_dict(text)
        for port in filter(None, str(parts.get("port") or "").split(",")):
            int(port)
    except (psycopg.Error, ValueError):
        raise ValueError(
            "must be a URL that PostgreSQL understands: postgresql://user:password@host/database."
        ) from None
    if not parts.get("dbname"):
        raise ValueError("must name the database: postgresql://user:password@host/database.")
    return PostgresDatabase(text)
