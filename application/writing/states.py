"""State rows: the folded states of long streams, kept beside the views.

A row only saves time. The digest of its last event binds it to the log, and its store binds it to the code of the fold.
A missing row, or one of another log or of other code, is ignored.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from domain.event import Aggregate


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRow:
    state: Aggregate[Any]
    digest: str
    """The digest of the event at the version of the state; see `application.log.anchor.digest_of`."""
    size: int = 0
    """The size of a loaded row in bytes."""


class StateRows(Protocol):
    """Every method may raise a `PersistenceError`: the store can't be used for now. `pause` is called before each part
    of a row, so that other threads of this process may run first."""

    def keeps(self, kind: type[Aggregate[Any]]) -> bool:
        """True if states of this class are kept at all."""

    def load(self, kind: type[Aggregate[Any]], stream: str, pause: Callable[[], None]) -> StateRow | None:
        """Return the latest row of this stream by this version of the program."""

    def save(self, row: StateRow, pause: Callable[[], None]) -> int:
        """Store this row in the place of earlier ones of its stream, and return its size in bytes."""
