"""How things are printed: one JSON document for programs, aligned plain text for people."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from domain.money import plain


def print_json(document: object) -> None:
    """Stdout is this document and nothing else."""
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def harmless(text: str) -> str:
    """Without control characters and marks of direction: what came from outside must not steer a terminal."""
    return "".join(" " if unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp", "Cs"} else letter for letter in text)


def say(text: str = "") -> None:
    print(harmless(text) if text else "")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns as wide as they have to be; numbers to the right."""
    body = [list(row) for row in rows]
    cells = [[harmless("" if cell is None else str(cell)) for cell in row] for row in body]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    is_number = [bool(body) and all(isinstance(row[number], int) for row in body) for number in range(len(columns))]
    for row in ([name.upper() for name in columns], *cells):
        aligned = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, is_number, strict=True)
        ]
        print("  ".join(aligned).rstrip())


def exact(when: datetime) -> str:
    """To the millisecond, in UTC."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d}Z"


def money(amount: int | None, currency: str | None) -> str:
    return "" if amount is None or not currency else plain(amount, currency)


def rows_of(items: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> list[list[object]]:
    return [[item[column] for column in columns] for item in items]
