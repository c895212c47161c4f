"""A reason as one text, where a store keeps reasons outside of events."""

import json
from collections.abc import Mapping

from application.text.storable import storable
from domain.former_sentences import reason_of
from domain.reason import Reason
from domain.reasons import restored

_BEGINNING = '{"code": '


def as_text(reason: Reason) -> str:
    """Return the reason as a JSON object that every store can hold."""
    return json.dumps({"code": reason.code.value, "parameters": _storable(reason.parameters)}, ensure_ascii=False)


def parameters_as_text(reason: Reason) -> str:
    """Return its parameters alone, as a JSON object that every store can hold."""
    return json.dumps(_storable(reason.parameters), ensure_ascii=False, sort_keys=True)


def from_text(text: str) -> Reason:
    """Return the reason; `text` may also be the sentence that an earlier version stored instead."""
    if not text.startswith(_BEGINNING):
        return reason_of(text)
    stored = json.loads(text)
    return restored(stored["code"], stored["parameters"])


def _storable(parameters: Mapping[str, str]) -> Mapping[str, str]:
    return {name: storable(value) for name, value in parameters.items()}
