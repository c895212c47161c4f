"""The unit of work: loads each aggregate once, runs commands that can be undone, and collects all facts for one
insert."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, cast

from application.writing.recent_states import RecentStates
from domain.event import UNSTAMPED, A, Aggregate, Event, replace
from domain.identifiers import SessionId, StreamId, session_of_stream
from domain.personal import Personal

P = ParamSpec("P")

Fetch = Callable[[Sequence[str]], Mapping[str, Iterable[Event] | None]]
"""Returns the events of each of these streams, decoded on demand; None for a stream that is too long for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The actor, the time and the reason: what turns a fact into an event."""

    actor: str
    now: datetime
    cause: str | None = None
    session_id: SessionId | None = None
    reason: Personal | None = None


class UnitOfWork:
    """Implements `domain.streams.Streams`. Commands run within `attempt`."""

    def __init__(self, fetch: Fetch, recent: RecentStates) -> None:
        self._fetch = fetch
        self._recent = recent
        self._is_refreshed = False
        self._events: dict[str, Iterable[Event] | None] = {}
        self._states: dict[str, Aggregate[Any]] = {}
        self._undo: list[tuple[str, Aggregate[Any]]] = []
        self._stamp: Stamp | None = None
        self.pending: list[Event] = []
        """The decided events, in order."""

    @property
    def states(self) -> Iterable[Aggregate[Any]]:
        return self._states.values()

    def refresh(self) -> None:
        """Bring the recent states up to date, once. Without a call, the first use of one does it."""
        if not self._is_refreshed:
            self._recent.refresh()
            self._is_refreshed = True

    def prefetch(self, ids: Iterable[str]) -> None:
        """Read all these streams at once, since one select of many is cheaper than many of one."""
        missing = [id for id in dict.fromkeys(ids) if not self._has(id)]
        if missing:
            self._events.update(self._fetch(missing))

    def _has(self, id: str) -> bool:
        if id in self._states or id in self._events:
            return True
        known = self._known(id)
        if known is not None:
            self._states[id] = known
        return known is not None or self._recent.is_long(id)

    def _known(self, id: str) -> Aggregate[Any] | None:
        self.refresh()
        return self._recent.get(id)

    @contextmanager
    def attempt(self, stamp: Stamp) -> Iterator[None]:
        """Keep all commands within the block, or none if it raises. States are immutable: undo restores references."""
        self._stamp, self._undo, pending = stamp, [], len(self.pending)
        try:
            yield
        except BaseException:
            for id, before in reversed(self._undo):
                self._states[id] = before
            del self.pending[pending:]
            raise
        finally:
            self._stamp = None

    def load(self, kind: type[A], id: StreamId) -> A:
        state = self._states.get(id)
        if state is None:
            state = self._states[id] = self._known(id) or self._replay(kind, id)
        assert isinstance(state, kind), f"stream {id} is not a {kind.__name__}"
        return state

    def _replay(self, kind: type[A], id: StreamId) -> A:
        if id not in self._events and not self._recent.is_long(id):
            self._events.update(self._fetch([id]))
        events = self._events.pop(id, None)
        if events is None:
            return self._recent.long_state(kind, id)
        state = kind(id=id)
        for event in events:
            state = state.evolve(event)
        return state

    def command(
        self,
        kind: type[A],
        id: StreamId,
        decision: Callable[Concatenate[A, P], Sequence[Event]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> A:
        state = before = self.load(kind, id)
        for fact in decision(state, *args, **kwargs):
            event = stamped(fact, cast(Stamp, self._stamp), state.id, state.version + 1)
            state = state.evolve(event)
            self.pending.append(event)
        if state is not before:
            self._undo.append((id, before))
            self._states[id] = state
        return state


def stamped(fact: Event, stamp: Stamp, stream: StreamId, version: int) -> Event:
    """Return the event that records this fact."""
    return replace(
        fact,
        originator_id=stream,
        originator_version=version,
        occurred_at=stamp.now if fact.occurred_at is UNSTAMPED else fact.occurred_at,
        recorded_at=stamp.now,
        actor=stamp.actor,
        cause=stamp.cause,
        reason=stamp.reason,
        session_id=fact.session_id or stamp.session_id or session_of_stream(stream),
    )
