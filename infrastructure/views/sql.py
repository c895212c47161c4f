"""Changes, filters and tables of views as SQL for both stores, with a `?` for every value.

Names are quoted, although all of them are ours.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from application.log.anchor import Anchor
from application.reading.projection import Add, Column, Keep, Projection, Put, Table, Update, Value
from application.reading.views import (
    Above,
    Among,
    AnyOf,
    AtMost,
    Before,
    Equal,
    Filter,
    Frequent,
    OneOf,
    Selection,
    StartsWith,
    Unlike,
    View,
    ViewNotBuilt,
    ViewState,
)
from infrastructure.views.net import ChangeGroup

Statement = tuple[str, tuple[Value, ...]]
_OPERATORS: Mapping[type[Filter], str] = {Equal: "=", Unlike: "<>", AtMost: "<=", Above: ">"}
SourceOf = Callable[[Projection], str]
"""The SQL source of the rows of a projection, as `source` returns it."""
Question = Callable[[Selection, SourceOf, "Dialect"], Statement]

VIEWS = """
SELECT name, version, generation, position, state,
    (SELECT count(*) FROM unreadable u WHERE u.name=v.name AND u.generation=v.generation),
    last_position, last_stream, last_version, last_digest, variant
FROM views v
"""
MOVE = """
UPDATE views SET position=?, last_position=?, last_stream=?, last_version=?, last_digest=?
WHERE name=? AND generation=? AND position=?
"""
INSERT = "INSERT INTO views (name, version, generation, position, state, variant) VALUES (?,?,?,?,?,?)"
_KEYS_MAX = 500
_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The names that a store has for what both stores have. Text sorts by code point, and null before everything
    else."""

    types: Mapping[Column, str]
    nulls_first: str
    """What an index needs in order to have nulls first."""
    time: str = "?"
    """The mark of a parameter for a timestamp."""
    without_index: str = ""
    """What keeps the store from an index of the column behind it, if it decides without statistics. Source:
    https://www.sqlite.org/optoverview.html, about the unary plus."""
    row_id: str = ""
    """What leads from an index to a row, if the store would sort whole rows otherwise."""


_BARE = {
    Column.TEXT: "text",
    Column.INTEGER: "bigint",
    Column.BOOLEAN: "boolean",
    Column.TIMESTAMP: "timestamptz",
}
"""The types of PostgreSQL. SQLite accepts them in a cast of null."""
SQLITE = Dialect(
    types={Column.TEXT: "TEXT", Column.INTEGER: "INTEGER", Column.BOOLEAN: "BOOLEAN", Column.TIMESTAMP: "TEXT"},
    nulls_first="",
    without_index="+",
    row_id="rowid",
)
POSTGRES = Dialect(types={**_BARE, Column.TEXT: 'text COLLATE "C"'}, nulls_first=" NULLS FIRST", time="?::timestamptz")


def view(row: Sequence[Any]) -> View:
    """Return the view of a row of `VIEWS`."""
    name, version, generation, position, state, unreadable, at, stream, stream_version, digest, variant = row
    return View(
        name=name,
        version=version,
        generation=generation,
        position=position,
        state=ViewState(state),
        variant=variant,
        unreadable=unreadable,
        anchor=None if at is None else Anchor(position=at, stream=stream, version=stream_version, digest=digest),
    )


def move(view: View, to: Anchor | None) -> tuple[Value, ...]:
    """Return the values of `MOVE`, to the event with this anchor or back to the beginning of the log."""
    where = (view.name, view.generation, view.position)
    if to is None:
        return 0, None, None, None, None, *where
    return to.position, to.position, to.stream, to.version, to.digest, *where


def insert(view: View) -> tuple[Value, ...]:
    """Return the values of `INSERT`."""
    return view.name, view.version, view.generation, view.position, view.state.value, view.variant


def live(projection: Projection, versions: Iterable[int]) -> Statement:
    """Return the live view of this projection, if it is of one of these versions and was folded with the same
    setting."""
    values = sorted(versions)
    marks = ", ".join("?" * len(values))
    text = f"{VIEWS} WHERE v.name=? AND v.state='live' AND v.variant=? AND v.version IN ({marks})"
    return text, (projection.name, projection.variant, *values)


def not_built(projection: Projection) -> ViewNotBuilt:
    setting = f" for {projection.variant}" if projection.variant else ""
    return ViewNotBuilt(f"The view {projection.name} is not built yet in version {projection.version}{setting}.")


def source(view: View, projection: Projection) -> str:
    """Return the source of a select: the columns of the projection, null where the table of an older version lacks
    one."""
    name, older = quoted(table_name(view)), projection.table_of(view.version)
    columns = projection.table.columns.items()
    if all(column in older.columns for column, _ in columns):
        return name
    given = (quoted(c) if c in older.columns else f"CAST(NULL AS {_BARE[kind]}) AS {quoted(c)}" for c, kind in columns)
    return f"(SELECT {', '.join(given)} FROM {name}) AS {quoted(projection.name)}"


