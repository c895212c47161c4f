"""Chooses the effects that a worker tries to claim next. The view gives only hints: the claim in the log decides."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from application.ports import WorkerLocks
from application.reading.due_effects import DueEffect, DueEffects
from application.running.effect_kinds import EffectKind
from application.threads import Threads
from domain.effect import LEFT_TO_OTHERS
from domain.identifiers import EffectId

_DUE_MAX = 500
_CLAIMED_MIN, _CLAIMED_TIMES = 64, 4
_LOOK_AROUND_SECONDS = 1.0
_AHEAD_SECONDS = 60.0
"""The pause before an effect whose time was set by a clock that was ahead. Without it, a server with such a clock and
one with a right clock would attempt it in turns, each at once, until no attempt is left."""

_LOST_SECONDS = 5.0
"""The time for which a claim in our name must exist before it counts as lost: the view may be behind by a moment."""

_FirstSeen = Mapping[tuple[str, datetime | None], float]
"""By effect and due time, the moment when we first saw it, by our own timer."""


class Candidates:
    def __init__(self, kinds: Mapping[str, EffectKind], due: DueEffects, locks: WorkerLocks, threads: Threads) -> None:
        self._kinds = kinds
        self._due = due
        self._locks = locks
        self._threads = threads
        self._looked_around_at = float("-inf")
        self._neglected: Sequence[DueEffect] = ()
        """Effects that no worker carries out, as of the last look, and that are not chosen yet."""
        self._unknown_since: _FirstSeen = {}
        """When we first saw each due and free effect of an unknown kind. By our own timer: the process that set its
        time may have another clock, and ours may be set meanwhile."""
        self._ahead_since: _FirstSeen = {}
        """The same for effects whose time only a clock that was ahead can have set."""
        self._idle_claims_since: _FirstSeen = {}
        """The same for effects that are claimed in our name without being in hand."""
        self._in_hand: dict[str, str] = {}
        """By effect, its kind, from the claim until the outcome is stored."""
        self._set_aside: set[str] = set()
        self.in_doubt: set[str] = set()
        """Effects that may be claimed in our name without our knowledge, since the store failed during the claim."""
        self._lock = threading.Lock()

    @property
    def has_any_in_hand(self) -> bool:
        return bool(self._in_hand)

    def choose(self, worker: str, now: datetime, *, looks_around: bool) -> list[DueEffect]:
        """Choose due and free effects, as long as their kinds have room.

        Effects orphaned by other workers come first; otherwise they would wait while any other effect is due. They
        are looked up once a second, or, with `looks_around`, every time."""
        if looks_around or self._threads.monotonic() - self._looked_around_at >= _LOOK_AROUND_SECONDS:
            self._looked_around_at = self._threads.monotonic()
            self._neglected = self._look_around(worker, now)
        chosen = self._take([*self._neglected, *self._free(now)])
        chosen_ids = {hint.effect_id for hint in chosen}
        self._neglected = [hint for hint in self._neglected if hint.effect_id not in chosen_ids]
        return chosen

    def let_go(self, effect_ids: Iterable[str]) -> None:
        with self._lock:
            for id in effect_ids:
                self._in_hand.pop(id, None)

    def set_aside(self, effect_id: EffectId) -> int:
        """Do not choose this effect again until a restart; `fulfill queue` lists it then. Return the number of such
        effects."""
        self._set_aside.add(effect_id)
        return len(self._set_aside)

    def _take(self, hints: Sequence[DueEffect]) -> list[DueEffect]:
        with self._lock:
            in_hand = Counter(self._in_hand.values())
            chosen = []
            for hint in hints:
                kind = self._kinds.get(hint.kind)
                if hint.effect_id in self._set_aside:
                    continue
                if hint.effect_id in self._in_hand or (kind and in_hand[hint.kind] >= _claimed_max(kind)):
                    continue
                in_hand[hint.kind] += 1
                self._in_hand[hint.effect_id] = hint.kind
                chosen.append(hint)
        return chosen

    def _free(self, now: datetime) -> Sequence[DueEffect]:
        """Return unclaimed effects of each kind that has room."""
        with self._lock:
            in_hand = Counter(self._in_hand.values())
        found: list[DueEffect] = []
        for name, kind in self._kinds.items():
            if in_hand[name] < _claimed_max(kind):
                # more than needed, since the view may still list what was claimed here
                found += self._due.free(name, now, _claimed_max(kind) + len(self._set_aside))
        return found

    def _look_around(self, worker: str, now: datetime) -> Sequence[DueEffect]:
        due = self._due.due(now, _DUE_MAX + len(self._set_aside))
        others = {hint.worker for hint in due if hint.worker not in {None, worker}}
        at_work = {other for other in others if other and self._locks.is_at_work(other)}
        neglected = [hint for hint in due if hint.worker not in at_work]
        self._unknown_since = self._first_seen(self._unknown_since, neglected, self._is_unknown)
        self._ahead_since = self._first_seen(self._ahead_since, neglected, lambda hint: self._is_ahead(hint, now))
        self._idle_claims_since = self._first_seen(
            self._idle_claims_since, neglected, lambda hint: self._is_idle(hint, worker)
        )
        return [
            hint
            for hint in neglected
            if self._is_orphaned(hint, worker)
            or self._is_seen_for(_AHEAD_SECONDS, self._ahead_since, hint)
            or self._is_seen_for(LEFT_TO_OTHERS.total_seconds(), self._unknown_since, hint)
        ]

    def _is_orphaned(self, hint: DueEffect, worker: str) -> bool:
        """True if the worker that claimed it is gone, or it is a lost claim of ours."""
        is_claimed = hint.worker is not None and hint.kind in self._kinds
        return is_claimed and (hint.worker != worker or self._is_lost(hint))

    def _is_idle(self, hint: DueEffect, worker: str) -> bool:
        return hint.worker == worker and hint.effect_id not in self._in_hand

    def _is_lost(self, hint: DueEffect) -> bool:
        """True if the store has a claim of ours that we do not know of: the store failed during the claim, or it has
        lost the outcome, as a standby that was behind. A stale row is gone when the view has caught up."""
        return hint.effect_id in self.in_doubt or self._is_seen_for(_LOST_SECONDS, self._idle_claims_since, hint)

    def _is_unknown(self, hint: DueEffect) -> bool:
        return hint.kind not in self._kinds

    def _is_ahead(self, hint: DueEffect, now: datetime) -> bool:
        """True if only a clock that was ahead can have set its time."""
        return hint.worker is None and hint.kind in self._kinds and hint.since is not None and hint.since > now

    def _first_seen(
        self, before: _FirstSeen, hints: Sequence[DueEffect], is_meant: Callable[[DueEffect], bool]
    ) -> _FirstSeen:
        """Return when each of these hints was first seen, if every look since has seen it."""
        now = self._threads.monotonic()
        meant = [(hint.effect_id, hint.since) for hint in hints if is_meant(hint)]
        return {each: before.get(each, now) for each in meant}

    def _is_seen_for(self, seconds: float, first_seen: _FirstSeen, hint: DueEffect) -> bool:
        since = first_seen.get((hint.effect_id, hint.since))
        return since is not None and self._threads.monotonic() - since >= seconds


def _claimed_max(kind: EffectKind) -> int:
    """Return how many effects of a kind may be claimed: more than are called at a time, so that no call waits for the
    log."""
    return max(_CLAIMED_MIN, _CLAIMED_TIMES * kind.concurrency)
