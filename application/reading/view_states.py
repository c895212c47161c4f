"""How far each view has come, and which views lack events."""

from collections.abc import Sequence

from application.reading.answers import IncompleteView, ProjectionStatus
from application.reading.projection import Projection
from application.reading.views import View, Views, ViewState

_FAILED = "failed"


def incomplete_views(views: Views, *projections: Projection) -> list[IncompleteView]:
    """Return the live views of these projections, or of all, that left events out."""
    names = {projection.name for projection in projections}
    return [
        IncompleteView(name=view.name, left_out=view.unreadable, position=first.position, error=first.error)
        for view in views.all()
        if view.state is ViewState.LIVE and view.unreadable and (not names or view.name in names)
        for first in views.unreadable(view)[:1]
    ]


def projection_statuses(views: Views, projections: Sequence[Projection]) -> list[ProjectionStatus]:
    """Return each generation of each view, and a `building` status for each of `projections` that has no view."""
    found = views.all()
    missing = [each for each in projections if each.name not in {view.name for view in found}]
    return sorted([*map(_status, found), *map(_not_begun, missing)], key=lambda status: status.name)


def _status(view: View) -> ProjectionStatus:
    is_failed = view.unreadable > 0 and view.state is ViewState.LIVE
    return ProjectionStatus(
        name=view.name,
        version=view.version,
        position=view.position,
        state=_FAILED if is_failed else view.state.value,
        unreadable=view.unreadable,
    )


def _not_begun(projection: Projection) -> ProjectionStatus:
    state = ViewState.BUILDING.value
    return ProjectionStatus(name=projection.name, version=projection.version, position=0, state=state, unreadable=0)
