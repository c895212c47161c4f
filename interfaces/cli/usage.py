"""What commands share: their common parameters, and where settings are looked for."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from infrastructure.settings import Settings

Json = Annotated[bool, Parameter("--json", negative=(), help="Print one JSON document, for programs.")]
Session = Annotated[str, Parameter(help="The ID of a Checkout Session, cs_...")]
Who = Annotated[str, Parameter("--as", help="Who acts; it is kept in the audit trail.")]
Why = Annotated[str, Parameter("--reason", help="Why; it is kept in the audit trail.")]
Lines = Annotated[
    tuple[str, ...],
    Parameter("--line", negative=(), show_default=False, help="The ID of a line item, li_...; may be repeated."),
]


class UsageError(Exception):
    """An argument that can't be what is meant."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where this command is run."""

    environment_file: Path = Path(".env")

    def settings(self) -> "Settings":
        from infrastructure.settings import load_settings

        return load_settings(os.environ, self.environment_file)

    def database(self) -> Path:
        from infrastructure.settings import load_database

        return load_database(os.environ, self.environment_file)


def moment(text: str) -> datetime:
    """RFC 3339, or a day, which means its beginning in UTC.

    Raises:
        UsageError: it is neither.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--as-of takes a time like 2026-11-24T09:00:00Z or a day, not {text[:40]!r}.") from error
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
