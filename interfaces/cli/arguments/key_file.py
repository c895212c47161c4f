"""Files of license keys: one key on each line, and what spreadsheets make of such a list."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from application.text.english import counted
from interfaces.cli.arguments.key_header import Header, header_of, headers_below
from interfaces.cli.usage import UsageError, shown

BYTES_MAX = 16 * 1024 * 1024
_KEY_MAX = 1000
_LINES_NAMED_MAX = 3
_STDIN = "-"
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    keys: Sequence[str]
    remarks: Sequence[str] = ()
    """Sentences about what was seen beside the keys."""


def read_key_file(file: str) -> KeyFile:
    """The keys in `file`; `-` is standard input.

    Raises:
        UsageError: it has no keys, or something else than keys.
        OSError: it can't be read.
    """
    name = "Standard input" if file == _STDIN else file
    content = _content(file)
    if len(content) > BYTES_MAX:
        raise UsageError(
            f"{name} is larger than {BYTES_MAX // 1024 // 1024} MiB. Split it, and run the command for each part."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not valid UTF-8. It must have one key per line.") from error
    return _read(name, {number: line.strip() for number, line in enumerate(text.splitlines(), 1) if line.strip()})


def _read(name: str, numbered: Mapping[int, str]) -> KeyFile:
    """`numbered` are the lines that are not blank, by their numbers."""
    remarks, lines = [], [*numbered.values()]
    _check_columns(name, lines)
    header = header_of(list(map(_unquoted, lines)))
    if header is Header.DOUBTFUL:
        raise UsageError(
            f"The first line of {name} looks like a header, not like a key. Nothing was read. If it is a header, "
            "remove it. If it is a key, move it to a file of its own."
        )
    if header is Header.CERTAIN:
        repeats = [number for number, line in numbered.items() if line == lines[0]]
        again = f", also in line {', '.join(map(str, repeats[1:]))}" if repeats[1:] else ""
        remarks.append(f"{name}: left out the header row {shown(_unquoted(lines[0]))}{again}.")
        numbered = {number: line for number, line in numbered.items() if number not in repeats}
        lines = [*numbered.values()]
        _check_columns(name, lines)
    _check_headers_below(name, numbered)
    quoted = [line for line in lines if _is_quoted(line)]
    if quoted and len(quoted) < len(lines):
        raise UsageError(
            f"{name} has {counted(len(quoted), 'line')} in quotes and {len(lines) - len(quoted)} without. Nothing was "
            "read. Remove the quotes that are not part of a key."
        )
    if quoted:
        remarks.append(f"{name}: read {counted(len(quoted), 'key')} without the quotes around each.")
    keys = [_unquoted(line) for line in lines]
    if not keys or any(not 0 < len(key) <= _KEY_MAX or not key.isprintable() for key in keys):
        raise UsageError(f"{name} must have one key per line, each of 1 to {_KEY_MAX} printable characters.")
    return KeyFile(keys=keys, remarks=remarks)


def _check_headers_below(name: str, numbered: Mapping[int, str]) -> None:
    """
    Raises:
        UsageError: a line between the keys is a header, which a customer would get as a key.
    """
    places, numbers = headers_below(list(map(_unquoted, numbered.values()))), [*numbered]
    if places:
        where = " and ".join(f"line {numbers[place]}" for place in places[:_LINES_NAMED_MAX])
        more = " (and elsewhere)" if places[_LINES_NAMED_MAX:] else ""
        header = _unquoted(numbered[numbers[places[0]]])
        raise UsageError(
            f"{shown(header)} in {where} of {name}{more} looks like a header, not like a key. Nothing was read. If it "
            "is a header, remove it. If it is a key, move it to a file of its own."
        )


def _check_columns(name: str, lines: Sequence[str]) -> None:
    """
    Raises:
        UsageError: each line has the same separator of columns.
    """
    for separator, names in _SEPARATORS.items():
        if lines and all(separator in _outside_quotes(line) for line in lines):
            raise UsageError(
                f"{name} has several columns with {names} between them. Nothing was read. Keep only the column with "
                f'the keys. If the {names} are part of the keys, put each key in quotes: "...".'
            )


def _outside_quotes(line: str) -> str:
    return re.sub(r'"(?:[^"]|"")*"', "", line)


def _is_quoted(line: str) -> bool:
    return len(line) > 1 and line[0] == line[-1] == '"' and not _outside_quotes(line)


def _unquoted(line: str) -> str:
    """As spreadsheets quote: a quote inside is written twice."""
    return line[1:-1].replace('""', '"').strip() if _is_quoted(line) else line


def _content(file: str) -> bytes:
    """As much as is read at most, and a byte more if there is more."""
    if file != _STDIN:
        with Path(file).open("rb") as stream:
            return stream.read(BYTES_MAX + 1)
    if sys.stdin is None:
        raise UsageError("FILE is - (standard input), but standard input is closed. Name a file instead.")
    return sys.stdin.buffer.read(BYTES_MAX + 1)
