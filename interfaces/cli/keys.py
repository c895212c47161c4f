"""`fulfill keys`: import, withdraw and show license keys."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from application.reading.english import counted
from interfaces.cli.desk import by, open_desk
from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.read_side import open_side
from interfaces.cli.usage import DONE, Json, Lines, Pool, Session, UsageError, Who, Why

if TYPE_CHECKING:
    from domain.key_pool import KeyPool

KEYS_BYTES_MAX = 16 * 1024 * 1024
_KEY_MAX = 1000
_STDIN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class _PoolCounts:
    pool: str
    free: int
    given: int
    withdrawn: int
    waiting: int
    """How many keys lines wait for."""


def keys_list(*, json: Json = False) -> int:
    """List the key pools: keys that are free, given to customers, withdrawn, and waited for."""
    from domain.key_pool import KeyPool

    with open_side() as side:
        counts = [_counted(side.log.get(KeyPool, id)) for id in side.log.key_pools()]
    if json:
        print_json([asdict(each) for each in counts])
    elif counts:
        rows = [(each.pool, each.free, each.given, each.withdrawn, each.waiting) for each in counts]
        page().table(("pool", "free", "given", "withdrawn", "waiting"), rows)
    else:
        page().say("No key pools yet. Add keys with `fulfill keys import POOL FILE`.")
    return DONE


def keys_import(
    pool: Pool,
    file: Annotated[str, Parameter(allow_leading_hyphen=True, help="A file with a key on each line; - is stdin.")],
    /,
    *,
    as_: Who = None,
    reason: Why = "keys bought",
    json: Json = False,
) -> int:
    """Add license keys to a pool. Known keys are skipped; backordered lines get the new keys."""
    from domain.identifiers import key_pool_id

    who, keys = by(as_, reason), _read(file)
    with open_desk() as desk:
        is_new = key_pool_id(pool) not in desk.runtime.log.key_pools()
        added = desk.runtime.staff.import_keys(pool, keys, who)
        if is_new and pool not in desk.runtime.catalog.key_pools:
            talk(f"fulfill: {pool} is a new pool, and no catalog rule uses it. Check its name.")
        is_followed = desk.follow()
    known = len(keys) - added
    if json:
        print_json({"pool": pool, "imported": added, "known_already": known, "is_followed": is_followed})
    else:
        page().say(f"Imported {counted(added, 'key')} into {pool}. Skipped {counted(known, 'known key')}.")
    return DONE


def keys_withdraw(
    pool: Pool,
    file: Annotated[str, Parameter(allow_leading_hyphen=True, help="A file with a key on each line; - is stdin.")],
    /,
    *,
    as_: Who = None,
    reason: Why = "keys withdrawn",
    json: Json = False,
) -> int:
    """Withdraw license keys from a pool for good. No customer gets them, even after another import."""
    who, keys = by(as_, reason), _read(file)
    with open_desk() as desk:
        done = desk.runtime.staff.withdraw_keys(pool, keys, who)
        is_followed = desk.follow()
    known = len(keys) - done.withdrawn
    if json:
        document = {**asdict(done), "withdrawn_already": known, "is_followed": is_followed}
        print_json({"pool": pool, **document})
    else:
        page().say(
            f"Withdrew {counted(done.withdrawn, 'key')} from {pool}, {done.unknown} of them never in it. "
            f"Skipped {counted(known, 'key')} withdrawn before."
        )
    return DONE


def keys_show(
    session: Session,
    /,
    *,
    as_: Who = None,
    reason: Why = "customer asked for the keys",
    line: Lines = (),
    json: Json = False,
) -> int:
    """Show the license keys of a checkout. The audit trail records who looked, and why."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        shown = desk.runtime.staff.show_keys(id, line, who)
    if json:
        items = [
            {"id": each.plan.id, "title": each.plan.title, "keys": [key.text for key in each.keys]} for each in shown
        ]
        print_json({"session_id": id, "line_items": items})
    else:
        rows = [(each.plan.id, each.plan.title, key.text) for each in shown for key in each.keys]
        page().table(["line item", "description", "key"], rows)
    return DONE


def _counted(pool: "KeyPool") -> _PoolCounts:
    free, given = len(pool.supply), sum(map(len, pool.ledger.values()))
    return _PoolCounts(
        pool=pool.pool,
        free=free,
        given=given,
        withdrawn=len(pool.known) - free - given,
        waiting=sum(pool.waiting.values()),
    )


def _read(file: str) -> Sequence[str]:
    name = "Standard input" if file == _STDIN else file
    content = _content(file)
    if len(content) > KEYS_BYTES_MAX:
        raise UsageError(
            f"{name} is larger than {KEYS_BYTES_MAX // 1024 // 1024} MiB. Split it, and run the command for each part."
        )
    try:
        keys = [line.strip() for line in content.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not valid UTF-8. It must have one key per line.") from error
    if not keys or any(len(key) > _KEY_MAX or not key.isprintable() for key in keys):
        raise UsageError(f"{name} must have one key per line, each of 1 to {_KEY_MAX} printable characters.")
    return keys


def _content(file: str) -> bytes:
    """As much as is read at most, and a byte more if there is more."""
    if file != _STDIN:
        with Path(file).open("rb") as stream:
            return stream.read(KEYS_BYTES_MAX + 1)
    if sys.stdin is None:
        raise UsageError("FILE is - (standard input), but standard input is closed. Name a file instead.")
    return sys.stdin.buffer.read(KEYS_BYTES_MAX + 1)
