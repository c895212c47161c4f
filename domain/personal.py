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
    """`text` marked as personal; nothing for nothing."""
    return Personal(text) if text else None


def mark_stored(state: dict[str, Any], *names: str) -> None:
    """Bring texts of a stored state to the form in which a `Personal` is stored: for events of before a field was
    marked. An empty text is nothing, as `personal` has it."""
    for name in names:
        text = state.get(name)
        state[name] = {"text": text} if text else None
