"""A log that is as it was some time before, while the views know more.

Three things bring that about. An operator restores a backup: all processes have ended, and find another log when they
start. Or a standby that was behind takes the place of the database: processes go on, and find another log at their next
question, with all that they remember of the old one. Or an operator restores a backup in place: processes go on, and no
connection of theirs is lost. What went out in the lost time only those outside know.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventsourcing.persistence import StoredEvent

from domain.mail import Mail
from infrastructure.event_store.versions import predecessors

if TYPE_CHECKING:
    from simulation.world import World

    from application.ports import DeliveryRequest


@dataclass(frozen=True, kw_only=True)
class Past:
    """The log as it was at a moment, and what the world had seen of it by then."""

    log: sqlite3.Connection
    times_put_back: int
    events: int
    open_effects: set[str]
    given_up: set[str]
    claims: dict[str, int]
    wanting: set[str]
    mailbox: dict[str, Mail]
    deliveries: "dict[str, DeliveryRequest]"

    def lacks_one_before(self, events: Sequence[StoredEvent]) -> bool:
        """Whether one of these continues a stream from an event that is not in this log."""
        return any(version is not None and not self._has(event, version) for event, version in _before(events))

    def _has(self, event: StoredEvent, version: int) -> bool:
        wanted = "SELECT 1 FROM stored_events WHERE originator_id=? AND originator_version=?"
        return self.log.execute(wanted, (event.originator_id, version)).fetchone() is not None


def _before(events: Sequence[StoredEvent]) -> Sequence[tuple[StoredEvent, int | None]]:
    return list(zip(events, predecessors(events), strict=True))


def remember(world: "World") -> Past:
    log = sqlite3.connect(":memory:")
    world.anchor.backup(log)
    return Past(
        log=log,
        times_put_back=world.times_put_back,
        events=world.events,
        open_effects=set(world.open_effects),
        given_up=set(world.given_up),
        claims=dict(world.claims),
        wanting=set(world.wanting),
        mailbox=dict(world.mailbox),
        deliveries=dict(world.deliveries),
    )


def put_back(world: "World", past: Past, *, is_noticed: bool = True) -> None:
    """And have Stripe send everything again, as the manual says."""
    world.say(f"The log is put back by {world.events - past.events} events")
    past.log.backup(world.anchor)
    past.log.close()
    world.times_put_back += 1
    world.epoch += is_noticed
    world.open_effects, world.given_up, world.claims = past.open_effects, past.given_up, past.claims
    world.wanting, world.mailbox, world.deliveries = past.wanting, past.mailbox, past.deliveries
    world.lost.update(f"{stream}@{version}" for stream, version in world.committed)
    world.scheduler.news += 1
    for event in world.sandbox.events():
        world.sandbox.resend(event.id)
