"""What staff decide about license keys that customers have: they revoke them, and replace them by others."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain import reasons, refusals
from domain.errors import Refused
from domain.fulfillment import Fulfillment
from domain.identifiers import LineItemId, PoolName, SessionId, fulfillment_id, key_pool_id
from domain.key_pool import KeyPool
from domain.line import Line
from domain.personal import Personal
from domain.stock_item import LineRef
from domain.streams import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """What became of the license keys of a line."""

    line: Line
    """As it is then."""
    pool: PoolName
    revoked: int
    """How many keys are not valid any more."""
    new: int
    """How many the customer gets in their place."""


def revoke(session_id: SessionId, line_item: LineItemId | None, numbers: Sequence[int], do: Streams) -> KeyChange:
    """These keys of the line are not valid any more. None given means all that are, and the line waits for no new ones.

    `numbers` are those of the line's keys, from 1. Without `line_item` it is the line with keys, if it is the only
    one.

    Raises:
        Refused: as `_line_of_keys` and `_chosen`, or every key is revoked already.
    """
    line, pool = _line_of_keys(session_id, line_item, do)
    chosen = _chosen(line, numbers)
    if not chosen and not line.keys_awaited:
        raise Refused(refusals.keys_revoked_already(line.plan.id))
    id, ref = fulfillment_id(session_id), LineRef(session_id, line.plan.id)
    do.command(KeyPool, key_pool_id(pool), KeyPool.revoke, ref, _keys(line, chosen))
    do.command(Fulfillment, id, Fulfillment.revoke_keys, line.plan.id, chosen)
    if not numbers:
        do.command(KeyPool, key_pool_id(pool), KeyPool.stop_waiting, ref)
        do.command(Fulfillment, id, Fulfillment.stop_awaiting_keys, line.plan.id)
    return KeyChange(line=do.load(Fulfillment, id).lines[line.plan.id], pool=pool, revoked=len(chosen), new=0)


def replace(session_id: SessionId, line_item: LineItemId | None, numbers: Sequence[int], do: Streams) -> KeyChange:
    """Revoke these keys, and give the line as many new ones from its pool; with too few there, the line waits for all
    of them. A line whose keys were all revoked before gets as many as its quantity.

    Raises:
        Refused: as `_line_of_keys` and `_chosen`; the line waits for new keys already; or it got new keys before and
            none is named: a command that is repeated would take those from the customer.
    """
    line, pool = _line_of_keys(session_id, line_item, do)
    chosen = _chosen(line, numbers)
    if chosen and line.revoked_keys and not numbers:
        raise Refused(refusals.keys_revoked_before(line.plan.id))
    if not chosen and line.keys_awaited:
        raise Refused(refusals.new_keys_awaited(line.plan.id, pool))
    id, ref = fulfillment_id(session_id), LineRef(session_id, line.plan.id)
    wanted = len(chosen) or line.plan.item.quantity
    after = do.command(KeyPool, key_pool_id(pool), KeyPool.replace, ref, _keys(line, chosen), wanted)
    do.command(Fulfillment, id, Fulfillment.revoke_keys, line.plan.id, chosen)
    new = tuple(key for key in after.keys_of(ref) if key not in line.all_keys)
    if new:
        do.command(Fulfillment, id, Fulfillment.replace_keys, line.plan.id, new)
    else:
        missing, detail = after.waiting[ref], reasons.not_enough_keys(pool)
        do.command(Fulfillment, id, Fulfillment.await_keys, line.plan.id, missing, detail)
    return KeyChange(line=do.load(Fulfillment, id).lines[line.plan.id], pool=pool, revoked=len(chosen), new=len(new))


def _line_of_keys(session_id: SessionId, line_item: LineItemId | None, do: Streams) -> tuple[Line, PoolName]:
    """
    Raises:
        Refused: as `Fulfillment.lines_with_keys`; several lines have keys and none is named; or an import has just
            given the line new keys.
    """
    fulfillment = do.load(Fulfillment, fulfillment_id(session_id))
    lines = fulfillment.lines_with_keys(() if line_item is None else (line_item,))
    if len(lines) > 1:
        raise Refused(refusals.several_lines_with_keys(line.plan.id for line in lines))
    [line] = lines
    pool = line.plan.key_pool
    assert pool is not None, "a line that has keys has the pool in its plan"
    taken = do.load(KeyPool, key_pool_id(pool)).keys_of(LineRef(session_id, line.plan.id))
    if not set(taken) <= set(line.all_keys):
        raise Refused(refusals.new_keys_just_imported(line.plan.id))
    return line, pool


def _chosen(line: Line, numbers: Sequence[int]) -> tuple[int, ...]:
    """The numbers of the keys that are meant: these, or all that are valid.

    Raises:
        Refused: the line has no key of such a number, or it is revoked.
    """
    for number in numbers:
        if not 1 <= number <= len(line.all_keys):
            raise Refused(refusals.unknown_key(line.plan.id, number, len(line.all_keys)))
        if number in line.revoked_keys:
            raise Refused(refusals.key_revoked_already(line.plan.id, number))
    valid = set(range(1, len(line.all_keys) + 1)) - line.revoked_keys
    return tuple(sorted(set(numbers) or valid))


def _keys(line: Line, numbers: tuple[int, ...]) -> tuple[Personal, ...]:
    return tuple(line.all_keys[number - 1] for number in numbers)
