"""Hides personal data: each marked text is replaced before anything is computed from it.

The ID of a session is none by itself, but it opens the customer's landing page. Rows and events are found by it, so it
is replaced last, in what is printed.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from domain.identifiers import stored_session_id
from domain.order_number import order_number
from domain.personal import Personal

T = TypeVar("T")
_SESSION = re.compile(r"cs_(?:test|live)_[A-Za-z0-9]+")

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


def without_sessions(text: str) -> str:
    """Return the text with order numbers in the place of session IDs. A command takes either; the order number opens no
    page, and no ID can be computed from it."""
    return _SESSION.sub(lambda found: order_number(stored_session_id(found[0])), text)


def document_without_sessions(document: object) -> object:
    """Return a JSON document with order numbers in the place of session IDs, however deep."""
    if isinstance(document, str):
        return without_sessions(document)
    if isinstance(document, Mapping):
        return {key: document_without_sessions(value) for key, value in document.items()}
    if isinstance(document, list | tuple | set | frozenset):
        return [document_without_sessions(each) for each in document]
    return document
