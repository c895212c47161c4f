"""A page on a terminal: colors, unless NO_COLOR is set, and no line wider than the window but an ID or a command."""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TextIO

from rich.console import Console
from rich.text import Text

from application.reading.work import OtherWork, Work, WorkKind
from interfaces.cli.output.cells import Cell, is_number, shown
from interfaces.cli.output.pasting import Pasted
from interfaces.cli.output.text import harmless, label, width
from interfaces.cli.output.wrapping import narrowest, wrapped

_NARROW = 76
"""A story's times stand on lines of their own below this."""
_WRAPPED_MIN = 16
_WIDTH_OF_A_FILE = 10_000
"""Lines are as long as they have to be."""
_GAP = 2

_FAILURES: Sequence[WorkKind] = (
    *(Work.GIVEN_UP_LINE, Work.MAIL_FAILED, Work.RETRIEVAL_FAILED, Work.FAILING_EFFECT, Work.STRIPE_KEY_REFUSED),
    *(Work.FAILED_STRIPE_EVENT, OtherWork.PARKED_EVENT, OtherWork.INCOMPLETE_VIEW, OtherWork.WAITING_EFFECT),
)
"""Tasks that something has failed for. The others are the daily work of a shop."""
_STATES = {  # the words themselves: importing what makes them would slow every command
    **dict.fromkeys(("fulfilled", "delivered", "sent", "live"), "green"),
    **dict.fromkeys(
        (
            *("reported as paid", "reported as complete", "not retrieved yet", "awaiting payment", "not paid"),
            *("fulfilling", "pending", "to pack", "to do by hand", "queued", "building"),
        ),
        "yellow",
    ),
    **dict.fromkeys(
        (
            "possibly paid twice",
            "paid after it was canceled",
            "blocked",
            "partially fulfilled",
            "parked",
            "payment failed",
            "backordered",
            "given up",
            "failed",
        ),
        "red",
    ),
}
_STYLES = {"state": _STATES, "task": dict.fromkeys(map(label, _FAILURES), "red")}
"""By the name of a column."""


