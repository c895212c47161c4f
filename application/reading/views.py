"""The port of the views: disposable tables beside the log, each with the position of the log up to which it was folded.

A view is kept in generations, so that one can be built beside the one that serves.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from application.log.anchor import Anchor
from application.reading.projection import Change, Projection, Row, Table, Value


class ViewState(StrEnum):
    LIVE = "live"
    BUILDING = "building"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One generation of a view. It covers every event up to `position`, and none after it."""

    name: str
    version: int
    generation: int
    position: int
    state: ViewState
    variant: str = ""
    """The setting with which it is folded; see `Projection.variant`."""
    unreadable: int = 0
    """The number of events up to there that it left out."""
    anchor: Anchor | None = None
    """The last event that it includes; None at position 0. A process of a version without anchors leaves it behind the
    position, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An event that a view left out."""

    position: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """The changes that move a view from its position to that of a later event."""

    view: View
    table: Table
    anchor: Anchor
    """The anchor of that event, whether or not the view reads it."""
    changes: Sequence[Change] = ()
    unreadable: Sequence[Unreadable] = ()


class Overtaken(Exception):
    """Another process has moved the view. Nothing was changed: read its position again."""


class ViewNotBuilt(Exception):
    """No live view has rows of this version of the projection yet. It exists as soon as the log has been read."""


@dataclass(frozen=True, slots=True)
class Equal:
    column: str
    value: Value


@dataclass(frozen=True, slots=True)
class AtMost:
    """Not null, and not above `value`."""

    column: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Above:
    """Not null, and above `value`."""

    column: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Before:
    """The row comes before these values in the order of these columns."""

    columns: tuple[str, ...]
    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class StartsWith:
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class OneOf:
    column: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Among:
    """Subquery filter: some row of `projection` that matches `where` has the same value in this column."""

    column: str
    projection: Projection
    where: "Sequence[Filter]"
    of: str | None = None
    """The column of that row, where its name is another."""


@dataclass(frozen=True, slots=True)
class Frequent:
    """A filter that many rows pass: scanning the rows in order finds a page sooner than an index of the column, or, for
    an `Among`, than gathering what it finds first."""

    filter: Equal | AtMost | Above | Among


@dataclass(frozen=True, slots=True)
class Unlike:
    """Not null, and another value."""

    column: str
    value: str | int


@dataclass(frozen=True, slots=True)
class AnyOf:
    """All filters of at least one of these alternatives. There must be one."""

    alternatives: "Sequence[Sequence[Filter]]"


Filter = Equal | Unlike | AtMost | Above | Before | StartsWith | OneOf | Among | AnyOf | Frequent


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Rows that pass every filter, in the order of these columns; a column named with a minus is descending."""

    projection: Projection
    where: Sequence[Filter] = ()
    order_by: Sequence[str] = ()
    limit: int | None = None
    is_sorted: bool = False
    """No index has these rows in this order, so the store sorts them. It does so without reading whole rows."""


class Snapshot(Protocol):
    """A view at one moment, however it changes afterwards."""

    @property
    def view(self) -> View: ...

    def rows(self) -> Iterator[Row]:
        """Every row, in the order of the key."""


class Views(Protocol):
    """Every method may raise a `PersistenceError`, as the log does: the store can't be used for now."""

    def all(self) -> Sequence[View]:
        """Return every generation of every view, by name and generation."""

    def create(self, projection: Projection, state: ViewState) -> View:
        """Create an empty generation at position 0.

        Raises:
            Overtaken: another process has made one of this state.
        """

    def apply(self, advances: Sequence[Advance]) -> None:
        """Change all these views and move their positions: all or nothing.

        Raises:
            Overtaken: one of them is not where it was.
        """

    def switch(self, view: View) -> None:
        """Make a building generation the live one, and drop the one that was.

        Raises:
            Overtaken: the live one is further, or another process switched or dropped it.
        """

    def empty(self, views: Sequence[View]) -> None:
        """Delete every row, and set the position to 0: of all these views or of none. Creates no table.

        Raises:
            Overtaken: one of them is not where it was.
        """

    def drop(self, view: View) -> None:
        """Drop a generation. Nothing happens if it is gone."""

    def select(self, selection: Selection) -> Sequence[Row]:
        """Return rows of the live view, which may be of a version that the projection continues.

        Raises:
            ViewNotBuilt: there is none of a version that serves for the projection.
        """

    def count(self, selection: Selection) -> int:
        """Return how many rows it has, at most `limit`; raises as `select`."""

    def rows(self, view: View, projection: Projection, keys: Sequence[str]) -> Mapping[str, Row]:
        """Return the rows of this generation with these keys, by key. The key of the table must be one column."""

    def unreadable(self, view: View) -> Sequence[Unreadable]:
        """Return the events that this generation left out, in order."""

    def close(self) -> None:
        """Release the connections. The views can't be used afterwards."""

    def snapshot(self, projection: Projection) -> AbstractContextManager[Snapshot]:
        """Hold the live view of exactly this version and variant at one moment.

        Raises:
            ViewNotBuilt: there is none of this version and variant of the projection.
        """
