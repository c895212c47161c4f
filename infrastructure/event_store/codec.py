"""Events to plain JSON and back: one typed decoder per topic.

This is the one place where every event passes in both directions, so the one place that could seal personal data
(`domain.personal.Personal`, stored as `{"text": ...}`), without a new event format.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, ClassVar, cast

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent, Transcoder

from application.text.storable import storable
from domain import reasons
from domain.errors import UnreadableEvent
from domain.event import Event
from domain.identifiers import SessionId, StreamId, session_of_stream
from domain.reason import EventProblem, Reason
from infrastructure.event_store.topics import TOPICS

_ENCODER = msgspec.json.Encoder()
_COLUMNS = ("originator_id", "originator_version")
_OPTIONAL_HEADERS = ("cause", "reason", "session_id")
_VERSION = "class_version"
_VERSION_MARK = b'"class_version":'
"""Within a JSON text the quotes would be escaped, so only a key looks like this."""


class UnknownTopic(UnreadableEvent):
    """The event is of a class that this version does not have."""


class WrittenLater(UnreadableEvent):
    """The event has a shape that only a later version knows."""


class _OfLaterVersion(Exception):
    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


@dataclass(frozen=True, slots=True)
class _Shape:
    """How events of one class are stored."""

    kind: type[Event]
    fields: tuple[str, ...]
    """In their order, which that of `vars()` is not once an event was read."""
    values: Callable[[Any], tuple[Any, ...]]
    decoder: msgspec.json.Decoder[Event]
    ending: bytes
    """The last bytes of an event that is stored in the current version."""


class _Header(msgspec.Struct):
    session_id: SessionId | None = None


_HEADER_DECODER = msgspec.json.Decoder(_Header)


class JsonMapper(Mapper[str]):
    """The library's mapper, at its extension point (`MAPPER_TOPIC`): typed, and about ten times as fast."""

    topics: ClassVar[Mapping[str, type[Event]]] = TOPICS

    def __init__(self, transcoder: Transcoder, compressor: Any = None, cipher: Any = None) -> None:
        """
        Raises:
            ValueError: the environment asks for a compressor or a cipher, which this mapper would leave out silently.
        """
        if compressor or cipher:
            raise ValueError("The log is stored as plain JSON; unset COMPRESSOR_TOPIC, CIPHER_TOPIC and CIPHER_KEY.")
        super().__init__(transcoder)
        self._shapes = {topic: _shape(kind) for topic, kind in self.topics.items()}

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """
        Raises:
            TypeError: the class is not among the topics, so the event could never be read again.
        """
        kind = cast(type[Event], type(domain_event))
        shape = self._shapes.get(kind.TOPIC)
        if shape is None or shape.kind is not kind:
            raise TypeError(f"{kind.__qualname__} is missing in infrastructure.event_store.topics")
        state = dict(zip(shape.fields, shape.values(domain_event), strict=True))
        for header in _OPTIONAL_HEADERS:
            if state[header] is None:
                del state[header]
        if kind.class_version > 1:
            state[_VERSION] = kind.class_version
        return StoredEvent(domain_event.originator_id, domain_event.originator_version, kind.TOPIC, _encode(state))

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """
        Raises:
            UnknownTopic, WrittenLater: a later version wrote it.
            UnreadableEvent: the bytes are garbled, or do not fit the class.
        """
        topic = stored_event.topic
        shape = self._shapes.get(topic)
        if shape is None:
            unknown = _problem(stored_event, EventProblem.UNKNOWN_TOPIC)
            raise UnknownTopic(unknown, session_id=_session_of(stored_event))
        try:
            event = _decode(shape, stored_event.state)
        except _OfLaterVersion as error:
            later = _problem(stored_event, EventProblem.LATER_VERSION, error.version)
            raise WrittenLater(later, session_id=_session_of(stored_event)) from error
        except Exception as error:  # whatever is wrong with stored bytes, and with the upcast of them
            garbled = _problem(stored_event, EventProblem.GARBLED, _why(error))
            raise UnreadableEvent(garbled, session_id=_session_of(stored_event)) from error
        # Frozen for all other code; the stream and the version are kept in columns of their own.
        vars(event)["originator_id"] = stored_event.originator_id
        vars(event)["originator_version"] = stored_event.originator_version
        return cast(DomainEventProtocol[str], event)


def _shape(kind: type[Event]) -> _Shape:
    names = tuple(field.name for field in fields(kind) if field.name not in _COLUMNS)
    ending = b'"%s":%d}' % (_VERSION.encode(), kind.class_version)
    return _Shape(kind, names, attrgetter(*names), msgspec.json.Decoder(kind), ending)


def _problem(stored: StoredEvent, problem: EventProblem, detail: int | str = "") -> Reason:
    stream = StreamId(str(stored.originator_id))
    return reasons.event_not_readable(stream, stored.originator_version, stored.topic, problem, detail)


def _why(error: Exception) -> str:
    """The decoder's message names a field and never a value of free text; an upcast's message may quote one."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, msgspec.MsgspecError | UnicodeDecodeError) else name


def _session_of(stored: StoredEvent) -> SessionId | None:
    """The session of the event, even if nothing but its stream can be read."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if said := _HEADER_DECODER.decode(stored.state).session_id:
            return said
    return session_of_stream(str(stored.originator_id))


def _encode(state: dict[str, Any]) -> bytes:
    try:
        return _ENCODER.encode(state)
    except UnicodeEncodeError:
        return _ENCODER.encode(_storable(msgspec.to_builtins(state)))


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case dict():
            return {_storable(key): _storable(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_storable(inner) for inner in value]
        case _:
            return value


def _decode(shape: _Shape, state: bytes) -> Event:
    kind = shape.kind
    is_of_the_first = kind.class_version == 1 and _VERSION_MARK not in state
    if is_of_the_first or (kind.class_version > 1 and state.endswith(shape.ending)):
        return shape.decoder.decode(state)
    raw: dict[str, Any] = msgspec.json.decode(state)
    written = raw.pop(_VERSION, 1)
    if written > kind.class_version:
        raise _OfLaterVersion(written)
    for version in range(written, kind.class_version):
        upcast: Callable[[dict[str, Any]], None] = getattr(kind, f"upcast_v{version}_v{version + 1}")
        upcast(raw)
    return msgspec.convert(raw, kind)
