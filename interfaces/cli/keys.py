"""`fulfill keys`: import, withdraw and show license keys."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from application.reading.english import counted
from interfaces.cli.desk import by, open_desk
from interfaces.cli.key_file import read_key_file
from interfaces.cli.new_names import New, check_name
from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.read_side import is_complete, open_side
from interfaces.cli.stock import LOW
from interfaces.cli.usage import DONE, FAILED, Json, Lines, Pool, Session, Who, Why


def keys_list(*, json: Json = False) -> int:
    """List the key pools: keys that are free, given to customers, withdrawn, and waited for."""
    from application.reading.projections.key_pools import KEY_POOLS

    with open_side(warns_of_low_stock=True) as side:
        levels = side.queries.key_pools()
        is_whole = is_complete(side.queries, KEY_POOLS)
    if json:
        print_json([{**asdict(level), "is_complete": is_whole} for level in levels])
    elif levels:
        rows = [
            (each.pool, each.free, each.given, each.withdrawn, each.waiting, LOW if each.is_low else "")
            for each in levels
        ]
        page().table(("pool", "free", "given", "withdrawn", "waiting", ""), rows)
    elif is_whole:
        page().say("No key pools yet. Add keys with `fulfill keys import POOL FILE`.")
    else:
        page().say("No key pools found in the incomplete view.")
    return DONE if levels or is_whole else FAILED


def keys_import(
    pool: Pool,
    file: Annotated[str, Parameter(allow_leading_hyphen=True, help="A file with a key on each line; - is stdin.")],
    /,
    *,
    as_: Who = None,
    reason: Why = "keys bought",
    new: New = False,
    json: Json = False,
) -> int:
    """Add license keys to a pool. Known keys are skipped; backordered lines get the new keys."""
    from domain.identifiers import KEYS_PREFIX

    who, keys = by(as_, reason), _keys_in(file)
    with open_desk() as desk:
        catalog, kept = desk.runtime.catalog, {id.removeprefix(KEYS_PREFIX) for id in desk.runtime.log.key_pools()}
        is_new = pool not in kept
        check_name("pool", pool, catalog, catalog.key_pools, lambda: kept, is_new=new)
        added = desk.runtime.staff.import_keys(pool, keys, who)
        if is_new and not new and pool not in catalog.key_pools:
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
    who, keys = by(as_, reason), _keys_in(file)
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


def _keys_in(file: str) -> Sequence[str]:
    read = read_key_file(file)
    for remark in read.remarks:
        talk(f"fulfill: {remark}")
    return read.keys
