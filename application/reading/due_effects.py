"""The effects that are due, by the view of them. Only a hint: the claim in the log decides."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from application.reading.projection import Row, rfc3339
from application.reading.projections.due_effects import AT_ONCE, DUE_EFFECTS
from application.reading.views import Above, AtMost, Equal, Filter, Selection, ViewNotBuilt, Views
from domain.effect import LONGEST_WAIT
from domain.ids import EffectId, SessionId, StreamId

_KINDS_MAX = 100
"""The built-in ones, and the merchant's own that ever were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEffect:
    effect_id: EffectId
    kind: str
    session_id: SessionId
    position: int
    """The position of the request, or of the retry that a person asked for. The first request comes first."""
    since: datetime | None
    """Since when it is due, by the clock of the process that recorded it; None while rows of an older version of the
    view serve, which do not have it."""
    worker: str | None
    """The worker that has claimed it; None if it is free."""


class DueEffects:
    """The effects that are still to be done. While the view is being built there seem to be none."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def due(self, now: datetime, limit: int) -> Sequence[DueEffect]:
        """The effects whose time has come, claimed or not, and those with a time so far away that only a clock that was
        ahead can have set it: of each kind some `limit`, the oldest first.

        By kind, so that no kind waits behind another: a service that does not answer holds up no mail.
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
        """The due effects of this kind that no worker has claimed: new effects and retries by turns, at most `limit` of
        each, the oldest first. So neither waits until there are none of the other.
        """
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
        """One after the other by the index, since there are few of them and may be many effects."""
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
        effect_id=EffectId(StreamId(str(row["effect_id"]))),
        kind=str(row["kind"]),
        session_id=SessionId(StreamId(str(row["session_id"]))),
        position=int(row["position"] or 0),
        since=None if since is None else datetime.fromisoformat(str(since)),
        worker=None if row["worker"] is None else str(row["worker"]),
    )
