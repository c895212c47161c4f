"""Every event to plain JSON and back. What can't be read is a named error, whatever is wrong with it."""

import json
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from eventsourcing.persistence import JSONTranscoder, StoredEvent
from hypothesis import example, given
from hypothesis import strategies as st
from sample_log import SHOP, sample_log
from typed_ids import as_stream

from application.text.reason_wording import in_words
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.errors import UnreadableEvent
from domain.event import Event
from domain.personal import Personal
from domain.reason import EventProblem
from infrastructure.event_store.codec import JsonMapper, UnknownTopic, WrittenLater
from infrastructure.event_store.topics import TOPICS

MAPPER = JsonMapper(JSONTranscoder())
EVENTS = sample_log()
each_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.TOPIC}-{event.originator_version}")
NOTED = next(event for event in EVENTS if isinstance(event, CheckoutSession.Noted))


def stored(topic: str, state: bytes) -> StoredEvent:
    return StoredEvent(SHOP, 3, topic, state)


def noted(**changes: object) -> StoredEvent:
    state = json.loads(MAPPER.to_stored_event(NOTED).state)
    return stored("CheckoutSession.Noted", json.dumps({**state, **changes}).encode())


def test_the_sample_log_has_every_event_class() -> None:
    assert {type(event) for event in EVENTS} == set(TOPICS.values())


@each_event
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert MAPPER.to_domain_event(MAPPER.to_stored_event(event)) == event


@each_event
def test_an_event_that_was_read_is_stored_in_the_same_bytes(event: Event) -> None:
    once = MAPPER.to_stored_event(event)

    again = MAPPER.to_stored_event(MAPPER.to_domain_event(once))

    assert again == once


@each_event
def test_what_stands_in_columns_of_its_own_is_not_in_the_json(event: Event) -> None:
    state = json.loads(MAPPER.to_stored_event(event).state)

    assert not {"originator_id", "originator_version", "topic"} & set(state)
    assert state.get("class_version", 1) == type(event).class_version


def test_the_stored_json_is_plain_and_personal_data_is_an_object_of_its_own() -> None:
    event = CheckoutSession.Noted(text=Personal("A gift"), actor="staff:kim", reason=Personal("asked by phone"))

    assert json.loads(MAPPER.to_stored_event(event).state) == {
        "occurred_at": "0001-01-01T00:00:00Z",
        "recorded_at": "0001-01-01T00:00:00Z",
        "actor": "staff:kim",
        "reason": {"text": "asked by phone"},
        "text": {"text": "A gift"},
    }


def test_no_personal_text_stands_outside_its_object() -> None:
    def open_texts(value: object) -> list[str]:
        if isinstance(value, dict):
            return [] if set(value) == {"text"} else [text for each in value.values() for text in open_texts(each)]
        if isinstance(value, list):
            return [text for each in value for text in open_texts(each)]
        return [value] if isinstance(value, str) else []

    personal = {"Zoé O'Example", "Zoe@Example.com", "+4930000", "1 Example Road", "AAAA-1111", "For you", "A gift"}
    for event in EVENTS:
        texts = open_texts(json.loads(MAPPER.to_stored_event(event).state))
        assert not personal & set(texts), event.TOPIC


def test_an_unknown_topic_is_named() -> None:
    with pytest.raises(UnknownTopic) as unreadable:
        MAPPER.to_domain_event(stored("Parcel.Lost", b"{}"))

    problem = EventProblem.UNKNOWN_TOPIC
    assert unreadable.value.reason == reasons.event_not_readable(as_stream(SHOP), 3, "Parcel.Lost", problem)


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b'{"text": {"text": "\xff"}}',
        b'{"text": "\xff"',
        b"[" * 2_000,
        b'{"a":' + b"[" * 2_000,
        b"{}",
    ],
    ids=repr,
)
def test_garbled_bytes_are_a_named_error(state: bytes) -> None:
    with pytest.raises(UnreadableEvent) as unreadable:
        MAPPER.to_domain_event(stored("CheckoutSession.Noted", state))

    assert in_words(unreadable.value.reason).startswith(f"Event 3 of {SHOP}, CheckoutSession.Noted, can't be read: ")


@given(data=st.data())
def test_whatever_bytes_are_stored_they_are_read_or_named(data: st.DataObject) -> None:
    kept = MAPPER.to_stored_event(data.draw(st.sampled_from(EVENTS)))
    at = data.draw(st.integers(0, len(kept.state) - 1))
    garbled = kept.state[:at] + data.draw(st.binary(max_size=3)) + kept.state[at + data.draw(st.integers(0, 3)) :]

    try:
        MAPPER.to_domain_event(replace(kept, state=garbled))
    except UnreadableEvent as error:
        assert kept.topic in str(error)  # noqa: PT017 - both ways are right


@given(text=st.text(alphabet=st.characters(), max_size=20))
@example("\ud800")
@example("a\udfff\ud83d\ude00")
@example("\x00")
def test_any_text_of_a_person_can_be_stored(text: str) -> None:
    kept = MAPPER.to_stored_event(replace(NOTED, text=Personal(text)))

    read = MAPPER.to_domain_event(kept)

    assert isinstance(read, CheckoutSession.Noted)
    assert len(read.text.text.encode()) >= len(text)
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert read.text.text == text
    assert MAPPER.to_stored_event(read) == kept


def test_a_shape_of_a_later_version_is_named_and_not_misread() -> None:
    with pytest.raises(WrittenLater) as unreadable:
        MAPPER.to_domain_event(noted(class_version=2))

    assert unreadable.value.reason == reasons.event_not_readable(
        as_stream(SHOP), 3, "CheckoutSession.Noted", EventProblem.LATER_VERSION, 2
    )


def test_a_field_named_like_the_mark_of_a_version_is_no_mark() -> None:
    (retrieved, *_) = [event for event in EVENTS if isinstance(event, CheckoutSession.Retrieved)]
    marked = replace(retrieved, checkout=replace(retrieved.checkout, metadata={"class_version": Personal("9")}))

    assert MAPPER.to_domain_event(MAPPER.to_stored_event(marked)) == marked


def test_an_event_that_could_not_be_read_again_is_not_stored() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Lost(Event):
        TOPIC: ClassVar[str] = "Parcel.Lost"

    with pytest.raises(TypeError, match="Lost is missing in infrastructure"):
        MAPPER.to_stored_event(Lost())


@pytest.mark.parametrize("setting", ["compressor", "cipher"])
def test_a_compressor_or_cipher_of_the_environment_is_refused_not_left_out(setting: str) -> None:
    with pytest.raises(ValueError, match="The log is stored as plain JSON"):
        JsonMapper(JSONTranscoder(), **{setting: object()})
