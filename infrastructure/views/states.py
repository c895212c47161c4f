"""What state rows have in common on both stores: which states are kept, and in what rows of a table `states`.

One state is many rows, each a part of it, written in several short transactions. The last row, part 0, makes the others
valid: it has their number. Two processes that write the same state write it side by side, each under a name of its own,
since the order of parts is not the same in both.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from threading import Lock
from typing import Any, Protocol

import msgspec

from application.writing.states import StateRow
from domain.event import Aggregate
from domain.key_pool import KeyPool
from domain.stock_item import StockItem
from infrastructure.views.state_codec import StateCodec

_KEPT = (StockItem, KeyPool)
"""Every other stream is as long as one checkout's story."""
_BYTES_PER_TRANSACTION = 1024 * 1024
_making_codecs = Lock()

INSERT = "INSERT INTO states VALUES (?,?,?,?,?,?,?,?)"
DELETE_OTHERS = "DELETE FROM states WHERE stream=? AND writing<>?"
_SELECT_LATEST = (
    "SELECT writing, version, digest, field, body FROM states WHERE stream=? AND code=? AND part=0 "
    "ORDER BY version DESC LIMIT 1"
)
_SELECT_PART = "SELECT field, body FROM states WHERE stream=? AND writing=? AND part=?"

Row = tuple[str, str, int, str, int, str, str, bytes]


class Found(Protocol):
    def fetchone(self) -> Any: ...


def _codecs() -> Mapping[type[Aggregate[Any]], StateCodec]:
    with _making_codecs:  # msgspec crashes where two threads make decoders of the same class for the first time
        return _made_codecs()


@cache
def _made_codecs() -> Mapping[type[Aggregate[Any]], StateCodec]:
    return {kind: StateCodec(kind) for kind in _KEPT}


def keeps(kind: type[Aggregate[Any]]) -> bool:
    return kind in _KEPT


def load(
    kind: type[Aggregate[Any]], stream: str, run: Callable[..., Found], pause: Callable[[], None]
) -> StateRow | None:
    """Return the latest complete row of this stream by this code. It is read part by part, so that no other thread
    waits for all of it."""
    own = _codecs()[kind]
    latest = run(_SELECT_LATEST, stream, own.digest).fetchone()
    if latest is None:
        return None
    writing, version, digest, last, rest = latest
    size = len(rest)

    def parts() -> Iterator[tuple[str, bytes]]:
        nonlocal size
        for number in range(1, int(last) + 1):
            pause()
            name, body = run(_SELECT_PART, stream, writing, number).fetchone()
            size += len(body)
            yield name, bytes(body)
        yield "", bytes(rest)

    try:
        state = own.state(parts())
    except (msgspec.MsgspecError, KeyError, TypeError):
        return None  # another process has just replaced it, or the file is damaged
    if (state.id, state.version) != (stream, version):
        return None
    return StateRow(state=state, digest=digest, size=size)


def size_of(rows: Sequence[Row]) -> int:
    """Return the size of these parts in bytes."""
    return sum(len(row[-1]) for row in rows)


def others_than(rows: Sequence[Row]) -> tuple[str, str]:
    """Return the values of `DELETE_OTHERS`, which keeps these parts."""
    stream, writing, *_ = rows[-1]
    return stream, writing


def portions(row: StateRow, pause: Callable[[], None]) -> Iterator[Sequence[Row]]:
    """Yield the rows of a state, as many at a time as one transaction should have. Each row ends with its body."""
    state, writing = row.state, secrets.token_hex(8)
    own = _codecs()[type(state)]

    def made(part: int, field: str, body: bytes) -> Row:
        return state.id, writing, part, own.digest, state.version, row.digest, field, body

    def rows() -> Iterator[Row]:
        number = 0
        for name, body in own.parts(state):
            pause()
            if name:
                number += 1
                yield made(number, name, body)
            else:
                yield made(0, str(number), body)

    return _by_size(rows())


def _by_size(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    some: list[Row] = []
    for each in rows:
        some.append(each)
        if size_of(some) >= _BYTES_PER_TRANSACTION:
            yield some
            some = []
    if some:
        yield some
