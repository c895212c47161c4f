"""The merchant's own projections: entry points of installed packages, as docs/projections.md shows."""

from collections.abc import Sequence

from application.reading.projection import Projection
from application.reading.registry import PROJECTIONS
from infrastructure.entry_points import NotLoaded, load_all
from infrastructure.event_store.topics import TOPICS

GROUP = "checkout_fulfillment.projections"


def own_projections() -> Sequence[Projection]:
    """Every projection that an installed package offers, in the order of their names.

    Raises:
        NotLoaded: one does not load, is no `Projection`, reads a topic that no event has, or its name can't be used.
    """
    taken = frozenset(projection.name for projection in PROJECTIONS)
    own = load_all(GROUP, "projection", taken, _projection, "be a `Projection`")
    for name, projection in own.items():
        if projection.name != name:
            raise NotLoaded(
                f"The projection '{name}' has another name, '{projection.name[:60]}', in its code. "
                "Give both the same name."
            )
        for topic in sorted((projection.reads or frozenset()) - TOPICS.keys()):
            raise NotLoaded(
                f"The projection '{name}' reads '{topic[:60]}', which no event has as its topic. "
                "Use `topics(...)` with classes of events."
            )
    return [own[name] for name in sorted(own)]


def _projection(found: object) -> Projection | None:
    return found if isinstance(found, Projection) else None
