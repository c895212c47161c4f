"""Anchors for tests of views that have no log, and those of a log."""

from application.log.anchor import Anchor, EventsByPosition, anchors_at


def somewhere(position: int) -> Anchor:
    """Where there is no log to ask."""
    return Anchor(position=position, stream="cs_test_a", version=position, digest=f"{position:064x}")


def at(log: EventsByPosition, position: int) -> Anchor:
    """The anchor of the event at this place of the log."""
    return anchors_at(log, [position])[position]
