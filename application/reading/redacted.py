"""Hides personal data: each marked text is replaced before anything is computed from it."""

import dataclasses
from typing import Any, TypeVar, cast

from domain.personal import Personal

T = TypeVar("T")

HIDDEN = Personal("[redacted]")
"""The text in the place of a personal text."""


def redacted(value: T) -> T:
    """Return the value with every `Personal` in it replaced, however deep. Keys of mappings are no personal data."""
    return cast(T, _redacted(value))


def _redacted(value: Any) -> Any:
    if isinstance(value, Personal):
        return HIDDEN
    if isinstance(value, tuple):
        return tuple(map(_redacted, value))
    if isinstance(value, dict):
        return {key: _redacted(inner) for key, inner in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _redacted(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)
    return value
