"""The interface of a policy: what it reads of the log, and where it begins."""

from collections.abc import Iterable, Mapping, Set
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from domain.event import Event
from domain.streams import Streams


class Begin(StrEnum):
    """Where reading begins in a log that has no position for it."""

    AT_THE_BEGINNING = "at the beginning"
    """With the first event of the log: the policy also decides over everything that happened before."""
    AT_THE_END = "at the end"
    """With the first event that no policy has decided over yet: what happened before stays as it is."""


class Reader(Protocol):
    """What a policy reads of the log, and from where on."""

    @property
    def name(self) -> str: ...

    @property
    def begins(self) -> Begin:
        """Where this policy begins in a log that it has never read."""

    @property
    def reads(self) -> Set[type[Event]]:
        """The kinds of events that it has decided over since its first version. This set never grows: in a log that the
        policy has followed, old events of a new kind would be skipped silently. Add a kind to `further`."""

    @property
    def further(self) -> Mapping[type[Event], Begin]:
        """The kinds of events that later versions added, and where reading each of them begins."""


NOTHING_FURTHER: Mapping[type[Event], Begin] = MappingProxyType({})
"""For a policy that still reads what its first version read."""


class Policy(Reader, Protocol):
    """Decides over one event at a time and keeps no state of its own. It is not asked about other kinds of events."""

    def likely(self, event: Event) -> Iterable[str]:
        """Return the streams that deciding over this event most likely loads, so that one select brings those of many
        events. Above all name streams that are likely missing: a used stream is remembered, a missing one is not."""

    def decide(self, event: Event, do: Streams) -> None: ...
