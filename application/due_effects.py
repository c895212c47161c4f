"""Which effects are due, as the view of them says. Only a hint: the claim in the log decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.projections.due_effects import DUE_EFFECTS
from application.projections.projection import rfc3339
from application.views import AtMost, Filter, IsSet, Selection, ViewNotBuilt, Views


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEffect:
    effect_id: str
    kind: str
    session_id: str
    due_at: datetime
    worker: str | None
    """Who has claimed it."""


class DueEffects:
    """The effects that are still to be done. While the view is being built there seem to be none."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def due(self, now: datetime, limit: int) -> Sequence[DueEffect]:
        """Those whose time has come, oldest first, whoever may have claimed them."""
        return self._select(AtMost("due_at", rfc3339(now)), limit)

    def next_due_at(self) -> datetime | None:
        """When the first of them is due, or was."""
        return next((effect.due_at for effect in self._select(IsSet("due_at"), 1)), None)

    def _select(self, where: Filter, limit: int) -> Sequence[DueEffect]:
        selection = Selection(projection=DUE_EFFECTS, where=[where], order_by=["due_at", "effect_id"], limit=limit)
        try:
            rows = self._views.select(selection)
        except ViewNotBuilt:
            return []
        return [
            DueEffect(
                effect_id=str(row["effect_id"]),
                kind=str(row["kind"]),
                session_id=str(row["session_id"]),
                due_at=datetime.fromisoformat(str(row["due_at"])),
                worker=None if row["worker"] is None else str(row["worker"]),
            )
            for row in rows
        ]
