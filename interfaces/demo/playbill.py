"""Prints the scenes of the demo: plain lines, as wide as the terminal."""

import os
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from application.reading.checkout_document import CheckoutDocument, StoryEntry

_ENTRIES_MAX, _FIRST_ENTRIES = 12, 7
_LINES_MAX = 3
_WIDTH, _WIDTH_MIN, _WIDTH_MAX = 100, 40, 110
_ID_LENGTH = 20
_LEFT_OUT = ("Started attempt 1 ", "Attempt 1 ", "The retrieval from Stripe succeeded")


class Playbill:
    """Colors only where a terminal shows them."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        shows_colors = out.isatty() and os.environ.get("TERM") != "dumb"
        self._is_colored = not os.environ.get("NO_COLOR") and (shows_colors or bool(os.environ.get("FORCE_COLOR")))

    @property
    def _width(self) -> int:
        return max(_WIDTH_MIN, min(shutil.get_terminal_size((_WIDTH, 24)).columns, _WIDTH_MAX) - 1)

    def say(self, text: str, indent: str = "") -> None:
        self._print(*self._wrapped(text, indent))

    def open(self, number: int, total: int, title: str) -> None:
        self.heading(f"{number}/{total}  {title}")

    def heading(self, text: str) -> None:
        self._print("", *(self._colored(line, "1") for line in self._wrapped(text, "")))

    def happens(self, text: str) -> None:
        """What people do, while they do it."""
        self.say(text, "  ")

    def places(self, places: Mapping[str, str]) -> None:
        """Each on a line of its own, which is never wrapped, so that it can be copied."""
        for name, place in places.items():
            self._print(f"  {name}:", f"    {place}")

    def close(self, outcome: str, stories: Sequence[tuple[str, CheckoutDocument]], seconds: float) -> None:
        """`stories` are the checkouts to print, each with its buyer."""
        for buyer, document in stories:
            self.say(f"{buyer}, {document.session_id[:_ID_LENGTH]}…", "  ")
            self._print(*self._story(document.story))
        self.succeed(f"{outcome} ({seconds:.1f}\u00a0s)")

    def succeed(self, how: str) -> None:
        self._result("✓", "32", how)

    def fail(self, why: str) -> None:
        first, *details = why.splitlines() or [why]
        self._result("✗", "31", first)
        for line in details:
            self.say(line, "    ")

    def end(self, right: int, total: int, *, is_closed: bool) -> None:
        yet = "" if is_closed or right < total else ", but not all of them together"
        self._print("", f"{right} of {total} scenes ended as they should{yet}.")

    def _result(self, sign: str, color: str, text: str) -> None:
        head, *rest = self._wrapped(text, "    ", first="")
        self._print(f"  {self._colored(sign, color)} {head}", *rest)

    def _story(self, story: Sequence[StoryEntry]) -> Iterator[str]:
        entries = [entry for entry in story if _is_worth_printing(entry)]
        skipped = max(0, len(entries) - _ENTRIES_MAX)
        for entry in entries[:_FIRST_ENTRIES]:
            yield from self._sentence(entry)
        if skipped:
            yield f"    … {skipped} more"
        for entry in entries[_FIRST_ENTRIES + skipped :]:
            yield from self._sentence(entry)

    def _sentence(self, entry: StoryEntry) -> list[str]:
        clock = f"    {entry.recorded_at:%H:%M:%S}.{entry.recorded_at.microsecond // 1000:03d}  "
        return self._wrapped(entry.text, " " * len(clock), first=clock, lines_max=_LINES_MAX)

    def _wrapped(self, text: str, indent: str, *, first: str | None = None, lines_max: int | None = None) -> list[str]:
        return textwrap.wrap(
            text,
            self._width,
            initial_indent=indent if first is None else first,
            subsequent_indent=indent or "  ",
            max_lines=lines_max,
            placeholder=" …",
        )

    def _print(self, *lines: str) -> None:
        for line in lines:
            print(line, file=self._out, flush=True)

    def _colored(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._is_colored else text


def _is_worth_printing(entry: StoryEntry) -> bool:
    """Leave out requests, and successes that other entries imply."""
    return entry.type != "Effect.Requested" and not entry.text.startswith(_LEFT_OUT)