class Terminal:
    def __init__(self, stream: TextIO | None = None, *, columns: int | None = None) -> None:
        """`columns` are those of the terminal that a pager shows the stream on."""
        is_terminal = None if columns is None else True
        console = Console(
            file=stream, highlight=False, markup=False, emoji=False, width=columns, force_terminal=is_terminal
        )
        if columns is None and not console.file.isatty() and "COLUMNS" not in os.environ:
            console.width = _WIDTH_OF_A_FILE
        self._console = console

    def say(self, text: str = "") -> None:
        self._flow(harmless(text))

    def warn(self, text: str) -> None:
        self._flow(f"WARNING: {harmless(text)}", "bold red")

    def command(self, command: str) -> None:
        """The terminal may wrap it: copied, it is one line."""
        self._print([Text(harmless(command), "cyan")])

    def fields(self, fields: Iterable[tuple[str, str]]) -> None:
        named = [(name, harmless(text)) for name, text in fields]
        longest = max((len(name) for name, _ in named), default=0)
        for name, text in named:
            self._field(name, text, longest)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, wraps: Sequence[str] = ()) -> None:
        body = [list(row) for row in rows]
        cells = [[shown(cell) for cell in row] for row in body]
        widths = self._widths(columns, cells, wraps)
        if widths is None:
            self._cards(columns, body, wraps)
            return
        numbers = [bool(body) and is_number(row[each] for row in body) for each in range(len(columns))]
        header = [Text(name.upper(), "bold") for name in columns]
        self._print(_side_by_side([[each] for each in header], widths, numbers))
        for row in cells:
            lines = [
                [_colored(name, cell, line) for line in wrapped(cell, room)]
                for name, cell, room in zip(columns, row, widths, strict=True)
            ]
            self._print(_side_by_side(lines, widths, numbers))

    def tasks(self, columns: Sequence[str], rows: Iterable[tuple[Sequence[Cell], Sequence[Pasted]]]) -> None:
        """Each row by itself, and below it the commands."""
        for number, (row, commands) in enumerate(rows):
            if number:
                self.say()
            self._card(columns, row, columns)
            for each in commands:
                self.command(each.text)

    def entry(self, when: str, text: str, details: Iterable[str]) -> None:
        is_narrow = self._console.width < _NARROW
        indent = 2 if is_narrow else width(when) + _GAP
        room = self._console.width - indent
        lines = [Text(line) for line in wrapped(harmless(text), room)]
        lines += [Text(line, "dim") for detail in details for line in wrapped(harmless(detail), room)]
        if is_narrow:
            self._print([Text(when, "cyan"), *(Text.assemble(" " * indent, line) for line in lines)])
        else:
            self._print(_side_by_side([[Text(when, "cyan")], lines], (width(when), room), (False, False)))

    def _field(self, name: str, text: str, longest: int, *, wraps: bool = True) -> None:
        room = self._console.width - longest - _GAP
        if (narrowest(text) if wraps else width(text)) > max(room, 1):
            self._print([Text(name, "bold")] if name else [])
            whole = wrapped(text, self._console.width) if wraps else [text]
            self._print(_colored(name, text, line) for line in whole)
            return
        lines = [_colored(name, text, line) for line in wrapped(text, room)]
        self._print(_side_by_side([[Text(name, "bold")], lines], (longest, room), (False, False)))

    def _widths(self, columns: Sequence[str], cells: Sequence[Sequence[str]], wraps: Sequence[str]) -> list[int] | None:
        """The width of each column; None if the window is too narrow for what must not be broken."""
        texts = [[name, *(row[number] for row in cells)] for number, name in enumerate(columns)]
        widths = [max(map(width, column)) for column in texts]
        least = [
            max(map(narrowest, column)) if name in wraps else widest
            for name, column, widest in zip(columns, texts, widths, strict=True)
        ]
        least = [max(each, min(widest, _WRAPPED_MIN)) for each, widest in zip(least, widths, strict=True)]
        room = self._console.width - _GAP * (len(columns) - 1)
        if sum(least) > room:
            return None
        while sum(widths) > room:
            widest = max((each for each in range(len(widths)) if widths[each] > least[each]), key=widths.__getitem__)
            widths[widest] -= 1
        return widths

    def _cards(self, columns: Sequence[str], body: Sequence[Sequence[Cell]], wraps: Sequence[str]) -> None:
        """Each row by itself, where the window is too narrow for a table: no ID is ever cut or broken by us."""
        for number, row in enumerate(body):
            if number:
                self.say()
            self._card(columns, row, wraps)

    def _card(self, columns: Sequence[str], row: Sequence[Cell], wraps: Sequence[str]) -> None:
        fields = [(name, shown(cell)) for name, cell in zip(columns, row, strict=True) if shown(cell)]
        longest = max((len(name) for name, _ in fields), default=0)
        for name, text in fields:
            self._field(name, text, longest, wraps=name in wraps)

    def _flow(self, text: str, style: str = "") -> None:
        self._print(Text(line, style) for line in wrapped(text, self._console.width))

    def _print(self, lines: Iterable[Text]) -> None:
        """Print lines as they are: one that is too wide is broken by the terminal, which copies it as one."""
        for line in lines:
            self._console.print(line, soft_wrap=True)


def _side_by_side(cells: Sequence[Sequence[Text]], widths: Sequence[int], numbers: Sequence[bool]) -> Iterator[Text]:
    """The lines of a row whose cells have lines of their own. Numbers are at the right of their column."""
    for lines in zip_longest(*cells, fillvalue=Text()):
        row = Text()
        for line, room, is_at_the_right in zip(lines, widths, numbers, strict=True):
            space = " " * max(room - width(line.plain), 0)
            row.append_text(Text.assemble(space, line) if is_at_the_right else Text.assemble(line, space))
            row.append(" " * _GAP)
        row.rstrip()
        yield row


def _colored(name: str, text: str, line: str) -> Text:
    """A line of a state or a task in its color. Nothing else has one, whatever words a customer or a catalog chose."""
    return Text(line, _STYLES.get(name.casefold(), {}).get(text.partition(":")[0], ""))
