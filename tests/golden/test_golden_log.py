"""Logs that were stored by earlier versions stay readable, and what is read in them stays the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import JSONTranscoder, StoredEvent
from golden.stored_logs import digest, read_log, stored_logs, was_read, what_is_read

from domain.event import Event
from infrastructure.event_store.codec import JsonMapper
from infrastructure.event_store.topics import TOPICS

MAPPER = JsonMapper(JSONTranscoder())
LOGS = stored_logs()
each_log = pytest.mark.parametrize("log", LOGS, ids=lambda log: log.stem)
STORED: dict[str, list[tuple[str, StoredEvent]]] = {}
"""Of each class, every stored event and where it is."""
for each in LOGS:
    for position, found in enumerate(read_log(each), 1):
        STORED.setdefault(found.topic, []).append((f"{each.stem}, event {position}", found))
each_topic = pytest.mark.parametrize("topic", sorted(STORED))

READ_IT_AGAIN = """
Merchants have logs like this one. Leave the stored log as it is, and make the class read it:
  - a field that was added needs a default;
  - for anything else raise the `class_version` of the event and write `upcast_v1_v2(state)` beside it, which brings a
    stored state, a dict of plain JSON, to the new shape.
Then add the new shape to tests/support/sample_log.py and store it as a further log: see tests/golden/store_log.py."""
RAISE_THE_VERSION = """
If the new rows are right, raise the `version` of the projection, so that the view of every merchant is rebuilt,
and write the rows down again as tests/golden/store_log.py says. If you did not mean to change them, look for a
renamed field or a changed fold."""
LOOK_AT_THE_DOCUMENT = """
Other programs rely on it: it may grow, and the texts of its story may get better. If that is all, write it down again
as tests/golden/store_log.py says, and look at the difference in git."""


def read(where: str, stored: StoredEvent) -> Event:
    try:
        event = MAPPER.to_domain_event(stored)
    except Exception as error:  # noqa: BLE001 - whatever it is, it comes with what to do about it
        pytest.fail(f"{where}: {error}{READ_IT_AGAIN}")
    assert isinstance(event, Event)
    return event


def lost(before: Any, after: Any, path: str = "$") -> list[str]:
    """What stood in a stored state and is not in what is stored of it now."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [each for key, value in before.items() for each in lost(value, after.get(key, ...), f"{path}.{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [each for n, pair in enumerate(zip(before, after, strict=True)) for each in lost(*pair, f"{path}[{n}]")]
    return [] if before == after else [path]


def test_every_event_class_is_in_a_stored_log() -> None:
    missing = set(TOPICS) - set(STORED)

    assert not missing, (
        f"{', '.join(sorted(missing))}: no stored log has an event of this class. Add one to "
        "tests/support/sample_log.py and store it as a further log, as tests/golden/store_log.py says."
    )


@each_log
def test_a_stored_log_is_never_rewritten(log: Path) -> None:
    assert digest(log) == was_read(log)["log_sha256"], (
        f"{log.name} has changed. It stands for the logs that merchants have, which can't be rewritten: get it back "
        f"from git.{READ_IT_AGAIN}"
    )


@each_topic
def test_a_stored_event_stays_readable(topic: str) -> None:
    for where, stored in STORED[topic]:
        assert topic == read(where, stored).TOPIC, where


@each_topic
def test_nothing_of_a_stored_event_is_lost(topic: str) -> None:
    for where, stored in STORED[topic]:
        event = read(where, stored)
        state = json.loads(stored.state)

        if state.get("class_version", 1) == type(event).class_version:
            gone = lost(state, json.loads(MAPPER.to_stored_event(event).state))
            assert not gone, (
                f"{where}: {topic} does not read {', '.join(gone)} any more: was it renamed?{READ_IT_AGAIN}"
            )


@each_log
def test_the_rows_of_every_view_stay_the_same(log: Path) -> None:
    before, now = was_read(log)["views"], what_is_read(log)["views"]

    assert before.keys() == now.keys(), (
        f"There are other projections than before; for a new one, see docs/extending.md.{RAISE_THE_VERSION}"
    )
    for name, view in now.items():
        assert view == before[name], f"The view {name} has other rows of the same log.{RAISE_THE_VERSION}"


@each_log
def test_rows_change_only_with_the_version_of_their_projection(log: Path) -> None:
    before, now = was_read(log)["views"], what_is_read(log)["views"]

    changed = [name for name in now if name in before and now[name]["rows"] != before[name]["rows"]]

    assert not [name for name in changed if now[name]["version"] == before[name]["version"]], RAISE_THE_VERSION


@each_log
def test_the_documents_and_the_stock_stay_the_same(log: Path) -> None:
    before, now = was_read(log), what_is_read(log)

    assert now["stock"] == before["stock"], LOOK_AT_THE_DOCUMENT
    assert now["documents"] == before["documents"], LOOK_AT_THE_DOCUMENT
