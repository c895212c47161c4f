"""The parts of an order as its customer sees them: each has the lines that are equally far."""

from collections.abc import Set
from enum import StrEnum
from typing import assert_never

from domain.fulfillment import Fulfillment
from domain.line import Line, LineState


class Part(StrEnum):
    READY = "ready"
    PACKING = "packing"
    WORKING = "working"
    BACKORDERED = "backordered"
    KEYS_AWAITED = "keys_awaited"
    BY_HAND = "by_hand"
    UNDECIDED = "undecided"
    CANCELED = "canceled"
    KEYS_REVOKED = "keys_revoked"
    ORDERED = "ordered"


def part_of(line: Line) -> Part:
    """Return the part of the order that a customer sees a line in."""
    match line.state:
        case LineState.DELIVERED if line.is_short_of_keys:
            return Part.KEYS_AWAITED
        case LineState.DELIVERED:
            return Part.KEYS_REVOKED if line.has_lost_its_keys else Part.READY
        case LineState.PENDING:
            return Part.PACKING if line.is_to_pack else Part.WORKING
        case LineState.BACKORDERED:
            return Part.KEYS_AWAITED if line.is_short_of_keys else Part.BACKORDERED
        case LineState.MANUAL | LineState.GIVEN_UP:
            return Part.UNDECIDED if line.is_undecided else Part.BY_HAND
        case LineState.CANCELED:
            return Part.CANCELED
        case _:
            assert_never(line.state)


def parts_of(fulfillment: Fulfillment) -> Set[Part]:
    """Return the parts of a planned order; none as long as it is not planned."""
    return frozenset(map(part_of, fulfillment.lines.values()))
