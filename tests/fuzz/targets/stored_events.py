"""The bytes of a stored event: unreadable, or an event that is written as it was read."""

import json
from dataclasses import fields

from eventsourcing.persistence import JSONTranscoder, StoredEvent
from fuzz.json_mutation import json_mutator
from fuzz.target import Target
from golden.stored_logs import read_log, stored_logs

from domain.errors import UnreadableEvent
from domain.event import Event
from infrastructure.event_store.codec import JsonMapper
from infrastructure.event_store.topics import TOPICS

_mapper = JsonMapper(JSONTranscoder())
_examples = {each.topic: each for log in stored_logs() for each in read_log(log)}


def check(data: bytes) -> str:
    """The topic, then the state."""
    topic, _, state = data.partition(b"\n")
    stored = StoredEvent("cs_test_a1", 3, topic.decode("latin-1"), state)
    try:
        event = _mapper.to_domain_event(stored)
    except UnreadableEvent as error:
        assert error.session_id is None or isinstance(error.session_id, str)
        return "unreadable"
    again = _mapper.to_stored_event(event)
    assert (again.originator_id, again.originator_version, again.topic) == ("cs_test_a1", 3, stored.topic)
    assert _values(_mapper.to_domain_event(again)) == _values(event)
    return "read"


def _values(event: object) -> dict[str, object]:
    assert isinstance(event, Event)
    return {each.name: getattr(event, each.name) for each in fields(event)}


TARGET = Target(
    check=check,
    runs=40_000,
    bytes_max=8192,
    mutate=json_mutator(b"\n", 1),
    seeds=[
        b"",
        b"Nothing.Happened\n{}",
        *(topic.encode() + b"\n" + bytes(_examples[topic].state) for topic in TOPICS if topic in _examples),
        b"StripeEvent.Ignored\n" + json.dumps({"class_version": 99, "session_id": "cs_test_a1"}).encode(),
        b"StripeEvent.Ignored\n" + b"[" * 3000,
        b'StripeEvent.Ignored\n{"a":' + b"[" * 3000,
    ],
)
