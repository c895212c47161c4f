"""What staff decide about license keys: they import keys into a pool, and withdraw them."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain import refusals
from domain.errors import Refused
from domain.identifiers import StreamId
from domain.key_pool import WITHDRAWN, KeyPool
from domain.streams import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """The result of withdrawing license keys."""

    withdrawn: int
    """Keys that lines could have got until now."""
    unknown: int
    """Withdrawn keys that were never in the pool."""


def import_keys(id: StreamId, others: Sequence[StreamId], keys: Sequence[str], do: Streams) -> int:
    """Add keys to the pool, and return how many of them it did not have. `others` are all other pools.

    Raises:
        Refused: as `check_in_none`.
    """
    check_in_none(others, keys, do)
    known = len(do.load(KeyPool, id).known)
    return len(do.command(KeyPool, id, KeyPool.import_keys, keys).known) - known


def withdraw_keys(id: StreamId, keys: Sequence[str], do: Streams) -> Withdrawal:
    """Let no line get these keys.

    Raises:
        Refused: as `KeyPool.withdraw`.
    """
    known = do.load(KeyPool, id).known
    do.command(KeyPool, id, KeyPool.withdraw, keys)
    new = [key for key in set(keys) if known.get(key) != WITHDRAWN]
    return Withdrawal(withdrawn=len(new), unknown=sum(key not in known for key in new))


def check_in_none(pools: Sequence[StreamId], keys: Sequence[str], do: Streams) -> None:
    """
    Raises:
        Refused: one of the keys was ever in one of these pools.
    """
    for id in pools:
        _check_not_in(do.load(KeyPool, id), keys)


def _check_not_in(pool: KeyPool, keys: Sequence[str]) -> None:
    """
    Raises:
        Refused: one of the keys was ever in this pool. The sentence names it by its number, since a key is a secret.
    """
    twice = [number for number, key in enumerate(keys, 1) if key in pool.known]
    if twice:
        raise Refused(refusals.keys_in_pool(pool.pool, twice))
