"""The commands that `fulfill queue` shows, as a person pastes them: with something in the place of `...`."""

import shlex

from interfaces.cli.output.pasting import TO_FILL_IN

FILLED_IN = {
    "carrier": "DHL",
    "tracking": "00340434161094",
    "to": "ada.new@example.com",
    "reason": "seen",
    "keys import": "keys.txt",
    "stock count": "12",
}
"""What a person puts in the place of `...`, by option or command."""


def arguments_of(command: str) -> list[str]:
    """The arguments of a pasted command, filled in."""
    _, *arguments = shlex.split(command)
    return [
        FILLED_IN[_asked_for(arguments, place)] if each == TO_FILL_IN else each for place, each in enumerate(arguments)
    ]


def _asked_for(arguments: list[str], place: int) -> str:
    before = arguments[place - 1]
    return before.removeprefix("--") if before.startswith("--") else " ".join(arguments[:2])
