"""The settings by which this process decides, compared with those of the last server that led.

A policy decides once, permanently, with the settings of the process that leads. A server that begins to lead leaves
digests of its settings in the log's bookkeeping. A command of staff leads only where no server does, and only if its
own settings have the same digests: a shell may have another catalog, or none.
"""

import hashlib
from collections.abc import Mapping, Sequence

THE_CATALOG = "the catalog"
OWN_DELIVERIES = "the deliveries of your own"
THE_POLICIES = "the policies"

Terms = Mapping[str, int]
"""Digests of settings by their names. A digest is a whole number of 63 bits, which reveals nothing about a secret."""


def terms(settings: Mapping[str, str]) -> Terms:
    return {name: _digest(name, value) for name, value in settings.items()}


def differing(ours: Terms, last: Terms) -> Sequence[str]:
    """Return the names of the settings that differ. A setting that only one of two versions knows does not count."""
    return [name for name, digest in ours.items() if last.get(name, digest) != digest]


def _digest(name: str, value: str) -> int:
    hashed = hashlib.sha256(f"fulfill leads by {name}: {value}".encode()).digest()
    return int.from_bytes(hashed[:8]) >> 1
