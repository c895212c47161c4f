"""Events to plain JSON and back: one typed decoder per topic.

This is the one place where every event passes in both directions, so the one place that could seal personal data
(`domain.personal.Personal`, stored as `{"text": ...}`), without a new event format.
"""

from functools import cache
from typing import Any, cast

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent

from domain.event import Event
from infrastructure.event_store.topics import TOPICS

_ENCODER = msgspec.json.Encoder()
_OPTIONAL_HEADERS = ("cause", "reason", "session_id")


@cache
def _decoder(topic: str) -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(TOPICS[topic])


class JsonMapper(Mapper[str]):
    """The library's mapper, at its extension point (`MAPPER_TOPIC`): typed, and about ten times as fast."""

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        kind = cast(type[Event], type(domain_event))
        state = dict(vars(domain_event))
        originator_id, originator_version = state.pop("originator_id"), state.pop("originator_version")
        for header in _OPTIONAL_HEADERS:
            if state[header] is None:
                del state[header]
        if kind.class_version > 1:
            state["class_version"] = kind.class_version
        return StoredEvent(originator_id, originator_version, kind.TOPIC, _ENCODER.encode(state))

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        try:
            event = _decode(stored_event.topic, stored_event.state)
        except (KeyError, msgspec.MsgspecError, RecursionError) as error:
            raise MapperDeserialisationError(
                f"Event {stored_event.originator_version} of {stored_event.originator_id} has the topic "
                f"'{stored_event.topic}', which this version can't read: {type(error).__name__}: {error}"
            ) from error
        # Frozen against everybody else; the stream and the version are kept in columns of their own.
        vars(event)["originator_id"] = stored_event.originator_id
        vars(event)["originator_version"] = stored_event.originator_version
        return cast(DomainEventProtocol[str], event)


def _decode(topic: str, state: bytes) -> Event:
    kind = TOPICS[topic]
    if kind.class_version == 1:
        return _decoder(topic).decode(state)
    raw: dict[str, Any] = msgspec.json.decode(state)
    for version in range(raw.pop("class_version", 1), kind.class_version):
        getattr(kind, f"upcast_v{version}_v{version + 1}")(raw)
    return msgspec.convert(raw, kind)
