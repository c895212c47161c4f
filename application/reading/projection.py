"""Projections: a name, a version, a table, and a pure fold of one typed event into changes of that table.

A fold gets the event and its position, and nothing else: no port, no clock, no aggregate. So it has no side effects,
and folding the log again gives the same rows.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import assert_never

from application.text.storable import is_storable, storable
from domain.event import Event

Value = str | int | None
Row = Mapping[str, Value]

_INTEGER_MAX = 2**63 - 1


class Column(StrEnum):
    """The type of a column, and the values that a fold gives it. Outside the key, each may also be None."""

    TEXT = "text"
    """A `str`."""
    INTEGER = "integer"
    """An `int` of 64 bits, such as an amount in the currency's smallest unit."""
    BOOLEAN = "boolean"
    """A `bool`. On PostgreSQL a `boolean`; in SQLite, SQL shows 0 or 1."""
    TIMESTAMP = "timestamp"
    """A time as a `str` from `rfc3339`. On PostgreSQL a `timestamptz`; in SQLite that text, which sorts by time."""


_PYTHON: Mapping[Column, frozenset[type]] = {
    Column.TEXT: frozenset({str}),
    Column.INTEGER: frozenset({int, bool}),
    Column.BOOLEAN: frozenset({bool}),
    Column.TIMESTAMP: frozenset({str}),
}
_WANTED: Mapping[Column, str] = {
    Column.TEXT: "a str",
    Column.INTEGER: "an int of at most 64 bits",
    Column.BOOLEAN: "a bool",
    Column.TIMESTAMP: "a time in UTC, as rfc3339() writes it",
}
_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns outside the key may be null; an integer that an `Add` does not name starts at 0.

    Raises:
        ValueError: it has no key, or the key or an index names no column.
    """

    columns: Mapping[str, Column]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    names_of_key: frozenset[str] = field(init=False, repr=False)
    types: Mapping[str, frozenset[type]] = field(init=False, repr=False)
    """The Python types of each column's values."""
    timestamps: frozenset[str] = field(init=False, repr=False)
    booleans: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError("The key of the table has no column.")
        for name in (*self.key, *(name for index in self.indexes for name in index)):
            if name not in self.columns:
                raise ValueError(f"The table has no column {name!r} for its key or index.")
        types = {
            name: _PYTHON[kind] | (frozenset() if name in self.key else {type(None)})
            for name, kind in self.columns.items()
        }
        object.__setattr__(self, "types", types)
        object.__setattr__(self, "names_of_key", frozenset(self.key))
        object.__setattr__(self, "timestamps", self._of(Column.TIMESTAMP))
        object.__setattr__(self, "booleans", self._of(Column.BOOLEAN))

    def _of(self, wanted: Column) -> frozenset[str]:
        return frozenset(name for name, kind in self.columns.items() if kind is wanted)


@dataclass(frozen=True, slots=True)
class Put:
    """Set the row with this key. Every column is given."""

    row: Row


@dataclass(frozen=True, slots=True)
class Keep:
    """Insert this row unless one with its key exists. Every column is given."""

    row: Row


@dataclass(frozen=True, slots=True)
class Update:
    """Set these columns of the row with this key, if it exists."""

    key: Row
    values: Row


@dataclass(frozen=True, slots=True)
class Add:
    """Add these amounts to integer columns of the row with this key; a missing row starts at 0."""

    key: Row
    amounts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete every row with these values."""

    where: Row


Change = Put | Keep | Update | Add | Remove
Fold = Callable[[Event, int], Iterable[Change]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFold:
    """Folds the events of one key into its row: each of them gets the row that the ones before have left.

    For a table whose key is one column. The row is all that it gets beside the event: it is as pure as any fold. A
    batch writes the row once, however many of its events set columns.
    """

    key_of: Callable[[Event], str | None]
    """The key of the row that the event is about; None if it is about none."""
    fold: Callable[[Row | None, Event, int], Row]
    """Return the columns that the event sets: none if nothing changes; all, the key included, if there is no row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    name: str
    version: int
    """Incremented when the fold or the table changes: the new view is built beside the one of the old version."""
    table: Table
    reads: frozenset[str] | None
    """The topics of the events that the fold gets; None for all topics."""
    fold: Fold | RowFold
    variant: str = ""
    """The setting that the fold depends on, such as a time zone. The server rebuilds the view when it changes."""
    continues: Mapping[int, Table] = field(default_factory=dict)
    """Older versions, with their tables. Their rows serve until the view of this version is built, and this fold
    updates them until then. Only for a view whose readers take a row as a hint. The key of the table stays the same."""

    def __post_init__(self) -> None:
        """
        Raises:
            ValueError: the version is not 1 or more.
        """
        if self.version < 1:
            raise ValueError(f"The version must be 1 or more (got {self.version}).")

    @property
    def serving(self) -> Set[int]:
        """The versions of the view whose rows may answer for this projection."""
        return self.continues.keys() | {self.version}

    def table_of(self, version: int) -> Table:
        """Return the table of this version, or of an older one that it continues."""
        return self.table if version == self.version else self.continues[version]

    def concerns(self, topic: str) -> bool:
        return self.reads is None or topic in self.reads

    def key_of(self, event: Event) -> str | None:
        """Return the key of the row that a `RowFold` needs for the event; None for other folds."""
        return self.fold.key_of(event) if isinstance(self.fold, RowFold) else None

    def changes(self, event: Event, position: int) -> list[Change]:
        """Return the changes of the event, checked against the table. Every row comes from here or from `row_after`, so
        this is where its text is made storable. A `RowFold` gets no row.

        Raises:
            UnfitChange: the table can't hold a change of the fold.
        """
        if isinstance(self.fold, RowFold):
            row = self.row_after(None, event, position)
            return [] if row is None else [Put(row)]
        changes = list(self.fold(event, position))
        for number, change in enumerate(changes):
            if not _fits_as_it_is(self.table, change):
                changes[number] = _storable(change)
        return changes

    def row_after(self, before: Row | None, event: Event, position: int) -> Row | None:
        """Return the row of a `RowFold` as the event leaves it: `before` itself if nothing changes.

        Raises:
            UnfitChange: as `changes`.
        """
        assert isinstance(self.fold, RowFold), f"the fold of {self.name} gets no row"
        changed = self.fold.fold(before, event, position)
        if not changed:
            return before
        if before is None:
            _check_names(changed, self.table.columns.keys())
        return {**(before or {}), **(changed if _check_values(self.table, changed) else _storable_row(changed))}


