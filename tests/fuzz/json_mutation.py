"""Changes of JSON that leave it JSON, which changes of bytes rarely do."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any

from fuzz.target import BytesMutator, Mutator

_VALUES: Sequence[Any] = (
    None, True, False, 0, 1, -1, 2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**30, 1.5, 1e308, 253_370_764_800,
    "", " ", "x", "\0", "\u202e", "\ud800", "😀", "a\r\nb: c", "é" * 300, "x" * 2000, "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-23:59", "cs_live_a1", "cs_test_" + "a" * 201, "evt_", "unpaid", "paid", "complete",
    "eur", "jpy", "kwd", "xxx", "setup", "subscription", "no_payment_required", "a@b", "@", "=?utf-8?q?=0d=0a?=",
    [], {}, [[]], {"": ""}, {"id": None},
)  # fmt: skip
_BYTES_SHARE = 0.15
_CHANGES_MAX = 3

Path = tuple[Any, Any]
"""A list or an object, and a position or a name in it."""


def json_mutator(separator: bytes = b"", part: int = 0) -> Mutator:
    """Changes the JSON in a part of the input, of those that the separator makes; sometimes the bytes of all of it."""

    def mutate(data: bytes, size_max: int, seed: int, mutate_bytes: BytesMutator) -> bytes:
        random = Random(seed)
        parts = data.split(separator, part) if separator else [data]
        if random.random() < _BYTES_SHARE or len(parts) <= part:
            return mutate_bytes(data, size_max)
        try:
            document = json.loads(parts[part])
        except (ValueError, RecursionError):
            return mutate_bytes(data, size_max)
        for _ in range(random.randint(1, _CHANGES_MAX)):
            document = _changed(document, random)
        changed = (separator or b"").join([*parts[:part], _encoded(document, random)])
        return changed if len(changed) <= size_max else mutate_bytes(data, size_max)

    return mutate


def _changed(document: Any, random: Random) -> Any:
    places = list(_places(document))
    if not places:
        return deepcopy(random.choice(_VALUES))
    holder, key = random.choice(places)
    random.choice(_CHANGES)(holder, key, random)
    return document


def _places(value: Any) -> "list[Path]":
    found: list[Path] = []
    waiting = [value]
    while waiting and len(found) < 1000:
        holder = waiting.pop()
        if isinstance(holder, dict | list):
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            found += [(holder, key) for key in keys]
            waiting += [holder[key] for key in keys]
    return found


def _replace(holder: Any, key: Any, random: Random) -> None:
    holder[key] = deepcopy(random.choice(_VALUES))  # never one list or object at two places


def _remove(holder: Any, key: Any, random: Random) -> None:
    del holder[key]


def _twice(holder: Any, key: Any, random: Random) -> None:
    """Another of it: at the end of a list, under another name in an object."""
    copied = json.loads(json.dumps(holder[key]))
    if isinstance(holder, list):
        holder.append(copied)
    else:
        holder[random.choice([f"{key}2", "", "id", "object"])] = copied


def _nudge(holder: Any, key: Any, random: Random) -> None:
    value = holder[key]
    if isinstance(value, str):
        at = random.randint(0, len(value))
        holder[key] = value[:at] + random.choice(["", " ", "_", "\n", "\u0130", "\udc00", value]) + value[at:]
    elif isinstance(value, int):
        holder[key] = random.choice([-value, value + 1, value * 1000, str(value), float(value % 2**53)])


def _exchange(holder: Any, key: Any, random: Random) -> None:
    other = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    holder[key], holder[other] = holder[other], holder[key]


_CHANGES: Sequence[Callable[[Any, Any, Random], None]] = (_replace, _remove, _twice, _nudge, _exchange)


def _encoded(document: Any, random: Random) -> bytes:
    """In ASCII with escapes, or in UTF-8 as it is: with halves of characters, which is none. White space around it."""
    text = json.dumps(document, ensure_ascii=random.random() < 0.7)
    before, after = random.choices(["", " ", "\r\n", "\ufeff"], [30, 2, 1, 1], k=2)
    return f"{before}{text}{after}".encode("utf-8", "surrogatepass")
