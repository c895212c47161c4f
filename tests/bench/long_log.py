"""Logs of any length: the events of one checkout as the engine wrote them, again and again under other names."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.bodies import event_id, intent_id, session_ids, signed_bodies
from bench.shop import Watch, deliver, open_shop

from application.log.log import Log, StoredEvent

_RUN = "long log"
_BATCH = 5000
_SECONDS_MAX = 30.0


def fill(log: Log, count: int) -> None:
    """Append this many events, or a few less: only whole checkouts."""
    batch: list[StoredEvent] = []
    for checkout in _checkouts(count):
        batch += checkout
        if len(batch) >= _BATCH:
            log.store.insert_events(batch)
            batch = []
    log.store.insert_events(batch)


def _checkouts(count: int) -> Iterator[list[StoredEvent]]:
    template, names = _template(), _names(next(session_ids(_RUN, 1)))
    for id in session_ids(_RUN, count // len(template)):
        renamed = list(zip(names, _names(id), strict=True))
        yield [_renamed(stored, renamed) for stored in template]


def _names(session_id: str) -> tuple[str, ...]:
    return session_id, event_id(session_id), intent_id(session_id)


def _renamed(stored: StoredEvent, names: Sequence[tuple[str, str]]) -> StoredEvent:
    stream, state = str(stored.originator_id), stored.state
    for before, after in names:
        stream, state = stream.replace(before, after), state.replace(before.encode(), after.encode())
    return StoredEvent(stream, stored.originator_version, stored.topic, state)


def _template() -> Sequence[StoredEvent]:
    """A checkout of two accesses, which share no stream with any other."""
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{Path(directory) / 'fulfillment.db'}"
        runtime = open_shop(directory, url, lambda _: ["prod_course", "prod_course"])
        watch = Watch(runtime.log)
        runtime.engine.start()
        for signed in signed_bodies(_RUN, 1):
            deliver(runtime, signed)
        watch.wait(lambda: bool(watch.mailed_at), _SECONDS_MAX)
        events = runtime.log.store.select_notifications(None, 100)
        runtime.engine.stop()
    return events
