"""The net effect of many changes of one table: at most a few for each row, in groups that a store can apply as a whole.

A batch of the log changes the same rows again and again: an effect is requested, claimed and done, and its row is gone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from application.reading.projection import Add, Change, Keep, Put, Remove, Row, Table, Update, Value

Values = tuple[Value, ...]
RowChange = Put | Keep | Update | Add
_MAKES_A_ROW = (Put, Keep, Add)


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Changes of one kind and of the same columns.

    Each changes another row, and none depends on another. Only rows that a `Remove` deletes may be in several.
    """

    kind: type[Change]
    columns: tuple[str, ...]
    """Those of the key come first, except that a `Put` or `Keep` has the table's, and a `Remove` what it names."""
    rows: Sequence[Values]


def net(table: Table, changes: Iterable[Change]) -> list[ChangeGroup]:
    """Return groups of changes with the same result as all these changes in their order."""
    groups: list[ChangeGroup] = []
    pending = _Pending(table)
    for change in changes:
        if not isinstance(change, Remove):
            pending.take(change)
        elif change.where and change.where.keys() <= set(table.key):
            pending.remove(change.where)
        else:
            groups += pending.groups()
            groups.append(ChangeGroup(Remove, tuple(change.where), [tuple(change.where.values())]))
            pending = _Pending(table)
    return [*groups, *pending.groups()]


class _Pending:
    """Pending changes per row. Deletes by key or by a part of it run first; they also discard earlier pending changes.

    Deleting first has the same result as deleting in turn, since the pending changes of deleted rows are discarded.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._key_of = _getter(table.key)
        self._changes: dict[Values, list[RowChange]] = {}
        self._removed: dict[tuple[str, ...], dict[Values, None]] = {}
        self._parts: dict[tuple[str, ...], _Part] = {}

    def take(self, change: RowChange) -> None:
        key = self._key_of(change.row if isinstance(change, Put | Keep) else change.key)
        known = self._changes.get(key)
        if known is None:
            self._changes[key] = [change]
            for part in self._parts.values():
                part.add(key)
        elif isinstance(change, Put):
            self._changes[key] = [change]
        elif (merged := _merged(known[-1], change)) is not None:
            known[-1] = merged
        elif not (isinstance(change, Keep) and any(isinstance(each, _MAKES_A_ROW) for each in known)):
            known.append(change)

    def remove(self, where: Row) -> None:
        columns, values = tuple(where), tuple(where.values())
        self._removed.setdefault(columns, {})[values] = None
        if len(columns) == len(self._table.key):
            self._changes.pop(self._key_of(where), None)
            return
        part = self._parts.get(columns)
        if part is None:
            part = self._parts[columns] = _Part([self._table.key.index(column) for column in columns])
            for key in self._changes:
                part.add(key)
        for key in part.keys.pop(values, ()):
            self._changes.pop(key, None)

    def groups(self) -> Iterator[ChangeGroup]:
        for columns, removed in self._removed.items():
            yield ChangeGroup(Remove, columns, list(removed))
        turn, waiting = 0, list(self._changes.values())
        while waiting:
            yield from _grouped(self._table, [changes[turn] for changes in waiting])
            turn += 1
            waiting = [changes for changes in waiting if len(changes) > turn]


class _Part:
    """Keys by a part of them; one that is not pending any more may still be there."""

    def __init__(self, places: Sequence[int]) -> None:
        self._of = _getter(places)
        self.keys: dict[Values, set[Values]] = {}

    def add(self, key: Values) -> None:
        self.keys.setdefault(self._of(key), set()).add(key)


def _merged(first: RowChange, then: RowChange) -> RowChange | None:
    """One change with the effect of both on a row, if there is one."""
    if isinstance(then, Update):
        if isinstance(first, Put):
            return Put({**first.row, **then.values})
        if isinstance(first, Update):
            return Update(first.key, {**first.values, **then.values})
    elif isinstance(then, Add):
        if isinstance(first, Put):
            return Put({**first.row, **{name: _sum(first.row[name], more) for name, more in then.amounts.items()}})
        if isinstance(first, Add):
            names = first.amounts.keys() | then.amounts.keys()
            return Add(first.key, {name: first.amounts.get(name, 0) + then.amounts.get(name, 0) for name in names})
    return None


def _sum(value: Value, more: int) -> Value:
    """As in SQL, where nothing can be added to null."""
    return value + more if isinstance(value, int) else None


def _grouped(table: Table, changes: Iterable[RowChange]) -> Iterator[ChangeGroup]:
    """Changes of different rows, by their kind and columns."""
    rows_of = _getter(tuple(table.columns))
    groups: dict[tuple[type[RowChange], tuple[str, ...]], list[Values]] = {}
    for change in changes:
        if isinstance(change, Put | Keep):
            columns, row = tuple(table.columns), rows_of(change.row)
        else:
            values = change.values if isinstance(change, Update) else change.amounts
            names = tuple(name for name in table.columns if name in values)
            columns = (*table.key, *names)
            row = (*(change.key[name] for name in table.key), *(values[name] for name in names))
        groups.setdefault((type(change), columns), []).append(row)
    for (kind, columns), rows in groups.items():
        yield ChangeGroup(kind, columns, rows)


def _getter(places: Sequence[Any]) -> Callable[[Any], Values]:
    """A function that returns the values at these positions, always as a tuple."""
    if len(places) == 1:
        return lambda of, place=places[0]: (of[place],)  # type: ignore[misc]
    return itemgetter(*places)
