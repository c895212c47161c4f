"""What everything that creates an object needs at hand."""

from dataclasses import dataclass

from interfaces.sandbox.model.identifiers import Identifiers
from interfaces.sandbox.model.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    state: State
    ids: Identifiers
    now: int
    base_url: str
    """Where the caller reached us, so that the pages are reached the same way."""
