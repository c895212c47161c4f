"""docs/events.md names every event class and every field, and marks what is personal: nothing less, nothing more."""

import re
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from event_classes import AGGREGATES, event_classes
from reason_samples import parameters

from domain.event import Aggregate, Event
from domain.mail import MailKind
from domain.park_reason import ParkReason
from domain.personal import Personal
from domain.reason import ReasonCode
from domain.source import Source

DOC = Path(__file__).parents[2] / "docs" / "events.md"
EVENT_CLASSES = [each for aggregate in AGGREGATES for each in event_classes(aggregate)]
HEADERS = {field.name for field in fields(Event)}

MARK = "**personal**"


@cache
def sections() -> dict[str, str]:
    """The text under each heading, by the heading without its marks."""
    parts = re.split(r"^#{2,3} (.+)$", DOC.read_text(), flags=re.MULTILINE)[1:]
    return {heading.strip("` "): text for heading, text in zip(parts[::2], parts[1::2], strict=True)}


def rows(heading: str) -> dict[str, str]:
    """The text of a section's table about each field."""
    return dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", sections().get(heading, ""), flags=re.MULTILINE))


def types_in(annotation: Any) -> set[type]:
    """The classes that a type names, through unions, tuples and mappings."""
    inner = get_args(annotation)
    if inner:
        return {kind for each in inner for kind in types_in(each)}
    return {annotation} if isinstance(annotation, type) else set()


@cache
def hints(kind: type) -> dict[str, Any]:
    own = {field.name for field in fields(kind)}
    return {name: hint for name, hint in get_type_hints(kind).items() if name in own}


@cache
def is_personal(kind: type) -> bool:
    """Whether a value of this class is, or can have in it, personal data."""
    if kind is Personal:
        return True
    inner = {each for hint in hints(kind).values() for each in types_in(hint)} if is_dataclass(kind) else set()
    return any(is_personal(each) for each in inner if each is not kind)


def values() -> list[type]:
    """The classes of values that events are made of, however deep."""
    found: dict[str, type] = {}
    queue: list[type] = list(EVENT_CLASSES)
    while queue:
        for hint in hints(queue.pop()).values():
            for each in types_in(hint):
                if is_dataclass(each) and each is not Personal and each.__name__ not in found:
                    found[each.__name__] = each
                    queue.append(each)
    return list(found.values())


DESCRIBED = [
    pytest.param(kind, kind.TOPIC, {field.name for field in fields(kind)} - HEADERS, id=kind.TOPIC)
    for kind in EVENT_CLASSES
] + [
    pytest.param(Event, "On every event", HEADERS, id="every event"),
    *(pytest.param(kind, kind.__name__, set(hints(kind)), id=kind.__name__) for kind in values()),
]
each_class = pytest.mark.parametrize(("kind", "heading", "names"), DESCRIBED)


@each_class
def test_every_class_is_described_with_all_of_its_fields(kind: type, heading: str, names: set[str]) -> None:
    assert heading in sections(), f"docs/events.md has no heading for {heading}"
    assert set(rows(heading)) == names, f"docs/events.md does not describe {heading} as it is"


@each_class
def test_what_is_personal_is_marked(kind: type, heading: str, names: set[str]) -> None:
    marked = {name for name, text in rows(heading).items() if MARK in text}
    personal = {name for name in names if any(is_personal(each) for each in types_in(hints(kind)[name]))}

    assert marked == personal


@pytest.mark.parametrize(
    ("heading", "field", "values_of"),
    [
        ("CheckoutSession.Retrieved", "source", Source),
        ("CheckoutSession.Parked", "why", ParkReason),
        ("Mail", "kind", MailKind),
    ],
)
def test_every_value_of_an_enum_of_ours_is_named(heading: str, field: str, values_of: type[StrEnum]) -> None:
    assert {f"`{value}`" for value in values_of} <= set(re.findall(r"`\w+`", rows(heading)[field]))


def test_every_code_of_a_reason_is_named_with_its_parameters() -> None:
    table = re.findall(r"^\| `(\w+)` \| (.*?) ?\| ", sections()["Reason codes"], flags=re.MULTILINE)

    assert {code: re.findall(r"\w+", named) for code, named in table} == {code: parameters(code) for code in ReasonCode}


@pytest.mark.parametrize("kind", EVENT_CLASSES, ids=lambda kind: kind.TOPIC)
def test_it_is_documented_when_every_event_is_recorded(kind: type[Event]) -> None:
    assert re.search(r"\b[Rr]ecorded\b", sections()[kind.TOPIC])


@pytest.mark.parametrize("aggregate", AGGREGATES, ids=lambda aggregate: aggregate.__name__)
def test_every_aggregates_stream_is_named(aggregate: type[Aggregate[Any]]) -> None:
    assert "Stream: " in sections()[aggregate.__name__]


def test_no_event_is_described_that_there_is_not() -> None:
    described = {heading for heading in sections() if "." in heading}

    assert described == {kind.TOPIC for kind in EVENT_CLASSES}


def test_every_link_leads_to_a_heading() -> None:
    anchors = {heading.lower().replace(" ", "-") for heading in sections()}

    assert set(re.findall(r"\]\(#([^)]+)\)", DOC.read_text())) <= anchors
