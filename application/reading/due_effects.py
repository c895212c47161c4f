"""The due effects, read from their view. They are only hints: the claim in the log decides."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from application.reading.projection import Row, rfc3339
from application.reading.projections.due_effects import AT_ONCE, DUE_EFFECTS
from application.reading.views import Above, AtMost, Equal, Filter, Selection, ViewNotBuilt, Views
from domain.effect import LONGEST_WAIT
from domain.identifiers import EffectId, SessionId, stored_effect_id, stored_session_id

_KINDS_MAX = 100
"""An upper bound: the built-in kinds, and all kinds of the merchant's own so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEffect:
    effect_id: EffectId
    kind: str
    session_id: SessionId
    position: int
    """The position of the request, or of the retry that a person asked for. The first request comes first."""
    since: datetime | None
    """The time since which it is due, by the clock of the process that recorded it. None in rows of an older version of
    the view."""
    worker: str | None
    """The worker that has claimed it; None if it is free."""


class DueEffects:
    """The effects that are not done yet. While the view is being built, there seem to be none."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def due(self, now: datetime, limit: int) -> Sequence[DueEffect]:
        """Return the due effects, claimed or not, and those whose time is so far ahead that only a wrong clock can have
        set it: of each kind about `limit`, the oldest first.

        Each kind has its own limit, so no kind waits behind another: a service that does not answer delays no mail.
        """
        too_late = Above("due_at", rfc3339(now + LONGEST_WAIT))
        found: list[DueEffect] = []
        try:
            for kind in self._kinds():
                found += self._select(kind, now, limit)
                found += self._oldest([Equal("kind", kind), too_late], limit)
        except ViewNotBuilt:
            return []
        return sorted(found, key=lambda effect: effect.position)

    def free(self, kind: str, now: datetime, limit: int) -> Sequence[DueEffect]:
        """Return the due effects of this kind that no worker has claimed: new effects and retries by turns, so that
        neither waits for the other. At most `limit` of each, the oldest first."""
        try:
            return self._select(kind, now, limit, Equal("worker", None))
        except ViewNotBuilt:
            return []

    def _select(self, kind: str, now: datetime, limit: int, *more: Filter) -> list[DueEffect]:
        new = self._oldest([Equal("kind", kind), Equal("due_at", AT_ONCE), *more], limit)
        timed = [Equal("kind", kind), Above("due_at", AT_ONCE), AtMost("due_at", rfc3339(now)), *more]
        by_turns = zip_longest(new, self._oldest(timed, limit))
        return [each for pair in by_turns for each in pair if each is not None]

    def _oldest(self, where: Sequence[Filter], limit: int) -> Iterable[DueEffect]:
        oldest = Selection(projection=DUE_EFFECTS, where=where, order_by=["due_at", "position"], limit=limit)
        return map(_due_effect, self._views.select(oldest))

    def _kinds(self) -> Iterator[str]:
        """Yield the kinds one by one through the index, since there are few kinds and may be many effects."""
        kind = ""
        for _ in range(_KINDS_MAX):
            next_one = Selection(projection=DUE_EFFECTS, where=[Above("kind", kind)], order_by=["kind"], limit=1)
            rows = self._views.select(next_one)
            if not rows:
                return
            kind = str(rows[0]["kind"])
            yield kind


def _due_effect(row: Row) -> DueEffect:
    since = row["asked_at"] if row["due_at"] == AT_ONCE else row["due_at"]
    return DueEffect(
        effect_id=stored_effect_id(str(row["effect_id"])),
        kind=str(row["kind"]),
        session_id=stored_session_id(str(row["session_id"])),
        position=int(row["position"] or 0),
        since=None if since is None else datetime.fromisoformat(str(since)),
        worker=None if row["worker"] is None else str(row["worker"]),
    )
