"""A stand-in for a state of a line that the engine does not have: finished, and the customer does not have the line."""

from dataclasses import dataclass
from typing import cast

from typed_ids import as_line

from domain import reasons
from domain.fulfillment import Fulfillment
from domain.line import LineState


@dataclass(frozen=True)
class _TakenBack:
    """Answers as a `LineState` does."""

    is_finished: bool = True
    is_delivered: bool = False
    is_retriable: bool = False
    needs_a_person: bool = False


def taken_back(line_item: str) -> Fulfillment.LineItemBlocked:
    state = cast(LineState, _TakenBack())
    return Fulfillment.LineItemBlocked(line_item=as_line(line_item), state=state, detail=reasons.as_written("why"))
