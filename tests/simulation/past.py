"""A log that is back at an earlier moment, while the views are ahead of it.

It happens in three ways. An operator stops all processes and restores a backup. Or a standby that was behind takes
over: processes keep running, with their memories of the old log, and see the new one at their next query. Or an
operator restores a backup in place, and processes keep even their connections. Only the world outside knows of the
mails and deliveries of the lost time.
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
    """A copy of the log at a moment, with what the world had seen by then."""

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
        """True if one of these events continues a stream from an event that is not in this log."""
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
    """Replace the log, and have Stripe send all its events again, as docs/operations.md asks."""
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
