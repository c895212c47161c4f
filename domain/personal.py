"""Personal data: the one type that marks it, wherever an event carries it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Personal:
    """A name, address, e-mail, phone number, license key or free text of a person.

    Its text never shows in a `repr`, so that no log line or traceback carries it by accident. In the store it is
    an object of its own, `{"text": ...}`: the place where a sealed form can stand later.
    """

    text: str

    def __repr__(self) -> str:
        return "Personal(…)"


def personal(text: str | None) -> Personal | None:
    """Return `text` marked as personal; None for an empty text."""
    return Personal(text) if text else None


def mark_stored(state: dict[str, Any], *names: str) -> None:
    """Replace texts in a stored state by stored `Personal`s, in events from before a field was marked. An empty text
    becomes None, as in `personal`."""
    for name in names:
        text = state.get(name)
        state[name] = {"text": text} if text else None
