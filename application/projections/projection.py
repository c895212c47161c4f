"""What a projection is: a name, a version, a table, and a pure fold of one typed event into changes of that table.

A fold gets the event and its position, and nothing else: no port, no clock, no aggregate. So it can't act, and
folding the log again gives the same rows again.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from domain.event import Event

Value = str | int | None
Row = Mapping[str, Value]

_INTEGER_MAX = 2**63 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Half a surrogate pair can't be encoded, and PostgreSQL holds no NUL."""


class Column(StrEnum):
    TEXT = "text"
    INTEGER = "integer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns outside the key may be null; an integer that an `Add` does not name starts at 0."""

    columns: Mapping[str, Column]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Put:
    """The row with this key is this, whatever it was before. Every column is given."""

    row: Row


@dataclass(frozen=True, slots=True)
class Keep:
    """The row with this key is this, unless there is one already. Every column is given."""

    row: Row


@dataclass(frozen=True, slots=True)
class Update:
    """The row with this key has these values from now on, if there is one."""

    key: Row
    values: Row


@dataclass(frozen=True, slots=True)
class Add:
    """The integers of the row with this key grow by these amounts."""

    key: Row
    amounts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Remove:
    """Every row with these values goes."""

    where: Row


Change = Put | Keep | Update | Add | Remove
Fold = Callable[[Event, int], Iterable[Change]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    name: str
    version: int
    """Raised when the fold or the table changes: the view is built anew beside the one of the old version."""
    table: Table
    reads: frozenset[str] | None
    """The topics that its fold looks at; None for every one there is."""
    fold: Fold

    def concerns(self, topic: str) -> bool:
        return self.reads is None or topic in self.reads

    def changes(self, event: Event, position: int) -> list[Change]:
        """What the event changes, checked against the table.

        Raises:
            UnfitChange: the fold asked for something that the table can't hold.
        """
        changes = list(self.fold(event, position))
        for change in changes:
            _check(self.table, change)
        return changes


class UnfitChange(ValueError):
    """A fold asked for something that its table can't hold."""


def topics(*kinds: type[Event]) -> frozenset[str]:
    return frozenset(kind.TOPIC for kind in kinds)


def rfc3339(at: datetime) -> str:
    """A time as it stands in rows and documents: UTC with microseconds, so that it sorts as text."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _check(table: Table, change: Change) -> None:
    match change:
        case Put(row) | Keep(row):
            _check_names(row, table.columns.keys())
            _check_values(table, row)
        case Update(key, values):
            _check_names(key, set(table.key))
            _check_values(table, key)
            _check_values(table, values)
        case Add(key, amounts):
            _check_names(key, set(table.key))
            _check_values(table, key)
            _check_values(table, amounts)
        case Remove(where):
            _check_values(table, where)


def _check_names(given: Row, wanted: Set[str]) -> None:
    if given.keys() != wanted:
        raise UnfitChange(f"a change names {', '.join(sorted(given))}, and not {', '.join(sorted(wanted))}")


def _check_values(table: Table, row: Row) -> None:
    for name, value in row.items():
        kind = table.columns.get(name)
        if kind is None:
            raise UnfitChange(f"there is no column {name}")
        if value is None:
            fits = name not in table.key
        elif kind is Column.INTEGER:
            fits = isinstance(value, int) and abs(value) <= _INTEGER_MAX
        else:
            fits = isinstance(value, str) and _UNSTORABLE.search(value) is None
        if not fits:
            raise UnfitChange(f"the column {name} can't hold its value")
