"""How the demo tells its scenes: plain lines, as wide as the terminal."""

import os
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TextIO

from application.checkout_document import CheckoutDocument, StoryEntry

_LINES_MAX = 12
_LAST_LINES = 4
_WIDTH, _WIDTH_MIN, _WIDTH_MAX = 100, 40, 110
_CLOCK_WIDTH_MIN = 72
_ID_LENGTH = 20
_UNTOLD = frozenset({"Effect.Requested"})
_FIRST_ATTEMPT, _RETRIEVED = "Attempt 1 ", "The retrieval from Stripe succeeded"
"""What goes without saying: that something was begun, and that what is told in full succeeded."""
_PLAIN = str.maketrans({"✓": "ok", "✗": "WRONG", "…": "...", "“": '"', "”": '"', "’": "'", "–": "-"})


class Playbill:
    """Colours only where a terminal shows them, signs only where they can be written."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_coloured = out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._has_signs = _can_write("✓✗…“”’", out)

    @property
    def _width(self) -> int:
        columns = shutil.get_terminal_size((_WIDTH, 24)).columns if self._out.isatty() else _WIDTH
        return max(_WIDTH_MIN, min(columns - 1, _WIDTH_MAX))

    def say(self, text: str, indent: str = "") -> None:
        self._print(*self._wrapped(text, indent))

    def open(self, number: int, total: int, title: str) -> None:
        head, *rest = self._wrapped(title, "", first=f"{number}/{total}  ")
        self._print("", self._coloured(head, "1"), *(self._coloured(line, "1") for line in rest))

    def happens(self, text: str) -> None:
        """What people do, while they do it."""
        self.say(text, "  ")

    def close(self, outcome: str, told: Sequence[tuple[str, CheckoutDocument]], seconds: float) -> None:
        """`told` are the checkouts whose stories are worth telling, and whose they are."""
        for buyer, document in told:
            self.say(f"{buyer}, {document.session_id[:_ID_LENGTH]}…", "  ")
            self._print(*self._story(document.story))
        self._result("✓", "32", f"{outcome} ({seconds:.1f}\u00a0s)")

    def fail(self, why: str) -> None:
        first, *details = why.splitlines() or [why]
        self._result("✗", "31", first)
        for line in details:
            self.say(line, "    ")

    def end(self, right: int, total: int) -> None:
        self._print("", f"{right} of {total} scenes ended as they should.")

    def _result(self, sign: str, colour: str, text: str) -> None:
        head, *rest = self._wrapped(text, "    ", first="")
        shown = sign if self._has_signs else sign.translate(_PLAIN)
        self._print(f"  {self._coloured(shown, colour)} {head}", *rest)

    def _story(self, story: Sequence[StoryEntry]) -> Iterator[str]:
        lines = [line for told, count in _told(story) for line in self._sentence(told, count)]
        if len(lines) <= _LINES_MAX:
            yield from lines
            return
        first = _LINES_MAX - _LAST_LINES - 1
        yield from lines[:first]
        yield f"    … {len(lines) - first - _LAST_LINES} more"
        yield from lines[-_LAST_LINES:]

    def _sentence(self, entry: StoryEntry, count: int) -> Iterator[str]:
        clock = f"{entry.recorded_at:%H:%M:%S}.{entry.recorded_at.microsecond // 1000:03d}  "
        start = "    " + (clock if self._width >= _CLOCK_WIDTH_MIN else "")
        yield start + textwrap.shorten(entry.text, self._width - len(start), placeholder=" …")
        if count > 1:
            yield f"{' ' * len(start)}… and {count - 1} more like it"

    def _wrapped(self, text: str, indent: str, *, first: str | None = None) -> list[str]:
        start = indent if first is None else first
        return textwrap.wrap(text, self._width, initial_indent=start, subsequent_indent=indent or "  ") or [start]

    def _print(self, *lines: str) -> None:
        for line in lines:
            print(line if self._has_signs else _writable(line, self._out), file=self._out, flush=True)

    def _coloured(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._is_coloured else text


def _told(story: Sequence[StoryEntry]) -> Iterator[tuple[StoryEntry, int]]:
    """The entries worth telling; of several of one type in a row the first, and how many there are."""
    worthy = [
        each for each in story if each.type not in _UNTOLD and not each.text.startswith((_FIRST_ATTEMPT, _RETRIEVED))
    ]
    for _, run in groupby(worthy, key=lambda each: each.type):
        entries = list(run)
        if len(entries) > 2:
            yield entries[0], len(entries)
        else:
            yield from ((entry, 1) for entry in entries)


def _can_write(signs: str, out: TextIO) -> bool:
    try:
        signs.encode(out.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _writable(line: str, out: TextIO) -> str:
    encoding = out.encoding or "ascii"
    return line.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
