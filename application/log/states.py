"""State rows: the folded states of long streams, kept beside the views.

A row only saves time. The digest of its last event binds it to the log, and its store binds it to the code of the fold.
A row that is missing, of another log, or of other code is as good as none.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from domain.event import Aggregate


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRow:
    state: Aggregate[Any]
    digest: str
    """Of the event at the version of the state; see `application.log.anchor.digest_of`."""
    size: int = 0
    """In bytes, of a row that was loaded."""


class StateRows(Protocol):
    """Every method may raise a `PersistenceError`: the store can't be used for now."""

    def keeps(self, kind: type[Aggregate[Any]]) -> bool:
        """Whether states of this class are kept at all."""

    def load(self, kind: type[Aggregate[Any]], stream: str) -> StateRow | None:
        """The latest row of this stream that this version of us wrote."""

    def save(self, row: StateRow) -> int:
        """Keep this row in the place of earlier ones of its stream. Returns its size in bytes."""
