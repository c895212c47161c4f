"""Lists of parcels that have left: a CSV file with a header row, as spreadsheets and carriers' programs write it."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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
        UsageError: it is not such a list. The sentence names the row.
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
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        names, *rows = reader if lines else ([],)
    except csv.Error as error:
        raise UsageError(f"Row {reader.line_num} of {file} is not CSV ({error}). Check its quotes.") from error
    columns = [name.strip().lower() for name in names]
    _check_header(file, columns, header)
    parcels = [_parcel(file, number, columns, row) for number, row in enumerate(rows, 2) if any(map(str.strip, row))]
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


def _parcel(file: str, number: int, columns: Sequence[str], row: Sequence[str]) -> ParcelRow:
    if len(row) != len(columns):
        raise UsageError(f"Row {number} of {file} has {len(row)} columns, not {len(columns)}: {shown(', '.join(row))}.")
    values: Mapping[str, str] = dict(zip(columns, map(str.strip, row), strict=True))
    for column in ("order", "carrier"):
        if not values[column]:
            raise UsageError(f"Row {number} of {file} has no {column}.")
    return ParcelRow(row=number, order=values["order"], carrier=values["carrier"], tracking=values["tracking"] or None)
