"""The projector keeps every view at the end of the log, with one reader for all of them.

Several projectors may run at the same time, in this process or in others: a batch moves a view only from the position
at which it was read, so no event is folded twice.
"""

from collections.abc import Callable, Sequence

from application.reading.following import Following, ReadableLog, fold_batch
from application.reading.mending import Mending
from application.reading.projection import Projection
from application.reading.registry import PROJECTIONS
from application.reading.views import Overtaken, View, Views, ViewState
from application.reading.void import empty_void_among, empty_void_views

BATCH_MAX = 1000
_BATCHES_FAR_BEHIND = 5
"""Up to here a view is brought up to date without pauses, since effects wait for it."""


class Projector:
    def __init__(
        self,
        log: ReadableLog,
        views: Views,
        projections: Sequence[Projection] = PROJECTIONS,
        *,
        batch_max: int = BATCH_MAX,
        makes_views: bool = True,
        mends: bool = True,
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        """With `makes_views=False`, views are created elsewhere (`prepare`); this projector only updates existing ones.
        With `mends=True`, it rebuilds a view that left out events which this version can read. `pause` is called before
        each event that a view far behind takes in."""
        self._log = log
        self._views = views
        self.projections = projections
        self._batch_max = batch_max
        self._pause = pause
        self._makes_views = makes_views
        self._mending = Mending(log, views) if mends else None

    def check(self) -> Sequence[View]:
        """Empty every view of another log before it is read or written. Return the emptied views.

        Raises:
            PersistenceError: the log or the views can't be used.
        """
        return empty_void_views(self._log.store, self._views)

    def prepare(self) -> None:
        """Create every missing view, and those that will replace views of older versions."""
        self.check()
        while True:
            try:
                self._find(self._views.all(), replaces_settings=False)
                return
            except Overtaken:
                pass  # another process did part of it: look again what is left

    def turn(self) -> bool:
        """Follow the log for one batch, and replace views that were folded with other settings. Return False if no view
        had anything to follow.

        Raises:
            PersistenceError: the log could not be read.
        """
        return self._turn(replaces_settings=True)

    def _turn(self, *, replaces_settings: bool) -> bool:
        try:
            known, end = self._views.all(), self._end()
            if empty_void_among(known, self._log.store, self._views):
                return True
            live, building = self._find(known, replaces_settings=replaces_settings)
            # One batch each, so that building a view from a long log does not delay the views that people read.
            did = [self._follow(group, end) for group in _by_position(live)]
            did += [self._build(each, end) for each in building]
            return any(did)
        except Overtaken:
            return True

    def catch_up(self, until: int | None = None) -> None:
        """Bring every view to this position of the log, or to the current end of the log. A view that was folded with
        other settings stays as it is: a command whose environment lacks a setting must not undo the server's work."""
        self.check()
        wanted = self._end() if until is None else until
        while not self._is_at(wanted):
            if not self._turn(replaces_settings=False):
                return

    def _end(self) -> int:
        return self._log.store.max_notification_id() or 0

    def _is_at(self, wanted: int) -> bool:
        """Return True if all live views of ours have reached this position. A process of a later version or with other
        settings updates its own views."""
        live = {view.name: view for view in self._views.all() if view.state is ViewState.LIVE}
        for projection in self.projections:
            view = live.get(projection.name)
            if view is None:
                return False
            if view.version not in projection.serving:
                if view.version < projection.version:
                    return False
            elif view.variant == projection.variant and view.position < wanted:
                return False
        return True

    def _find(self, known: Sequence[View], *, replaces_settings: bool) -> tuple[list[Following], list[Following]]:
        """Return the views to update: those that serve, and those of a later version that will. If a serving view is of
        an older version, the later fold updates it, since the older fold no longer exists."""
        live, building = [], []
        for projection in self.projections:
            own = {view.state: view for view in known if view.name == projection.name}
            serving, successor = own.get(ViewState.LIVE), own.get(ViewState.BUILDING)
            if serving is None:
                if self._makes_views:
                    live.append(Following(projection, self._views.create(projection, ViewState.LIVE)))
                continue
            if serving.version in projection.serving and serving.variant == projection.variant:
                live.append(Following(projection, serving))
            if self._is_to_be_replaced(projection, serving, replaces_settings=replaces_settings):
                successor = self._successor(projection, serving, successor, replaces_settings=replaces_settings)
                if successor is not None:
                    building.append(Following(projection, successor))
        return live, building

    def _is_to_be_replaced(self, projection: Projection, serving: View, *, replaces_settings: bool) -> bool:
        if serving.version != projection.version:
            return serving.version < projection.version
        if serving.variant != projection.variant:
            return replaces_settings
        return self._mending is not None and self._mending.is_due(projection, serving)

    def _successor(
        self, projection: Projection, serving: View, view: View | None, *, replaces_settings: bool
    ) -> View | None:
        """Return the generation that will replace the serving one; None if another process makes or follows it."""
        if view is not None and view.version > projection.version:
            return None
        if view is not None and view.version == projection.version:
            if view.variant == projection.variant:
                return view
            if not replaces_settings:
                return None
        if serving.version < projection.version and not self._makes_views:
            return None
        if view is not None:
            self._views.drop(view)
        return self._views.create(projection, ViewState.BUILDING)

    def _follow(self, following: Sequence[Following], end: int) -> bool:
        """Bring views with the same position one batch further. Return False if they are at the end."""
        start = following[0].view.position
        read = self._log.read(start, self._batch_max, end)
        if not read:
            return False
        is_far_behind = end - start > _BATCHES_FAR_BEHIND * self._batch_max
        pause = self._pause if is_far_behind else _no_pause
        self._views.apply(fold_batch(read, following, read[-1].anchor, self._views, pause))
        return True

    def _build(self, building: Following, end: int) -> bool:
        """Continue building a view; at the end of the log, switch to it."""
        if not self._follow([building], end):
            self._views.switch(building.view)
        return True


def _no_pause() -> None:
    pass


def _by_position(live: Sequence[Following]) -> list[list[Following]]:
    """Group views by position, since the log is read once for each group. A new view that is far behind is alone."""
    groups: dict[int, list[Following]] = {}
    for each in live:
        groups.setdefault(each.view.position, []).append(each)
    return list(groups.values())
