"""Keeps secrets, email addresses, card numbers and whole session IDs out of the logs, and limits their length.

It removes too much rather than too little: readers of a log line need none of these.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import accumulate

TEXT_MAX = 2000
ITEMS_MAX = 50
DEPTH_MAX = 6

_READ_MAX = 2 * TEXT_MAX
"""How much of a text is looked at; what is taken out may shorten it."""

_REMEMBERED_MAX = 4096
_REMEMBERED_LENGTH_MAX = 128
"""Harmless texts that are known again: keys, names, and the IDs of the checkouts under way."""

_SECRET = re.compile(r"""(?:whsec|(?:sk|rk)_(?:test|live|org)|(?<![A-Za-z0-9])(?:sk|rk))_[^\s"',;<>]+""")
_SESSION_IN_URL = re.compile(
    r"""((?:session_id|[=/&?]|%3D|%2F)["':=\s]{0,3})cs_(?:test|live)_[A-Za-z0-9]+""", re.IGNORECASE
)
_SESSION = re.compile(r"(cs_(?:test|live)_[A-Za-z0-9]{16})[A-Za-z0-9]+")
"""Stripe's have 58 characters after the mode."""
_WORD = re.compile(r'[^\s<>"(),;]+')
_AT = re.compile(r"(?:@|%40)(?:[^\w@]|[\d_])*+([^\W\d_])?")
"""At signs, and the letter after them if there is one. However many there are, no character is looked at twice."""
_DIGITS = re.compile(r"\d(?:[\s.\u2010-\u2015-]{0,3}\d){12,}")
_DIGIT = re.compile(r"\d")
_ALL_BUT_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
_NUMBERS = (int, float)
_LISTS = (list, tuple, set, frozenset)
_CARD_LENGTH_MIN, _CARD_LENGTH_MAX = 13, 19


class Redaction:
    """Removes what must not be logged. `secrets` are texts that can't be recognized by their shape."""

    def __init__(self, secrets: Collection[str] = (), without_sessions: Callable[[str], str] | None = None) -> None:
        """`without_sessions` takes whole session IDs out of a text: by default, it shortens them."""
        longest_first = sorted({secret for secret in secrets if secret.strip()}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        self._without_sessions = without_sessions or session_shortened
        self._harmless: set[str] = set()

    def value(self, value: object, depth: int = 0) -> object:
        """Convert any value to JSON's types."""
        if value is None or value is True or value is False or (type(value) is str and value in self._harmless):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, _NUMBERS):
            return self._number(value)
        if isinstance(value, _LISTS):
            return "…" if depth >= DEPTH_MAX else [self.value(each, depth + 1) for each in list(value)[:ITEMS_MAX]]
        if isinstance(value, Mapping):
            return "…" if depth >= DEPTH_MAX else self._pairs(value, depth + 1)
        return self.text(_shown(value))

    def _number(self, value: float) -> object:
        plain = int.__pos__(value) if isinstance(value, int) else float.__pos__(value)
        text = str(plain)
        shown = self.text(text)
        return plain if shown == text and math.isfinite(plain) else shown

    def _pairs(self, value: Mapping[object, object], depth: int) -> object:
        pairs = list(value.items())[:ITEMS_MAX]
        return {self.text(str(key)): self.value(each, depth) for key, each in pairs}

    def text(self, text: str) -> str:
        if type(text) is not str:
            text = str.__str__(text)  # the characters themselves, whatever a subclass returns
        if text in self._harmless:
            return text
        shown = self._taken_out(text)
        if shown == text and len(text) <= _REMEMBERED_LENGTH_MAX:
            if len(self._harmless) >= _REMEMBERED_MAX:
                self._harmless.clear()
            self._harmless.add(text)
        return shown

    def _taken_out(self, text: str) -> str:
        """Each rule is followed only where a text has what the rule can't do without: to find that out costs little."""
        text = _head(text, _READ_MAX)
        if self._secrets is not None:
            text = self._secrets.sub("[secret]", text)
        if "k_" in text or "whsec_" in text:
            text = _SECRET.sub("[secret]", text)
        if "cs_" in text.casefold():
            text = self._without_sessions(_SESSION_IN_URL.sub(r"\1[session]", text))
        if "@" in text or "%40" in text:
            text = _WORD.sub(_without_address, text)
        if _has_digits_for_a_card(text):
            text = _DIGITS.sub(_without_cards, text)
        return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "…"


def session_shortened(text: str) -> str:
    """Return the text with each session ID cut to its beginning: the whole ID opens the landing page, which shows
    license keys for an hour. `fulfill search` finds a checkout by the beginning."""
    return _SESSION.sub(r"\1...", text)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - foreign code's `repr`; a log line must not break the code that logs it
        return f"<{type(value).__name__}>"


def _head(text: str, length: int) -> str:
    """The beginning, ending between two words: half a card number or half an address would not be known as one."""
    if len(text) <= length:
        return text
    words = text[:length].rsplit(None, 1)
    kept = words[0] if len(words) > 1 else ""
    while kept and not kept[-1].isalpha():
        kept = kept[:-1]
    return kept + "…"


def _without_address(word: re.Match[str]) -> str:
    """A letter after an at sign makes an address. `stream@12`, as causes are written, is none."""
    return "[email]" if any(at[1] for at in _AT.finditer(word[0])) else word[0]


def _has_digits_for_a_card(text: str) -> bool:
    """Whether there are enough, wherever they are. Other scripts have digits too, so there it is always possible."""
    return not text.isascii() or len(text.encode().translate(None, _ALL_BUT_DIGITS)) >= _CARD_LENGTH_MIN


def _without_cards(run: re.Match[str]) -> str:
    """The run of digits without any 13 to 19 of them that pass the check of card numbers, overlapping or not."""
    text = run[0]
    places = [digit.start() for digit in _DIGIT.finditer(text)]
    kept, shown_from = "", 0
    for first, last in _cards([int(text[place]) for place in places]):
        kept += text[shown_from : places[first]] + "[card]"
        shown_from = places[last] + 1
    return kept + text[shown_from:]


def _cards(digits: Sequence[int]) -> Sequence[tuple[int, int]]:
    """Where card numbers begin and end, those that overlap as one."""
    sums = [_running_sums(digits, odd) for odd in (0, 1)]
    found: list[tuple[int, int]] = []
    for first in range(len(digits)):
        for last in range(first + _CARD_LENGTH_MIN - 1, min(first + _CARD_LENGTH_MAX, len(digits))):
            sum_to = sums[(last + 1) % 2]
            if (sum_to[last + 1] - sum_to[first]) % 10 == 0:
                if found and first <= found[-1][1]:
                    found[-1] = (found[-1][0], max(found[-1][1], last))
                else:
                    found.append((first, last))
    return found


def _running_sums(digits: Sequence[int], doubled: int) -> Sequence[int]:
    """Of the digits, every second doubled and summed up as ISO/IEC 7812-1 has it (Luhn)."""
    return [0, *accumulate(sum(divmod(2 * d, 10)) if i % 2 == doubled else d for i, d in enumerate(digits))]
