"""Logs of any length: the events of one checkout as the engine wrote them, again and again under other names."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.bodies import signed_bodies
from bench.shop import Watch, deliver, open_shop

from application.log import Log, StoredEvent

_RUN = "template"
_NAME = f"{_RUN}{0:08}"
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
    template = _template()
    for number in range(count // len(template)):
        name = f"{_RUN}{number:08}"
        yield [
            StoredEvent(
                str(stored.originator_id).replace(_NAME, name),
                stored.originator_version,
                stored.topic,
                stored.state.replace(_NAME.encode(), name.encode()),
            )
            for stored in template
        ]


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
