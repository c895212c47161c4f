"""The cells of a table, as text."""

from collections.abc import Iterable

from interfaces.cli.output.text import harmless

Cell = str | int | None


def shown(cell: Cell) -> str:
    return "" if cell is None else harmless(str(cell))


def is_number(column: Iterable[Cell]) -> bool:
    """Whether it is aligned to the right."""
    return all(isinstance(cell, int) for cell in column)
