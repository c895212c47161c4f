"""`fulfill keys`: import, withdraw, show, revoke and replace license keys."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from application.text.english import counted
from domain.identifiers import LineItemId, SessionId
from interfaces.cli.arguments.key_file import read_key_file
from interfaces.cli.arguments.naming import called
from interfaces.cli.arguments.new_names import New, check_name
from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.running.desk import Desk, by, open_desk
from interfaces.cli.running.read_side import is_complete, open_side
from interfaces.cli.stock import LOW
from interfaces.cli.usage import DONE, FAILED, Json, Lines, Pool, Session, Who, Why, each, line_id, whole_number

if TYPE_CHECKING:
    from domain.line import Line
    from domain.revoked_keys import KeyChange

_VALID, _REVOKED = "valid", "revoked"


KeyLine = Annotated[
    LineItemId | None,
    Parameter(
        "--line",
        converter=line_id,
        show_default=False,
        help="Line item ID (li_...). Needed if several have license keys.",
    ),
]
Numbers = Annotated[
    tuple[int, ...],
    Parameter(
        "--number",
        converter=each(whole_number),
        negative=(),
        show_default=False,
        help="Number of the key in `fulfill keys show` (default: all valid keys). May be repeated.",
    ),
]


def keys_list(*, json: Json = False) -> int:
    """List the key pools with their free, given, revoked, withdrawn and awaited keys."""
    from application.reading.projections.key_pools import KEY_POOLS

    with open_side(warns_of_low_stock=True) as side:
        levels = side.queries.key_pools()
        is_whole = is_complete(side.queries, KEY_POOLS)
    if json:
        print_json([{**asdict(level), "is_complete": is_whole} for level in levels])
    elif levels:
        rows = [
            (each.pool, each.free, each.given, each.revoked, each.withdrawn, each.waiting, LOW if each.is_low else "")
            for each in levels
        ]
        page().table(("pool", "free", "given", "revoked", "withdrawn", "waiting", ""), rows)
    elif is_whole:
        page().say("No key pools yet. Add keys with `fulfill keys import POOL FILE`.")
    else:
        page().say("No key pools found in the incomplete view.")
    return DONE if levels or is_whole else FAILED


def keys_import(
    pool: Pool,
    file: Annotated[str, Parameter(allow_leading_hyphen=True, help="File with one key per line; - is standard input.")],
    /,
    *,
    as_: Who = None,
    reason: Why = "keys bought",
    new: New = False,
    json: Json = False,
) -> int:
    """Add license keys to a pool. Known keys are skipped; backordered lines get the new keys."""
    who, keys = by(as_, reason), _keys_in(file)
    with open_desk() as desk:
        is_kept = _check_pool(desk, pool, is_new=new)
        added = desk.runtime.staff.import_keys(pool, keys, who)
        if not (is_kept or new or pool in desk.runtime.catalog.key_pools):
            talk(f"fulfill: {pool} is a new pool, and no catalog rule uses it. Check its name.")
        is_followed = desk.follow()
    repeated = _repeated(keys)
    known = len(keys) - repeated - added
    if json:
        skipped = {"known_already": known, "repeated_in_file": repeated}
        print_json({"pool": pool, "imported": added, **skipped, "is_followed": is_followed})
    else:
        skipped_keys = f"{counted(known, 'known key')}{_and_repeats(repeated)}"
        page().say(f"Imported {counted(added, 'key')} into {pool}. Skipped {skipped_keys}.")
    return DONE


def keys_withdraw(
    pool: Pool,
    file: Annotated[str, Parameter(allow_leading_hyphen=True, help="File with one key per line; - is standard input.")],
    /,
    *,
    as_: Who = None,
    reason: Why = "keys withdrawn",
    new: New = False,
    json: Json = False,
) -> int:
    """Withdraw license keys from a pool for good. No customer gets them, even after another import."""
    who, keys = by(as_, reason), _keys_in(file)
    with open_desk() as desk:
        _check_pool(desk, pool, is_new=new)
        done = desk.runtime.staff.withdraw_keys(pool, keys, who)
        is_followed = desk.follow()
    repeated = _repeated(keys)
    known = len(keys) - repeated - done.withdrawn
    if json:
        skipped = {"withdrawn_already": known, "repeated_in_file": repeated}
        print_json({"pool": pool, **asdict(done), **skipped, "is_followed": is_followed})
    else:
        page().say(
            f"Withdrew {counted(done.withdrawn, 'key')} from {pool}, {done.unknown} of them never in it. "
            f"Skipped {counted(known, 'key')} withdrawn before{_and_repeats(repeated)}."
        )
    return DONE


def _check_pool(desk: Desk, pool: str, *, is_new: bool) -> bool:
    """Return True if the log has this pool.

    Raises:
        UsageError: neither the catalog nor the log has it, and it is not said to be new.
    """
    from domain.identifiers import pool_of_stream

    catalog, kept = desk.runtime.catalog, {pool_of_stream(id) for id in desk.runtime.log.key_pools()}
    check_name("pool", pool, catalog, catalog.key_pools, lambda: kept, is_new=is_new)
    return pool in kept


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
        print_json({"session_id": id, "line_items": list(map(_with_keys, shown))})
    else:
        rows = [(each.plan.id, each.plan.title, *numbered) for each in shown for numbered in _numbered(each)]
        page().table(["line item", "description", "number", "key", "state"], rows)
    return DONE


def _with_keys(line: "Line") -> dict[str, object]:
    every = [{"number": number, "key": key, "state": state} for number, key, state in _numbered(line)]
    return {"id": line.plan.id, "title": line.plan.title, "keys": [key.text for key in line.keys], "all_keys": every}


def _numbered(line: "Line") -> Iterator[tuple[int, str, str]]:
    """Every key that the line ever got, with its number and its state."""
    for number, key in enumerate(line.all_keys, 1):
        yield number, key.text, _REVOKED if number in line.revoked_keys else _VALID


def keys_revoke(
    session: Session,
    /,
    *,
    as_: Who = None,
    reason: Why = "key revoked",
    line: KeyLine = None,
    number: Numbers = (),
    json: Json = False,
) -> int:
    """Revoke license keys of a customer for good, such as after a leak or a chargeback."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        change = desk.runtime.staff.revoke_keys(id, line, number, who)
        is_followed = desk.follow()
    return _report(id, change, is_followed=is_followed, as_json=json)