def table_name(view: View) -> str:
    """Return the name of the table of a generation."""
    return f"{view.name}_v{view.version}_g{view.generation}"


def quoted(name: str) -> str:
    return f'"{name}"'


def create_table(name: str, table: Table, dialect: Dialect) -> list[str]:
    columns = [_column(column, kind, table, dialect) for column, kind in table.columns.items()]
    primary = f"PRIMARY KEY ({_list(table.key)})"
    statements = [f"CREATE TABLE {quoted(name)} ({', '.join([*columns, primary])})"]
    for number, index in enumerate(table.indexes, 1):
        parts = (quoted(column) + ("" if column in table.key else dialect.nulls_first) for column in index)
        statements.append(f"CREATE INDEX {quoted(f'{name}_i{number}')} ON {quoted(name)} ({', '.join(parts)})")
    return statements


def change_one(name: str, table: Table, group: ChangeGroup, *, rows: int = 1) -> str:
    """Return the statement for one row of a group, with a value for each of its columns, or for several inserted rows.

    An update or a delete takes its values by name, as `named` returns them: a sequence for numbered placeholders is
    deprecated since Python 3.12.
    """
    marks = {column: f":v{number}" for number, column in enumerate(group.columns)}
    if group.kind in (Put, Keep, Add):
        row = f"({', '.join('?' * len(marks))})"
        return f"{_insert(name, group)} VALUES {', '.join([row] * rows)} {_or_else(name, table, group)}"
    if group.kind is Update:
        return f"UPDATE {quoted(name)} SET {_assigned(table, marks)}{_matching(name, table, table.key, marks)}"
    return f"DELETE FROM {quoted(name)}{_matching(name, table, group.columns, marks)}"


def named(row: Sequence[object]) -> dict[str, object]:
    """Return the values of a row, by the placeholders of `change_one`."""
    return {f"v{number}": value for number, value in enumerate(row)}


def change_all(name: str, table: Table, group: ChangeGroup) -> str:
    """Return the statement for all rows of a group at once, on PostgreSQL, with an array for each of its columns."""
    arrays = ", ".join(f"?::{_BARE[table.columns[column]]}[]" for column in group.columns)
    rows = f"unnest({arrays}) AS n({_list(group.columns)})"
    values = {column: f"n.{quoted(column)}" for column in group.columns}
    if group.kind in (Put, Keep, Add):
        return f"{_insert(name, group)} SELECT * FROM {rows} {_or_else(name, table, group)}"
    if group.kind is Update:
        assigned = _assigned(table, values)
        return f"UPDATE {quoted(name)} SET {assigned} FROM {rows}{_matching(name, table, table.key, values)}"
    return f"DELETE FROM {quoted(name)} USING {rows}{_matching(name, table, group.columns, values)}"


def by_keys(projection: Projection, keys: Sequence[str]) -> Iterator[Selection]:
    """Yield selections of the rows with these keys, some in each: a statement has a limited number of values."""
    [column] = projection.table.key
    for start in range(0, len(keys), _KEYS_MAX):
        yield Selection(projection=projection, where=[OneOf(column, keys[start : start + _KEYS_MAX])])


def select(selection: Selection, source_of: SourceOf, dialect: Dialect) -> Statement:
    source = source_of(selection.projection)
    where, parameters = _where(selection, source, source_of, dialect)
    columns = _list(selection.projection.table.columns)
    order, limit = _order(selection), "" if selection.limit is None else " LIMIT ?"
    if limit:
        parameters = (*parameters, selection.limit)
    if selection.is_sorted and dialect.row_id and _is_table(source):
        sorted_ids = f"SELECT {dialect.row_id} FROM {source}{where}{order}{limit}"
        return f"SELECT {columns} FROM {source} WHERE {dialect.row_id} IN ({sorted_ids}){order}", parameters
    return f"SELECT {columns} FROM {source}{where}{order}{limit}", parameters


def count(selection: Selection, source_of: SourceOf, dialect: Dialect) -> Statement:
    """How many rows, at most `limit`."""
    source = source_of(selection.projection)
    where, parameters = _where(selection, source, source_of, dialect)
    found = f"SELECT 1 FROM {source}{where}"
    if selection.limit is not None:
        found, parameters = f"{found} LIMIT ?", (*parameters, selection.limit)
    return f"SELECT count(*) FROM ({found}) AS found", parameters


def _order(selection: Selection) -> str:
    key = selection.projection.table.key
    columns = ", ".join(_direction(column, key) for column in selection.order_by)
    return f" ORDER BY {columns}" if columns else ""


def _column(name: str, kind: Column, table: Table, dialect: Dialect) -> str:
    default = " DEFAULT 0" if kind is Column.INTEGER else ""
    return f"{quoted(name)} {dialect.types[kind]}{default}{' NOT NULL' if name in table.key else ''}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))


