"""The command line, with a file of license keys: an exit code and words that say why, or JSON if asked for."""

import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from fuzz.target import Target, scratch, write

from infrastructure.database import SQLiteFile
from interfaces.cli.main import run
from interfaces.databases import migrate

_COMMANDS = frozenset("checkout search queue complete ship retry replan note stock keys projections --help".split())
"""Those that end by themselves and stay here."""
_KEYS = "keys.txt"


@cache
def _directory() -> Path:
    directory = scratch()
    migrate(SQLiteFile(directory / "fulfillment.db"))
    return directory


def check(data: bytes) -> str:
    """The arguments, one on a line; behind a NUL, the file `keys.txt`."""
    lines, _, keys = data.partition(b"\0")
    arguments = [line.decode("utf-8", "surrogateescape") for line in lines.split(b"\n")]
    if arguments[0] not in _COMMANDS:
        return "left out"
    write(_directory() / _KEYS, keys)
    code, out, errors = _run(arguments, keys)
    assert code in {0, 1, 2}, (code, errors)
    assert "Traceback" not in errors
    assert code == 0 or errors or out
    if code == 0 and "--json" in arguments and "--help" not in arguments and "-h" not in arguments:
        json.loads(out)
    return f"ended with {code}"


def _run(arguments: Sequence[str], stdin: bytes) -> tuple[int, str, str]:
    with _standing_in(stdin) as (out, error):
        code = run(arguments)
        sys.stdout.flush()
        return code, out.getvalue().decode(), error.getvalue()


@contextmanager
def _standing_in(stdin: bytes) -> Iterator[tuple[io.BytesIO, io.StringIO]]:
    """In the directory of a shop, with streams of our own."""
    before, streams = os.getcwd(), (sys.stdin, sys.stdout, sys.stderr)
    out, error = io.BytesIO(), io.StringIO()
    os.chdir(_directory())
    os.environ.update(STRIPE_API_KEY="sk_test_example1234", STRIPE_WEBHOOK_SECRET="whsec_example")
    sys.stdin, sys.stderr = io.TextIOWrapper(io.BytesIO(stdin)), error
    sys.stdout = io.TextIOWrapper(out, "utf-8", "backslashreplace")
    try:
        yield out, error
    finally:
        sys.stdin, sys.stdout, sys.stderr = streams
        os.chdir(before)


_BY = b"\n--as\nkim\n--reason\nbought"

TARGET = Target(
    check=check,
    runs=600,
    bytes_max=512,
    seeds=[
        b"",
        b"--help",
        b"checkout\ncs_test_a1\n--json",
        b"checkout\ncs_test_a1\n--as-of\n2026-11-24T09:00:00Z",
        b"checkout\nx\n--as-of\n9999-12-31T23:59:59-23:59",
        b"search\nada \xc3\xa9\xff\n--json",
        b"queue\n--json",
        b"keys\nimport\npro\nkeys.txt" + _BY + b"\0\xef\xbb\xbfAAAA-1111\r\n\r\nBBBB\x0cCCCC",
        b"keys\nimport\npro\n-\n--json" + _BY + b"\0\xff",
        b"stock\ncount\nMUG\n5" + _BY,
        b"stock\ncount\nMUG\n\xd9\xa3" + _BY,
        b"stock\nlist\n--json",
        b"complete\ncs_test_a1\n--line\nli_1" + _BY,
        b"note\ncs_test_a1\nhello" + _BY,
        b"projections\nverify\ntimeline\n--json",
        b"projections",
    ],
)
