"""A whole log moves into another database, byte for byte, and no process uses half of one."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from eventsourcing.persistence import StoredEvent
from eventually import wait_for
from postgres_databases import Databases
from two_databases import EVENTS, PAIRS, PARKED, POSITIONS, TwoDatabases, content, two_databases

from application.errors import LogMoved, UnfinishedCopy
from application.log.log import COPYING, MOVED
from application.reading.projector import Projector
from application.reading.rebuild import Progress, Report, silent
from application.reading.registry import PROJECTIONS
from domain.errors import Refused
from infrastructure.database import Database, SQLiteFile, parse_database
from infrastructure.stores import stores
from interfaces.bootstrap import bootstrap
from interfaces.databases import open_read_side, reopen

Stage = Callable[[str], AbstractContextManager[Report]]


@pytest.fixture(params=[PAIRS[0], *(pytest.param(pair, marks=pytest.mark.long) for pair in PAIRS[1:])])
def two(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> Iterator[TwoDatabases]:
    yield from two_databases(request.param, tmp_path, databases)


@pytest.fixture
def postgres_to_sqlite(tmp_path: Path, databases: Databases) -> Iterator[TwoDatabases]:
    yield from two_databases(PAIRS[1], tmp_path, databases)


def at(stage: str, do: Callable[[], object]) -> Stage:
    """Something that happens at the beginning of a part of the work."""

    @contextmanager
    def begin(name: str) -> Iterator[Report]:
        if name == stage:
            do()
        yield silent

    return begin


def stopping(after: int) -> Stage:
    """Ctrl-C once so many events are copied."""

    @contextmanager
    def begin(name: str) -> Iterator[Report]:
        def report(now: Progress) -> None:
            if name == "copying" and now.done >= after:
                raise KeyboardInterrupt

        yield report

    return begin


def append(two: TwoDatabases, database: Database, stream: str) -> None:
    two.log(database).store.insert_events([StoredEvent(stream, 1, "CheckoutSession.Noted", b"{}")])


def test_everything_arrives_as_it_is(two: TwoDatabases) -> None:
    copied = two.copy()

    source, target = two.log(two.source), two.log(two.target)
    assert content(target) == content(source)
    events, positions, parked = content(target)
    assert (len(events), positions) == (EVENTS, POSITIONS)
    assert parked == [(each.policy, each.position, each.parked_at) for each in PARKED]
    assert (copied.is_same, copied.events, copied.followers, copied.parked) == (True, EVENTS, len(POSITIONS), 2)
    assert [view.name for view in copied.views] == [projection.name for projection in PROJECTIONS]
    assert {view.position for view in copied.views} == {EVENTS}
    target.check_is_whole()


def test_places_that_were_never_taken_stay_so(postgres_to_sqlite: TwoDatabases) -> None:
    two = postgres_to_sqlite
    with pytest.raises(Exception, match="duplicate"):
        append(two, two.source, "cs_test_later")
    append(two, two.source, "cs_test_after_the_gap")

    assert two.copy().is_same

    assert [each.id for each in two.log(two.target).store.select_notifications(EVENTS, 9)] == [EVENTS, EVENTS + 2]


def test_what_is_appended_comes_after_what_was_copied(two: TwoDatabases) -> None:
    two.copy()

    append(two, two.target, "cs_test_new")

    [event] = two.log(two.target).store.select_notifications(EVENTS + 1, 9)
    assert (event.id, event.originator_id) == (EVENTS + 1, "cs_test_new")


def test_an_empty_log_is_copied_too(two: TwoDatabases, tmp_path: Path) -> None:
    two.source = SQLiteFile(tmp_path / "empty.db")
    stores(two.source).migrate()

    copied = two.copy()

    assert (copied.is_same, copied.events, copied.streams) == (True, 0, 0)
    append(two, two.target, "cs_test_first")
    assert two.log(two.target).store.max_notification_id() == 1


@pytest.mark.parametrize("after", [10, 40, EVENTS])
def test_a_copy_that_was_stopped_is_gone_on_with(two: TwoDatabases, after: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        two.copy(stopping(after))
    target = two.log(two.target)
    done, positions, parked = content(target)
    assert (len(done), positions, parked) == (after, {}, [])
    assert target.store.max_tracking_id(COPYING) == after
    begun_at: list[int] = []

    copied = two.copy(at("copying", lambda: begun_at.append(target.store.max_notification_id() or 0)))

    assert (copied.is_same, begun_at) == (True, [after])
    assert content(target) == content(two.log(two.source))


def test_the_source_may_have_gone_on_meanwhile(two: TwoDatabases) -> None:
    with pytest.raises(KeyboardInterrupt):
        two.copy(stopping(40))
    append(two, two.source, "cs_test_meanwhile")

    assert two.copy().events == EVENTS + 1


def test_a_log_that_is_there_already_is_left_alone(two: TwoDatabases) -> None:
    append(two, two.target, "cs_test_own")
    before = content(two.log(two.target))

    with pytest.raises(Refused, match="already has a log"):
        two.copy()

    assert content(two.log(two.target)) == before
    two.log(two.target).check_is_whole()


def test_what_was_copied_once_is_not_copied_over(two: TwoDatabases) -> None:
    two.copy()

    with pytest.raises(Refused, match="already has a log"):
        two.copy()


def test_the_source_is_left_to_be_read_once_the_target_goes_on(two: TwoDatabases) -> None:
    two.copy(at("comparing", lambda: two.log(two.source).check_is_at_work()))

    two.log(two.target).check_is_at_work()
    two.log(two.source).check_is_whole()
    with pytest.raises(LogMoved):
        two.log(two.source).check_is_at_work()
    with pytest.raises(LogMoved):
        bootstrap(two.settings(two.source))


def test_a_copy_that_is_not_the_same_leaves_the_source_at_work(two: TwoDatabases) -> None:
    two.copy(at("comparing", lambda: two.spoil_event(two.target, 42)))

    two.log(two.source).check_is_at_work()


def test_a_copy_that_was_killed_between_its_two_marks_goes_on(two: TwoDatabases) -> None:
    with pytest.raises(ZeroDivisionError):
        two.copy(at("views of the target", lambda: 1 // 0))
    two.log(two.source).store.set_moved(True)
    for database in (two.source, two.target):
        with pytest.raises((LogMoved, UnfinishedCopy)):
            two.log(database).check_is_at_work()

    assert two.copy().is_same

    two.log(two.target).check_is_at_work()
    assert MOVED not in two.log(two.target).store.select_positions_of_followers()


def test_what_goes_on_elsewhere_is_not_copied_again_until_it_is_reopened(two: TwoDatabases, tmp_path: Path) -> None:
    two.copy()
    third = parse_database(f"sqlite:///{tmp_path}/third.db")
    stores(third).migrate()
    again = TwoDatabases(two.source, third, tmp_path, two.stack)

    with pytest.raises(Refused, match="A copy in another database has already replaced"):
        again.copy()
    assert (reopen(two.source), reopen(two.source)) == (True, False)

    assert again.copy().is_same


def test_the_beginning_of_another_log_is_left_alone(two: TwoDatabases) -> None:
    store = two.log(two.target).store
    store.insert_copied([], since=None)
    [event] = two.log(two.source).store.select_notifications(None, 1)
    other = type(event)(event.originator_id, event.originator_version, event.topic, event.state + b" ", event.id)
    store.insert_copied([other], since=0)

    with pytest.raises(Refused, match="an unfinished copy of a log other than"):
        two.copy()

    assert store.max_notification_id() == 1


@pytest.mark.parametrize("which", ["source", "target"])
@pytest.mark.parametrize("doing", ["lead", "enlist"])
def test_nothing_is_copied_while_a_process_works(two: TwoDatabases, which: str, doing: str) -> None:
    database = getattr(two, which)
    getattr(two.locks(database), doing)()

    with pytest.raises(Refused, match="A process is using"):
        two.copy()

    two.log(two.target).check_is_whole()


def test_no_process_begins_to_lead_during_a_copy(two: TwoDatabases) -> None:
    led: list[bool] = []

    two.copy(at("comparing", lambda: led.extend(two.locks(each).lead() for each in (two.source, two.target))))

    assert led == [False, False]
    assert two.locks(two.source).lead()
    assert two.locks(two.target).lead()


def test_half_a_log_is_not_copied_any_further(two: TwoDatabases) -> None:
    two.log(two.source).store.replace_bookkeeping({COPYING: EVENTS}, [])

    with pytest.raises(UnfinishedCopy):
        two.copy()


def test_who_writes_to_the_target_meanwhile_spoils_it(two: TwoDatabases) -> None:
    with pytest.raises(Refused, match="Another process wrote to"):
        two.copy(at("copying", lambda: append(two, two.target, "cs_test_own")))

    with pytest.raises(UnfinishedCopy):
        two.log(two.target).check_is_whole()


def test_a_source_that_goes_on_has_to_be_stopped_first(two: TwoDatabases) -> None:
    with pytest.raises(Refused, match="Stop everything there"):
        two.copy(at("views of the target", lambda: append(two, two.source, "cs_test_late")))
    with pytest.raises(UnfinishedCopy):
        two.log(two.target).check_is_whole()

    assert two.copy().events == EVENTS + 1


def test_an_event_that_is_not_the_same_is_named(two: TwoDatabases) -> None:
    copied = two.copy(at("comparing", lambda: two.spoil_event(two.target, 42)))

    assert not copied.is_same
    [difference] = copied.differences
    assert difference.startswith("Event 42: ")
    with pytest.raises(UnfinishedCopy):
        two.log(two.target).check_is_whole()


def test_positions_and_parked_events_that_are_not_the_same_are_named(two: TwoDatabases) -> None:
    store = two.log(two.target).store

    copied = two.copy(at("comparing", lambda: store.replace_bookkeeping({**POSITIONS, "intake": 59}, PARKED[1:])))

    assert list(copied.differences) == [
        "The follower intake is at 60 in the source and at 59 in the target.",
        "The parked events are not the same.",
    ]
    assert not copied.is_same


def test_a_row_that_is_not_the_same_is_named_until_it_is_mended(two: TwoDatabases) -> None:
    with ExitStack() as stack:
        opened = two.open(two.source, stack)
        Projector(opened.log, opened.views).catch_up()
    two.spoil_stock(two.source)

    copied = two.copy()

    assert [view.name for view in copied.views if not view.is_right] == ["stock"]
    assert not copied.is_same
    with pytest.raises(UnfinishedCopy):
        two.log(two.target).check_is_whole()

    with open_read_side(two.source) as side:
        side.rebuild.rebuild("stock")

    assert two.copy().is_same


def test_no_process_uses_half_a_log(two: TwoDatabases) -> None:
    with pytest.raises(KeyboardInterrupt):
        two.copy(stopping(40))

    with pytest.raises(UnfinishedCopy, match=r"Run the same `fulfill copy` again to resume it; to start over"):
        bootstrap(two.settings(two.target))
    with pytest.raises(UnfinishedCopy), open_read_side(two.target):
        pass


def test_who_was_ready_to_lead_before_it_began_finds_out(two: TwoDatabases) -> None:
    runtime = bootstrap(two.settings(two.target))
    with pytest.raises(KeyboardInterrupt):
        two.copy(stopping(40))

    wait_for(runtime.locks.lead)  # a server takes the locks of a session back when it notices that it has ended
    with pytest.raises(UnfinishedCopy):
        runtime.engine.run_until_quiet(effects=False)

    runtime.engine.stop()
    assert two.log(two.target).store.max_notification_id() == 40