def narrowed(table: Table, changes: Iterable[Change]) -> Iterator[Change]:
    """Return the same changes for an older table with the same key: columns that it lacks are left out, and columns
    that only it has are null."""
    for change in changes:
        match change:
            case Put() | Keep():
                yield type(change)({name: change.row.get(name) for name in table.columns})
            case Update():
                if values := {name: value for name, value in change.values.items() if name in table.columns}:
                    yield Update(change.key, values)
            case Add():
                yield Add(change.key, {name: more for name, more in change.amounts.items() if name in table.columns})
            case Remove():
                yield change
            case _:
                assert_never(change)


class UnfitChange(ValueError):
    """A table can't hold a change of its fold."""


def topics(*kinds: type[Event]) -> frozenset[str]:
    return frozenset(kind.TOPIC for kind in kinds)


@lru_cache(maxsize=128)  # events of one batch often share their times
def rfc3339(at: datetime) -> str:
    """Return a time as rows and documents have it: UTC with microseconds, so that it sorts as text."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{utc.isoformat(timespec='microseconds').removesuffix('+00:00')}Z"


def _fits_as_it_is(table: Table, change: Change) -> bool:
    """Return False if a text has to be made storable first. Runs for every change, so it is written for speed.

    Raises:
        UnfitChange: the table can't hold the change at all.
    """
    if isinstance(change, Put | Keep):
        _check_names(change.row, table.columns.keys())
        return _check_values(table, change.row)
    if isinstance(change, Remove):
        return _check_values(table, change.where)
    values = change.values if isinstance(change, Update) else change.amounts
    _check_names(change.key, table.names_of_key)
    if not table.names_of_key.isdisjoint(values):
        named = ", ".join(sorted(table.names_of_key & values.keys()))
        raise UnfitChange(f"a change gives {named}, of its key, a value")
    if isinstance(change, Add) and not table.booleans.isdisjoint(values):
        raise UnfitChange(f"a change adds to {', '.join(sorted(table.booleans & values.keys()))}, which is no integer")
    is_key_storable = _check_values(table, change.key)
    return _check_values(table, values) and is_key_storable


def _check_names(given: Row, wanted: Set[str]) -> None:
    if given.keys() != wanted:
        raise UnfitChange(f"a change names {', '.join(sorted(given))}, and not {', '.join(sorted(wanted))}")


def _check_values(table: Table, row: Row) -> bool:
    """Return False if a text in it must be made storable first."""
    types, all_storable = table.types, True
    for name, value in row.items():
        if name not in types:
            raise UnfitChange(f"there is no column {name}")
        fits = type(value) in types[name]
        if isinstance(value, str):
            all_storable = is_storable(value) and all_storable
            fits = fits and (name not in table.timestamps or _is_time(value))
        elif isinstance(value, int):
            fits = fits and -_INTEGER_MAX <= value <= _INTEGER_MAX
        if not fits:
            raise UnfitChange(_misfit(table, name, value))
    return all_storable


def _is_time(text: str) -> bool:
    """True if both stores read it as the same moment: an existing day and time, in the form of `rfc3339`."""
    if not _RFC3339.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _misfit(table: Table, name: str, value: object) -> str:
    """Return the error, without the value: it may be personal data, and the message is kept with the view."""
    wanted = _WANTED[table.columns[name]] + ("" if name in table.names_of_key else " or None")
    return f"the column {name} needs {wanted}, and got a value of type {type(value).__name__} that does not fit"


def _storable(change: Change) -> Change:
    match change:
        case Put() | Keep():
            return type(change)(_storable_row(change.row))
        case Remove():
            return Remove(_storable_row(change.where))
        case Update():
            return Update(_storable_row(change.key), _storable_row(change.values))
        case Add():
            return Add(_storable_row(change.key), change.amounts)
        case _:
            assert_never(change)


def _storable_row(row: Row) -> Row:
    return {name: storable(value) if isinstance(value, str) else value for name, value in row.items()}
