"""What is printed with `--redact`: order numbers in the place of session IDs, which open landing pages."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from interfaces.cli.output.cells import Cell
from interfaces.cli.output.pager import paged
from interfaces.cli.output.pasting import Pasted
from interfaces.cli.output.printing import Page, print_json, talk


class WithoutSessions:
    """Implements `Page` by another page."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def say(self, text: str = "") -> None:
        self._page.say(_hidden(text))

    def warn(self, text: str) -> None:
        self._page.warn(_hidden(text))

    def command(self, command: str) -> None:
        self._page.command(_hidden(command))

    def fields(self, fields: Iterable[tuple[str, str]]) -> None:
        self._page.fields([(name, _hidden(text)) for name, text in fields])

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, wraps: Sequence[str] = ()) -> None:
        self._page.table(columns, map(_row, rows), wraps=wraps)

    def tasks(self, columns: Sequence[str], rows: Iterable[tuple[Sequence[Cell], Sequence[Pasted]]]) -> None:
        self._page.tasks(columns, [(_row(row), tuple(map(_command, commands))) for row, commands in rows])

    def entry(self, when: str, text: str, details: Iterable[str]) -> None:
        self._page.entry(when, _hidden(text), map(_hidden, details))


@contextmanager
def paged_for(*, hides_personal: bool) -> Iterator[Page]:
    """As `paged`, for a person who may see session IDs or not."""
    with paged() as page:
        yield WithoutSessions(page) if hides_personal else page


def print_json_for(document: object, *, hides_personal: bool) -> None:
    from application.reading.redacted import document_without_sessions

    print_json(document_without_sessions(document) if hides_personal else document)


def talk_for(text: str, *, hides_personal: bool) -> None:
    talk(_hidden(text) if hides_personal else text)


def _hidden(text: str) -> str:
    from application.reading.redacted import without_sessions

    return without_sessions(text)


def _row(row: Sequence[Cell]) -> Sequence[Cell]:
    return [_hidden(cell) if isinstance(cell, str) else cell for cell in row]


def _command(command: Pasted) -> Pasted:
    return Pasted(verb=command.verb, text=_hidden(command.text))
