"""A page on a terminal: colors, unless NO_COLOR is set, and nothing wider than the window."""

import os
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from application.reading.work import OtherWork, Work, WorkKind
from interfaces.cli.output.cells import Cell, is_number, shown
from interfaces.cli.output.pasting import Pasted
from interfaces.cli.output.text import harmless, label, width

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
        self._print(Text(harmless(text)))

    def warn(self, text: str) -> None:
        self._print(Text(f"WARNING: {harmless(text)}", "bold red"))

    def fields(self, fields: Iterable[tuple[str, str]], *, are_pasted: bool = False) -> None:
        named = [(name, harmless(text)) for name, text in fields]
        longest = max((len(name) for name, _ in named), default=0)
        room = self._console.width - longest - _GAP
        grid = _grid(longest)
        for name, text in named:
            if are_pasted and any(width(word) > room for word in text.split()):
                self._print(grid)
                self._print(Text(name, "bold"))
                self._console.print(Text(text), soft_wrap=True)
                grid = _grid(longest)
            else:
                grid.add_row(Text(name, "bold"), _colored(name, text))
        self._print(grid)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, wraps: Sequence[str] = ()) -> None:
        body = [list(row) for row in rows]
        table = Table(box=None, padding=(0, _GAP, 0, 0), header_style="bold", pad_edge=False)
        least = 0
        for number, name in enumerate(columns):
            cells = [row[number] for row in body]
            widest = max(len(name), *(Text(shown(cell)).cell_len for cell in cells), 0)
            least += (min(widest, _WRAPPED_MIN) if name in wraps else widest) + _GAP
            table.add_column(name.upper(), no_wrap=name not in wraps, overflow="fold")
            if cells and is_number(cells):
                table.columns[-1].justify = "right"
        if least - _GAP > self._console.width:
            self._cards(columns, body)
            return
        for row in body:
            table.add_row(*(_colored(name, shown(cell)) for name, cell in zip(columns, row, strict=True)))
        self._print(table)

    def tasks(self, columns: Sequence[str], rows: Iterable[tuple[Sequence[Cell], Sequence[Pasted]]]) -> None:
        """Each row by itself, and below it the commands, which the terminal may wrap: copied, they are one line."""
        for number, (row, commands) in enumerate(rows):
            if number:
                self._console.print()
            self._card(columns, row)
            for each in commands:
                self._console.print(Text(harmless(each.text), "cyan"), soft_wrap=True)

    def entry(self, when: str, text: str, details: Iterable[str]) -> None:
        lines = [Text(harmless(text)), *(Text(harmless(detail), "dim") for detail in details)]
        if self._console.width < _NARROW:
            self._print(Text(when, "cyan"))
            for line in lines:
                self._print(Padding(line, (0, 0, 0, 2)))
            return
        grid = _grid()
        for number, line in enumerate(lines):
            grid.add_row(Text("" if number else when, "cyan"), line)
        self._print(grid)

    def _cards(self, columns: Sequence[str], body: Sequence[Sequence[Cell]]) -> None:
        """Each row by itself, where the window is too narrow for a table: no ID is ever cut or broken by us."""
        for number, row in enumerate(body):
            if number:
                self._console.print()
            self._card(columns, row)

    def _card(self, columns: Sequence[str], row: Sequence[Cell]) -> None:
        self.fields((name, shown(cell)) for name, cell in zip(columns, row, strict=True) if shown(cell))

    def _print(self, what: Text | Table | Padding) -> None:
        self._console.print(what, overflow="fold")


def _grid(first: int | None = None) -> Table:
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    grid.add_column(no_wrap=True, min_width=first)
    grid.add_column(overflow="fold")
    return grid


def _colored(name: str, text: str) -> Text:
    """A state or a task in its color. Nothing else has one, whatever words a customer or a catalog chose."""
    return Text(text, _STYLES.get(name.casefold(), {}).get(text.partition(":")[0], ""))
