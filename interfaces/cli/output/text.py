"""Text on its way to a terminal: made harmless, and times and amounts as people read them."""

import unicodedata
from datetime import UTC, datetime, tzinfo

from domain.money import plain

_STEERING = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
_FIELDS = {"client_reference_id": "reference"}


def harmless(text: str) -> str:
    """Without control characters, line breaks and marks of direction: what came from outside must steer no terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if unicodedata.category(letter) in _STEERING else letter for letter in text)


def width(text: str) -> int:
    """How many columns of a terminal it takes: Chinese letters take two, accents of their own none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def exact(when: datetime, zone: tzinfo = UTC) -> str:
    """To the microsecond: in UTC as in `--json`, in other zones with the offset; `--as-of` takes both."""
    return _in_zone(when, zone, "microseconds")


def to_the_second(when: datetime, zone: tzinfo = UTC) -> str:
    return _in_zone(when, zone, "seconds")


def _in_zone(when: datetime, zone: tzinfo, precision: str) -> str:
    try:
        text = when.astimezone(zone).isoformat(timespec=precision)
    except OverflowError:  # beyond the first or last day of the calendar
        text = when.astimezone(UTC).isoformat(timespec=precision)
    return f"{text.removesuffix('+00:00')}Z" if text.endswith("+00:00") else text


def label(code: str) -> str:
    """Return a code as people read it: `parcel_to_pack` is "parcel to pack"."""
    return code.replace("_", " ")


def matched_in_words(field: str) -> str:
    """Return the field of a search as people call it."""
    return label(_FIELDS.get(field, field))


def money(amount: int | None, currency: str | None) -> str:
    return "" if amount is None or not currency else plain(amount, currency)
