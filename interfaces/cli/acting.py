"""Commands of staff: each names who and why, is in the log with both, and shows what followed from it."""

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from interfaces.cli.printing import print_json, say
from interfaces.cli.usage import Json, Lines, Place, Session, UsageError, Who, Why

if TYPE_CHECKING:
    from application.staff import By
    from interfaces.bootstrap import Runtime

_FOLLOW_SECONDS = 3.0
_LOOK_SECONDS = 0.02
_KEYS_BYTES_MAX = 16 * 1024 * 1024
_KEY_MAX = 1000


@contextmanager
def _engine() -> Iterator["Runtime"]:
    """The engine without its threads. The policies follow before it is left: here, or in the server that leads."""
    from infrastructure.logs import configure_logs
    from interfaces.bootstrap import bootstrap, migrate

    settings = Place().settings()
    configure_logs(level=logging.ERROR, secrets=settings.secrets)
    migrate(settings)
    runtime = bootstrap(settings)
    try:
        yield runtime
        _follow(runtime)
    finally:
        runtime.engine.stop()


def _follow(runtime: "Runtime") -> None:
    """Effects are left to a server: a command must not hang on somebody's mail server."""
    end = runtime.log.store.max_notification_id() or 0
    deadline = time.monotonic() + _FOLLOW_SECONDS
    runtime.engine.run_until_quiet(effects=False)
    while runtime.engine.followed_position() < end and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        runtime.engine.run_until_quiet(effects=False)


def _show(runtime: "Runtime", session_id: str, *, as_json: bool) -> None:
    _follow(runtime)
    document = runtime.queries.checkout(session_id)
    state = str(document.state) if document else "unknown"
    if as_json:
        print_json({"session_id": session_id, "state": state})
    else:
        say(f"Recorded. {session_id} is {state.replace('_', ' ')}; `fulfill checkout {session_id}` tells the rest.")


def run(session: Session, /, *, as_: Who, reason: Why, json: Json = False) -> int:
    """Run `fulfill_checkout`: ask Stripe for a session now, and fulfill it if it is paid."""
    from domain.checkout_session import Source
    from domain.personal import Personal

    with _engine() as runtime:
        by = _by(as_, reason)
        runtime.fulfill_checkout(
            _known(session), source=Source.STAFF, actor=by.actor, reason=Personal(by.reason.strip())
        )
        _show(runtime, session, as_json=json)
    return 0


def complete(session: Session, /, *, as_: Who, reason: Why, line: Lines = (), json: Json = False) -> int:
    """Say that lines have been handed over by hand; all that wait for a person, unless some are named."""
    with _engine() as runtime:
        runtime.staff.complete(_known(session), line, _by(as_, reason))
        _show(runtime, session, as_json=json)
    return 0


def ship(
    session: Session,
    /,
    *,
    carrier: Annotated[str, Parameter(help="Who carries the parcel.")],
    tracking: Annotated[str | None, Parameter(help="The tracking number.")] = None,
    as_: Who,
    reason: Why,
    line: Lines = (),
    json: Json = False,
) -> int:
    """Say that a parcel has left, with all lines that are ready to pack unless some are named."""
    with _engine() as runtime:
        runtime.staff.ship(_known(session), line, carrier=carrier, tracking=tracking, by=_by(as_, reason))
        _show(runtime, session, as_json=json)
    return 0


def retry(
    what: Annotated[str, Parameter(name="SESSION", help="A checkout cs_..., or a Stripe event evt_...")],
    /,
    *,
    as_: Who,
    reason: Why,
    json: Json = False,
) -> int:
    """Try again whatever is stuck in a checkout, or a Stripe event that could not be handled."""
    from domain.identifiers import stripe_event_id

    id = stripe_event_id(what) if what.startswith("evt_") else _known(what)
    with _engine() as runtime:
        runtime.staff.retry(id, _by(as_, reason))
        if id.startswith("cs_"):
            _show(runtime, id, as_json=json)
        elif json:
            print_json({"stripe_event": id})
        else:
            say(f"Recorded. {id} is handled again.")
    return 0


def replan(session: Session, /, *, as_: Who, reason: Why, json: Json = False) -> int:
    """Plan lines that are blocked anew, from the catalog as it is now."""
    with _engine() as runtime:
        runtime.staff.replan(_known(session), _by(as_, reason))
        _show(runtime, session, as_json=json)
    return 0


def note(
    session: Session,
    text: Annotated[str, Parameter(help="The remark.")],
    /,
    *,
    as_: Who,
    reason: Why,
    json: Json = False,
) -> int:
    """Keep a remark in the audit trail of a checkout."""
    with _engine() as runtime:
        runtime.staff.note(_known(session), text, _by(as_, reason))
        _show(runtime, session, as_json=json)
    return 0


def stock_count(
    sku: Annotated[str, Parameter(help="The SKU.")],
    on_hand: Annotated[int, Parameter(name="N", help="Pieces on the shelf now.")],
    /,
    *,
    as_: Who,
    reason: Why,
    json: Json = False,
) -> int:
    """Set what is on the shelf. Whoever waited and now fits is served."""
    with _engine() as runtime:
        runtime.staff.count(sku, on_hand, _by(as_, reason))
        _follow(runtime)
        [level] = [each for each in runtime.queries.stock() if each.sku == sku]
    if json:
        print_json(asdict(level))
    else:
        say(f"{sku}: {level.on_hand} on hand, {level.reserved} reserved, {level.available} available.")
    return 0


def keys_import(
    pool: Annotated[str, Parameter(help="The pool, as the catalog names it.")],
    file: Annotated[str, Parameter(help="A text file with a key on each line; - is standard input.")],
    /,
    *,
    as_: Who,
    reason: Why,
    json: Json = False,
) -> int:
    """Add licence keys to a pool. Those that were ever in it are left out; whoever waited is served."""
    keys = _read_keys(file)
    with _engine() as runtime:
        added = runtime.staff.import_keys(pool, keys, _by(as_, reason))
    if json:
        print_json({"pool": pool, "imported": added, "known_already": len(keys) - added})
    else:
        say(f"{added} keys were imported into {pool}; {len(keys) - added} were known already.")
    return 0


def _read_keys(file: str) -> Sequence[str]:
    if file == "-":
        content = sys.stdin.buffer.read(_KEYS_BYTES_MAX + 1)
    else:
        with Path(file).open("rb") as stream:
            content = stream.read(_KEYS_BYTES_MAX + 1)
    if len(content) > _KEYS_BYTES_MAX:
        raise UsageError("A file of keys may have 16 MiB; split it.")
    try:
        keys = [line.strip() for line in content.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is no text in UTF-8.") from error
    if not keys or any(len(key) > _KEY_MAX or not key.isprintable() for key in keys):
        raise UsageError(f"{file} must have a key on each line, of at most {_KEY_MAX} printable characters.")
    return keys


def _known(session: str) -> str:
    from domain.identifiers import session_id

    return session_id(session)


def _by(name: str, reason: str) -> "By":
    from application.staff import By

    return By(name=name, reason=reason)
