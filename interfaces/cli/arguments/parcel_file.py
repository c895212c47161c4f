"""Lists of parcels that have left: a CSV file with a header row, as spreadsheets and carriers' programs write it."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from application.text.english import counted, listed
from interfaces.cli.usage import UsageError, shown

PARCELS_MAX = 500
_BYTES_MAX = 1024 * 1024
_COLUMNS = ("order", "carrier", "tracking")
_SEPARATORS = (";", "\t", ",")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelRow:
    row: int
    """As a spreadsheet counts it, the header row being the first."""
    order: str
    """Any name of a checkout."""
    carrier: str
    tracking: str | None


def read_parcel_file(file: str) -> Sequence[ParcelRow]:
    """
    Raises:
        UsageError: it is not such a list. The sentences name every wrong row.
        OSError: it can't be read.
    """
    with Path(file).open("rb") as stream:
        content = stream.read(_BYTES_MAX + 1)
    if len(content) > _BYTES_MAX:
        raise UsageError(f"{file} is larger than {_BYTES_MAX // 1024 // 1024} MiB. Split it.")
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not valid UTF-8. Save it as CSV in UTF-8.") from error
    header = lines[0] if lines else ""
    separator = max(_SEPARATORS, key=header.count)
    first, *rows = list(_rows(lines, separator)) or [[]]
    columns = [] if isinstance(first, csv.Error) else [name.strip().lower() for name in first]
    _check_header(file, columns, header)
    numbered = [(number, row) for number, row in enumerate(rows, 2) if _has_anything(row)]
    if wrong := {number: problem for number, row in numbered if (problem := _problem(columns, row))}:
        raise UsageError(f"{file}: {' '.join(_sentences(wrong))} Nothing was recorded.")
    parcels = [_parcel(number, columns, row) for number, row in numbered if not isinstance(row, csv.Error)]
    if not 0 < len(parcels) <= PARCELS_MAX:
        raise UsageError(f"{file} must have 1 to {PARCELS_MAX} parcels (got {len(parcels)}).")
    return parcels


def _check_header(file: str, columns: Sequence[str], header: str) -> None:
    problems = {
        "Missing": [name for name in _COLUMNS if name not in columns],
        "Unknown": [shown(name) for name in dict.fromkeys(columns) if name not in _COLUMNS],
        "More than once": [name for name in _COLUMNS if columns.count(name) > 1],
    }
    found = " ".join(f"{what}: {', '.join(names)}." for what, names in problems.items() if names)
    if not header.strip():
        raise UsageError(f"The first row of {file} must be order,carrier,tracking, but it is empty.")
    if found:
        raise UsageError(
            f"The first row of {file} must name the columns order, carrier and tracking, each once (got "
            f"{shown(header)}). {found}"
        )


def _rows(lines: Sequence[str], separator: str) -> Iterator[list[str] | csv.Error]:
    """The rows, and in the place of each that can't be read what is wrong with it."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    for _ in lines:  # at most one row a line; an error ends a row, and the reader continues with the next line
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield error


def _has_anything(row: Sequence[str] | csv.Error) -> bool:
    return isinstance(row, csv.Error) or any(map(str.strip, row))


def _problem(columns: Sequence[str], row: Sequence[str] | csv.Error) -> str | None:
    """What is wrong with the row, as the end of a sentence; None if nothing is."""
    if isinstance(row, csv.Error):
        return f"is not CSV ({row}): check its quotes"
    if len(row) != len(columns):
        return f"has {counted(len(row), 'column')}, not {len(columns)}: {shown(', '.join(row))}"
    values = dict(zip(columns, map(str.strip, row), strict=True))
    missing = [f"no {column}" for column in ("order", "carrier") if not values[column]]
    return f"has {' and '.join(missing)}" if missing else None


def _sentences(wrong: Mapping[int, str]) -> Iterator[str]:
    """All rows, those with the same problem together, as of a column that is missing from the whole list."""
    rows: dict[str, list[int]] = {}
    for number, problem in wrong.items():
        rows.setdefault(problem, []).append(number)
    for problem, numbers in rows.items():
        yield f"Row {numbers[0]} {problem}." if len(numbers) == 1 else _together(numbers, problem)


def _together(rows: Sequence[int], problem: str) -> str:
    """A sentence about several rows with this problem."""
    return f"Rows {listed(map(str, rows))}: each {problem}."


def _parcel(number: int, columns: Sequence[str], row: Sequence[str]) -> ParcelRow:
    values: Mapping[str, str] = dict(zip(columns, map(str.strip, row), strict=True))
    return ParcelRow(row=number, order=values["order"], carrier=values["carrier"], tracking=values["tracking"] or None)
