"""Whatever is typed, a wrong call is one sentence that helps and a code, never a traceback."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Fulfill = Callable[..., Any]
BY = ("--as", "kim", "--reason", "x")
SESSION = "cs_test_a1B2c3"

WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "a command that there is not": (("bogus",), "Unknown command 'bogus'."),
    "a command with a letter missing": (("chekout", SESSION), "Did you mean `fulfill checkout`?"),
    "a group without a command": (("stock",), "`fulfill stock list` or `fulfill stock count`"),
    "a group with another command": (("keys", "lost"), "Unknown command 'lost'"),
    "an option that there is not": (("queue", "--bogus"), "--bogus"),
    "no session": (("checkout",), "needs SESSION"),
    "no words": (("search",), "needs WORDS"),
    "no name": (("projections", "rebuild"), "needs NAME"),
    "no carrier": (("ship", SESSION, *BY), "needs --carrier"),
    "nothing of what it needs": (
        ("ship",),
        "line item, the end of one, or Dashboard URL. It also needs --carrier: Carrier of the parcel.",
    ),
    "neither of two": (("stock", "count"), "needs SKU: SKU, as in the catalog. It also needs N: Pieces on the shelf"),
    "one of two": (("copy", "--from", "sqlite:///a.db"), "`fulfill copy` needs --to: Empty database"),
    "an empty reason": (("note", SESSION, "text", "--as", "kim", "--reason", " "), "--reason"),
    "a name that steers": (("note", SESSION, "text", "--as", "k\x1b[2J", "--reason", "x"), "--as"),
    "an option without its value": (("checkout", SESSION, "--as-of"), "--as-of needs a value"),
    "a text without quotes": (("note", SESSION, "two", "words", *BY), "quotes"),
    "an option twice": (("note", SESSION, "x", *BY, "--as", "lee"), "--as is given more than once. Keep one of them."),
    "two options that exclude each other": (
        ("unship", SESSION, "--restock", "--lost", *BY),
        "Use either --restock, if the pieces are back on the shelf, or --lost, if they are not coming back.",
    ),
    "neither of them": (("unship", SESSION, *BY), "Use either --restock, if the pieces are back on the shelf, or"),
    "nothing to correct": (("correct-parcel", SESSION, *BY), "Name what changes: --carrier, --tracking or both."),
    "half a parcel": (
        ("unship", SESSION, "--lost", "--parcel", "1.5", *BY),
        "--parcel must be a whole number (got 1.5).",
    ),
    "no parcel": (("unship", SESSION, "--lost", "--parcel", "0", *BY), "--parcel must be 1 or more (got 0)."),
    "a line that is none": (
        ("complete", SESSION, "--line", "li_a", "--line", "", *BY),
        "--line must be the ID of a line item, such as li_1A2b3C (got ''). `fulfill checkout` shows them.",
    ),
    "the number of a key that is none": (
        ("keys", "revoke", SESSION, "--number", "1", "--number", "x", *BY),
        "--number must be a whole number (got 'x').",
    ),
    "a speed that is none": (("sandbox", "--speed", "fast"), "--speed must be a number (got 'fast')."),
    "a flag with a value": (("queue", "--redact=maybe"), "--redact takes no value (got 'maybe')."),
    "no URL for webhooks": (
        ("sandbox", "--port", "0", "--webhook", "bogus"),
        "--webhook must be a URL on this machine, such as http://localhost:4242/... (got 'bogus').",
    ),
    "a landing page elsewhere": (
        ("sandbox", "--port", "0", "--scenario", "quiet-day", "--landing", "https://example.com/"),
        "--landing must be a URL on this machine, such as http://localhost:4242/... (got 'https://example.com/').",
    ),
    "a session in two lines": (
        ("checkout", "cs_test_a\ncs_test_b"),
        "SESSION must be an order number, your reference,",
    ),
    "a text for a session": (("checkout", "x" * 501), "SESSION must be an order number, your reference,"),
    "an empty session": (("run", "", *BY), "SESSION must be"),
    "half an event": (("retry", "evt_!\n", *BY), "SESSION must be"),
    "a SKU with a slash": (("stock", "count", "a/b", "1", *BY), "SKU must have 1 to 100 characters"),
    "a pool with a space": (("keys", "import", "a b", "-", *BY), "POOL must have"),
    "a number that is none": (("stock", "count", "mug", "five", *BY), "N must be a whole number (got 'five')."),
    "half a number": (("stock", "count", "mug", "1.5", *BY), "whole number"),
    "a number in other digits": (("stock", "count", "mug", "\u0665", *BY), "whole number"),
    "a number without end": (
        ("stock", "count", "mug", "9" * 5000, *BY),
        f"N must be a whole number of at most 100 digits (got '{'9' * 60}…').",
    ),
    "a negative number": (("stock", "count", "mug", "-1", *BY), "N must be 0 or more (got -1)."),
    "a port that is none": (("serve", "--port", "http"), "--port must be a whole number (got 'http')."),
    "a port beyond all ports": (("serve", "--port", "65536"), "from 0 to 65535"),
    "a moment that is none": (("checkout", SESSION, "--as-of", "yesterday"), "2026-11-24T09:00:00Z"),
    "a day that there is not": (("checkout", SESSION, "--as-of", "2026-02-30"), "--as-of"),
    "a moment before all moments": (("checkout", SESSION, "--as-of", "0001-01-01T00:00:00+14:00"), "--as-of"),
    "a week": (("checkout", SESSION, "--as-of", "2026-W48"), "--as-of"),
    "no UTF-8": (("search", "\udcff"), "UTF-8"),
    "--json with a value": (("queue", "--json=perhaps"), "--json"),
}


@pytest.mark.parametrize(("arguments", "words"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_call_is_code_2_and_one_sentence_that_helps(
    fulfill: Fulfill, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    result, document = fulfill(*arguments), fulfill(*arguments, "--json")

    assert (result.code, document.code) == (2, 2)
    assert words in result.err
    error = document.json["error"]
    assert (error.keys(), error["kind"]) == ({"kind", "message", "exit_code"}, "wrong_usage")
    assert document.err == f"fulfill: {error['message']}\n"
    assert error["message"].isprintable(), "one line that steers no terminal"
    assert list(tmp_path.iterdir()) == [], "a wrong call makes nothing"


@pytest.mark.parametrize(
    "garbage", ["", "-", "--", "\x1b[2J", "a" * 100_000, "\u202e", "💥", "'; DROP TABLE views; --", "%s{0}"]
)
@pytest.mark.parametrize("before", [(), ("checkout",), ("search",), ("projections", "verify")], ids=" ".join)
def test_garbage_ends_in_a_code_and_steers_no_terminal(fulfill: Fulfill, before: tuple[str, ...], garbage: str) -> None:
    result = fulfill(*before, garbage)

    assert result.code in {0, 1, 2}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", result.out + result.err)
    assert len(result.err) < 2000
