"""What staff type and the log keeps: text that says something, and that can't steer the terminal that shows it."""

import re
import unicodedata

from domain import refusals
from domain.errors import Refused
from domain.refusal import Typed

REASON_MAX = NOTE_MAX = 2000
_STEERING = frozenset({"Cc", "Zl", "Zp", "Cs"})
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SAYING_NOTHING = frozenset("PZC")
"""The categories of punctuation, blanks and control characters. `...` is what the queue leaves for a person to fill
in."""
_BETWEEN_LINES = frozenset("\n\r\t")
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
"""As spreadsheets show a number that is long."""


def check_line(typed: Typed, text: str, length_max: int) -> None:
    """
    Raises:
        Refused: it has no letter or digit, is too long, or has a character that can't be printed.
    """
    if not any(map(str.isalnum, text)) or len(text) > length_max or not text.isprintable():
        raise Refused(refusals.unprintable_text(typed, length_max))


def check_tracking(number: str, length_max: int) -> None:
    """
    Raises:
        Refused: as `check_line`; or a spreadsheet rounded it, so that most of its digits are gone.
    """
    check_line(Typed.TRACKING, number, length_max)
    if _ROUNDED.fullmatch(number.strip()):
        raise Refused(refusals.rounded_tracking(number.strip()))


def check_note(text: str) -> None:
    """A note may have several lines, and whatever people paste from a mail, such as hard blanks.

    Raises:
        Refused: it is empty or too long, has nothing but punctuation, or has a control character or a mark of
            direction.
    """
    if not 0 < len(text.strip()) <= NOTE_MAX:
        raise Refused(refusals.note_length(len(text.strip()), NOTE_MAX))
    if all(unicodedata.category(each)[0] in _SAYING_NOTHING for each in text):
        raise Refused(refusals.note_of_punctuation())
    if any(unicodedata.category(each) in _STEERING or each in _BIDI for each in {*text} - _BETWEEN_LINES):
        raise Refused(refusals.note_with_control_characters())
