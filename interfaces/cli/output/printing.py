"""How things are printed: one JSON document for programs; for people colors on a terminal, else plain lines."""

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol, TextIO

from interfaces.cli.output.cells import Cell, is_number, shown
from interfaces.cli.output.pasting import Pasted
from interfaces.cli.output.text import exact, harmless, width

_BEYOND_ASCII = re.compile(r"[^\n\x20-\x7e]")


class Page(Protocol):
    """The output for a person. Every text is made harmless, and no ID, address or command in it is ever broken."""

    def say(self, text: str = "") -> None:
        """A line; an empty one without a text."""

    def warn(self, text: str) -> None:
        """A line that must not be overlooked."""

    def command(self, command: str) -> None:
        """A line that people copy as a whole."""

    def fields(self, fields: Iterable[tuple[str, str]]) -> None:
        """Names, each with what it is."""

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, wraps: Sequence[str] = ()) -> None:
        """Rows under their columns. Those that `wraps` names may be broken where a terminal is narrow."""

    def tasks(self, columns: Sequence[str], rows: Iterable[tuple[Sequence[Cell], Sequence[Pasted]]]) -> None:
        """Rows under their columns, each with the commands that resolve it."""

    def entry(self, when: str, text: str, details: Iterable[str]) -> None:
        """One moment of a story."""


def page(stream: TextIO | None = None) -> Page:
    """The page that suits the stream, which is standard output by default."""
    if is_terminal(stream or sys.stdout) or _is_color_forced():
        from interfaces.cli.output.terminal import Terminal

        return Terminal(stream)
    return Plain(stream)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person watches the stream. None is a stream that is closed."""
    return stream is not None and stream.isatty()


def _is_color_forced() -> bool:
    """FORCE_COLOR asks for colors in files and pipes too; NO_COLOR forbids them anywhere."""
    return bool(os.environ.get("FORCE_COLOR")) and not os.environ.get("NO_COLOR")


class Plain:
    """Lines as long as they have to be, for files, pipes and grep."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def say(self, text: str = "") -> None:
        print(harmless(text), file=self._stream)

    def warn(self, text: str) -> None:
        self.say(f"WARNING: {text}")

    def command(self, command: str) -> None:
        self.say(command)

    def fields(self, fields: Iterable[tuple[str, str]]) -> None:
        named = list(fields)
        widest = max((len(name) for name, _ in named), default=0)
        for name, text in named:
            print(f"{name:<{widest}}  {harmless(text)}".rstrip(), file=self._stream)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, wraps: Sequence[str] = ()) -> None:  # noqa: ARG002 - nothing is broken here
        body = [list(row) for row in rows]
        cells = [[name.upper() for name in columns], *([shown(cell) for cell in row] for row in body)]
        widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
        numbers = [is_number(column) for column in zip(*body, strict=True)]
        for row in cells:
            print("  ".join(map(_aligned, row, widths, numbers)).rstrip(), file=self._stream)

    def tasks(self, columns: Sequence[str], rows: Iterable[tuple[Sequence[Cell], Sequence[Pasted]]]) -> None:
        """A row has one line, so only the first of its commands is there as a whole."""
        listed = [(*row, first.text, ", ".join(each.verb for each in others)) for row, (first, *others) in rows]
        self.table((*columns, "resolve with", "or"), listed)

    def entry(self, when: str, text: str, details: Iterable[str]) -> None:
        indent = " " * (len(when) + 2)
        print(f"{when}  {harmless(text)}", file=self._stream)
        for detail in details:
            print(f"{indent}{harmless(detail)}", file=self._stream)


def print_json(document: object) -> None:
    """Stdout is this document and nothing else."""
    text = json.dumps(document, ensure_ascii=not _is_utf8(), indent=2, default=_plain)
    print(text if text.isascii() and "\x7f" not in text else _BEYOND_ASCII.sub(_escaped, text))


def talk(text: str) -> None:
    """Print to standard error: never part of the answer."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(harmless(text), file=sys.stderr, flush=True)


def report_void(views: Sequence[str]) -> None:
    """Report views of another log, as after a restore."""
    if views:
        were, they = ("view {} was", "It is") if len(views) == 1 else ("views {} were", "They are")
        talk(
            f"fulfill: The {were.format(', '.join(views))} built from another log, or from this one before a restore. "
            f"{they} rebuilt from this log."
        )


def _aligned(cell: str, columns: int, is_number: bool) -> str:
    space = " " * (columns - width(cell))
    return space + cell if is_number else cell + space


def _is_utf8() -> bool:
    return getattr(sys.stdout, "encoding", "utf-8").lower().replace("-", "") == "utf8"


def _escaped(found: re.Match[str]) -> str:
    """Escape what would steer a terminal, in JSON's own way."""
    letter = found.group()
    return json.dumps(letter)[1:-1] if letter == "\x7f" or harmless(letter) != letter else letter


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return exact(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
