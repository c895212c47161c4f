"""How the demo tells its scenes."""

import os
import textwrap
from collections.abc import Sequence
from typing import TextIO

from application.checkout_document import CheckoutDocument, StoryEntry

_LINES_MAX = 9
_WIDTH_MAX = 110
_UNTOLD = frozenset({"Effect.AttemptStarted", "Effect.Requested"})
"""What every effect begins with; that it succeeded is told."""


class Playbill:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_coloured = out.isatty() and not os.environ.get("NO_COLOR")

    def open(self, number: int, total: int, title: str) -> None:
        self._say(f"\n{self._coloured(f'{number}/{total}', '2')}  {self._coloured(title, '1')}")

    def close(self, told: Sequence[CheckoutDocument], seconds: float) -> None:
        for document in told:
            self._tell(document)
        states = " and ".join(str(document.state).replace("_", " ") for document in told)
        self._say(f"  {self._coloured('✓', '32')} {states}  ({seconds:.1f} s)")

    def fail(self, why: str) -> None:
        self._say(f"  {self._coloured('✗', '31')} {why}")

    def end(self, right: int, total: int) -> None:
        self._say(f"\n{right} of {total} scenes ended as they should.")

    def _tell(self, document: CheckoutDocument) -> None:
        entries = [entry for entry in document.story if entry.type not in _UNTOLD]
        self._say(f"  {document.session_id[:24]}…")
        shown = entries if len(entries) <= _LINES_MAX else [*entries[: _LINES_MAX - 3], *entries[-2:]]
        for number, entry in enumerate(shown):
            if len(entries) > _LINES_MAX and number == _LINES_MAX - 3:
                self._say(f"    … {len(entries) - len(shown)} more")
            self._say(_sentence(entry))

    def _say(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    def _coloured(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._is_coloured else text


def _sentence(entry: StoryEntry) -> str:
    clock = f"{entry.recorded_at:%H:%M:%S}.{entry.recorded_at.microsecond // 1000:03d}"
    return f"    {clock}  {textwrap.shorten(entry.text, _WIDTH_MAX - 18, placeholder=' …')}"