def _insert(name: str, group: ChangeGroup) -> str:
    return f"INSERT INTO {quoted(name)} ({_list(group.columns)})"


def _or_else(name: str, table: Table, group: ChangeGroup) -> str:
    """What happens where there is a row with this key."""
    others = [quoted(column) for column in group.columns if column not in table.key]
    if group.kind is Keep or not others:
        return f"ON CONFLICT ({_list(table.key)}) DO NOTHING"
    before = f"{quoted(name)}.{{0}}+" if group.kind is Add else ""
    assigned = ", ".join(f"{column}={before.format(column)}excluded.{column}" for column in others)
    return f"ON CONFLICT ({_list(table.key)}) DO UPDATE SET {assigned}"


def _assigned(table: Table, values: Mapping[str, str]) -> str:
    return ", ".join(f"{quoted(column)}={value}" for column, value in values.items() if column not in table.key)


def _matching(name: str, table: Table, columns: Sequence[str], values: Mapping[str, str]) -> str:
    conditions = []
    for column in columns:
        own, value = f"{quoted(name)}.{quoted(column)}", values[column]
        is_same = f"{own}={value}"
        conditions.append(is_same if column in table.key else f"({is_same} OR ({own} IS NULL AND {value} IS NULL))")
    return f" WHERE {' AND '.join(conditions)}"


def _direction(column: str, key: Sequence[str]) -> str:
    """PostgreSQL does not use an index that sorts null elsewhere, even without nulls; a column that can't be null names
    no order."""
    name = column.removeprefix("-")
    direction, nulls = (" DESC", " NULLS LAST") if column.startswith("-") else ("", " NULLS FIRST")
    return f"{quoted(name)}{direction}{'' if name in key else nulls}"


def _all(conditions: Iterable[Statement]) -> Statement:
    texts: list[str] = []
    parameters: list[Value] = []
    for text, values in conditions:
        texts.append(text)
        parameters += values
    return (f" WHERE {' AND '.join(texts)}" if texts else ""), tuple(parameters)


def _any(each: AnyOf, table: Table, source_of: SourceOf, dialect: Dialect) -> Statement:
    texts: list[str] = []
    parameters: list[Value] = []
    for filters in each.alternatives:
        of_one = [_filter(inner, table, source_of, dialect) for inner in filters]
        texts.append(" AND ".join(text for text, _ in of_one))
        parameters += (value for _, values in of_one for value in values)
    return f"({' OR '.join(texts)})", tuple(parameters)


def _where(selection: Selection, source: str, source_of: SourceOf, dialect: Dialect) -> Statement:
    table = selection.projection.table
    called = source if _is_table(source) else quoted(selection.projection.name)
    return _all(
        _some(each.filter, called, source_of, dialect)
        if isinstance(each, Frequent) and isinstance(each.filter, Among)
        else _filter(each, table, source_of, dialect)
        for each in selection.where
    )


def _is_table(source: str) -> bool:
    return source.startswith('"')


def _some(among: Among, called: str, source_of: SourceOf, dialect: Dialect) -> Statement:
    """Look for one such row, where `IN` would first gather them all. `called` is the name of the rows outside."""
    of = f"{quoted(among.of or among.column)}={called}.{quoted(among.column)}"
    where, parameters = _all(_filter(inner, among.projection.table, source_of, dialect) for inner in among.where)
    return f"EXISTS (SELECT 1 FROM {source_of(among.projection)}{where or ' WHERE 1=1'} AND {of})", parameters


def _filter(each: Filter, table: Table, source_of: SourceOf, dialect: Dialect) -> Statement:
    def mark_of(column: str) -> str:
        return dialect.time if column in table.timestamps else "?"

    if isinstance(each, Before):
        return f"({_list(each.columns)})<({', '.join(map(mark_of, each.columns))})", each.values
    if isinstance(each, Frequent):
        text, values = _filter(each.filter, table, source_of, dialect)
        return f"{dialect.without_index}{text}", values
    if isinstance(each, AnyOf):
        return _any(each, table, source_of, dialect)
    column, mark = quoted(each.column), mark_of(each.column)
    match each:
        case Equal(value=None):
            return f"{column} IS NULL", ()
        case Equal() | Unlike() | AtMost() | Above():
            return f"{column}{_OPERATORS[type(each)]}{mark}", (each.value,)
        case StartsWith():
            return f"{column}>=? AND {column}<?", (each.text, each.text + _LAST_CHARACTER)
        case OneOf():
            marks = ", ".join([mark] * len(each.values))
            return (f"{column} IN ({marks})" if marks else "1=0"), tuple(each.values)
        case Among():
            inner_table = each.projection.table
            where, parameters = _all(_filter(inner, inner_table, source_of, dialect) for inner in each.where)
            of = quoted(each.of or each.column)
            return f"{column} IN (SELECT {of} FROM {source_of(each.projection)}{where})", parameters
        case _:
            assert_never(each)