def keys_replace(
    session: Session,
    /,
    *,
    as_: Who = None,
    reason: Why = "key replaced",
    line: KeyLine = None,
    number: Numbers = (),
    json: Json = False,
) -> int:
    """Replace license keys of a customer: revoke them, and mail new ones from the pool."""
    from domain.mail import MailKind

    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        change = desk.runtime.staff.replace_keys(id, line, number, who)
        if MailKind.KEYS_REPLACED not in desk.runtime.settings.mails:
            talk(f"fulfill: FULFILL_MAILS leaves out `{MailKind.KEYS_REPLACED}`, so no mail brings the new keys.")
        is_followed = desk.follow()
    return _report(id, change, is_followed=is_followed, as_json=json)


def _report(session_id: SessionId, change: "KeyChange", *, is_followed: bool, as_json: bool) -> int:
    awaited, pool, title = change.line.keys_awaited, change.pool, change.line.plan.title
    if as_json:
        counts = {"revoked": change.revoked, "new": change.new, "awaited": awaited}
        named = {"session_id": session_id, "line_item": change.line.plan.id, "pool": pool}
        print_json({**named, **counts, "is_followed": is_followed})
        return DONE
    said = [f"{called(session_id)}:"]
    if change.revoked:
        said.append(
            f"Revoked {counted(change.revoked, 'license key')} of “{title}”. Block it where it is checked, too."
        )
    if change.new:
        said.append(f"The customer gets {counted(change.new, 'new key')} from the pool {pool}.")
    if awaited:
        keys = counted(awaited, "new key")
        said.append(f"The line waits for {keys}: the pool {pool} has too few. `fulfill keys import {pool} FILE`.")
    elif not change.new:
        said.append("The line gets no new ones.")
    page().say(" ".join(said))
    return DONE


def _repeated(keys: Sequence[str]) -> int:
    """How many lines of a file have a key that an earlier line has."""
    return len(keys) - len(set(keys))


def _and_repeats(repeated: int) -> str:
    return f" and {counted(repeated, 'repeat')} within the file" if repeated else ""


def _keys_in(file: str) -> Sequence[str]:
    read = read_key_file(file)
    for remark in read.remarks:
        talk(f"fulfill: {remark}")
    return read.keys
