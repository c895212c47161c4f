"""Text in lines of a width, without breaking what people copy: a word of ASCII alone, such as an ID or an address, and
a command in backticks."""

import re
from collections.abc import Iterator, Sequence

from interfaces.cli.output.text import width

_WORD = re.compile(r" *(?:`[^`]+`|[^ ])+")
_BREAKABLE_MIN = 16


def wrapped(text: str, room: int) -> Sequence[str]:
    """Return lines of at most `room` columns, at least one. A word that is wider and must not be broken has a wider
    line, which a terminal shows as several and copies as one."""
    return list(_lines(text, max(room, 2)))


def narrowest(text: str) -> int:
    """Return the columns without which a word of it would have to be broken; those of a few letters where every word
    may be."""
    words = (found[0].lstrip(" ") for found in _WORD.finditer(text))
    return max((width(word) if word.isascii() else min(width(word), _BREAKABLE_MIN) for word in words), default=0)


def _lines(text: str, room: int) -> Iterator[str]:
    line = ""
    for found in _WORD.finditer(text.rstrip()):
        spaced = found[0]
        if line and width(line) + width(spaced) > room:
            yield line
            line, spaced = "", spaced.lstrip(" ")
        line += spaced
        while width(line) > room and not line.isascii():
            first = _beginning(line, room)
            yield first
            line = line[len(first) :]
    yield line


def _beginning(text: str, room: int) -> str:
    """As much as fits. Letters of two columns and accents of their own make it more than a slice."""
    end = len(text)
    while end > 1 and width(text[:end]) > room:
        end -= 1
    return text[:end]
