"""After a release with a later version of the view of due effects, work goes on at once, however long the log is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from builders import a_checkout
from fakes.outside import Outside
from log_parts import LogWriter
from older_log import OlderLog
from shop import COMPLETED, Shop
from typed_ids import as_event, as_session, as_stream

from application.reading.projection import Change, Put, narrowed, rfc3339
from application.reading.projections.due_effects import DUE_EFFECTS
from application.reading.projector import BATCH_MAX, Projector
from application.reading.views import View, ViewState
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import Event
from domain.personal import Personal

ASKED_FOR_BEFORE, HEARD_AFTER, NOTED = (
    as_session("cs_test_before"),
    as_session("cs_test_after"),
    as_stream("cs_test_noted"),
)


def first_fold(event: Event, position: int) -> Iterable[Change]:
    """In the first release, what was asked for was due from its recording on."""
    for change in narrowed(DUE_EFFECTS.continues[1], DUE_EFFECTS.changes(event, position)):
        if isinstance(change, Put):
            yield Put({**change.row, "due_at": rfc3339(event.recorded_at)})
        else:
            yield change


FIRST = replace(DUE_EFFECTS, version=1, table=DUE_EFFECTS.continues[1], fold=first_fold, continues={})

Open = Callable[..., Shop]


@dataclass
class Looking(Outside):
    """Looks at the views whenever Stripe is asked."""

    look: Callable[[], list[View]] = list
    seen: dict[str, list[View]] = field(default_factory=dict)

    def retrieve(self, session_id: str) -> Checkout:
        self.seen[session_id] = [view for view in self.look() if view.name == DUE_EFFECTS.name]
        return super().retrieve(session_id)


def as_the_first_release_leaves_it(shop: Shop) -> None:
    """With an effect that is still to be done, more than a batch of the log after it, and the view of that release."""
    shop.hear(COMPLETED, ASKED_FOR_BEFORE, id=as_event("evt_before"), payment_status="paid")
    log, views = shop.runtime.log, shop.runtime.views
    writer = LogWriter()
    writer.add(NOTED, *[CheckoutSession.Noted(text=Personal("a note"))] * BATCH_MAX, session_id=as_session(NOTED))
    log.store.insert_events(log.encode(writer.events))
    shop.runtime.engine.run_until_quiet(effects=False)
    for view in views.all():
        if view.name == DUE_EFFECTS.name:
            views.drop(view)
    Projector(log, views, [FIRST]).catch_up()
    shop.kill()


def test_what_is_due_is_done_while_the_view_of_the_new_version_is_being_built(open_shop: Open) -> None:
    outside = Looking(checkouts={ASKED_FOR_BEFORE: a_checkout(), HEARD_AFTER: a_checkout()})
    as_the_first_release_leaves_it(open_shop(outside=outside))
    shop = open_shop(outside=outside)
    Projector(shop.runtime.log, shop.runtime.views).prepare()  # as `fulfill migrate` does
    outside.look = lambda: list(shop.runtime.views.all())

    shop.hear(COMPLETED, HEARD_AFTER, id=as_event("evt_after"), payment_status="paid")
    shop.rest()

    assert set(outside.seen) == {ASKED_FOR_BEFORE, HEARD_AFTER}
    for views in outside.seen.values():
        assert [(view.version, view.state) for view in views] == [
            (FIRST.version, ViewState.LIVE),
            (DUE_EFFECTS.version, ViewState.BUILDING),
        ]
    built = [view for view in shop.runtime.views.all() if view.name == DUE_EFFECTS.name]
    assert [(view.version, view.state, view.unreadable) for view in built] == [(DUE_EFFECTS.version, ViewState.LIVE, 0)]
    assert outside.retrievals == 2, "no effect is done again because its row is new"


def test_an_effect_that_an_older_leader_could_not_read_is_done_once_a_newer_one_leads(
    open_shop: Open, outside: Outside
) -> None:
    outside.checkouts[HEARD_AFTER] = a_checkout()
    shop = open_shop()
    shop.hear(COMPLETED, HEARD_AFTER, id=as_event("evt_after"), payment_status="paid")
    shop.runtime.engine.run_until_quiet(effects=False)
    views, requested = shop.runtime.views, frozenset({Effect.Requested.TOPIC})
    for view in views.all():
        views.drop(view)
    Projector(OlderLog(shop.runtime.log, requested), views).catch_up()
    assert shop.runtime.queries.due_effects.due(shop.clock.now, 10) == []
    shop.kill()

    shop = open_shop()
    shop.rest()

    assert outside.retrievals == 1
    assert shop.state(HEARD_AFTER) == "blocked"
    assert {view.unreadable for view in shop.runtime.views.all()} == {0}
