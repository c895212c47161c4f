"""A long stream is folded beside the writer, from its state row on; whatever does not need it goes on meanwhile."""

import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import pairwise

import pytest
from every_store import change, log_environment, put_back
from fakes.outside import BEGINNING, FixedClock, MemoryLocks
from log_parts import LogWriter
from typed_ids import as_line, as_session, as_stream

from application.errors import Unprepared
from application.log.anchor import Stretch
from application.log.log import Log, StoredEvent
from application.running.followers import Followers
from application.writing.long_streams import LongStreams
from application.writing.recent_states import RecentStates
from application.writing.states import StateRow, StateRows
from application.writing.unit_of_work import Stamp, UnitOfWork
from application.writing.writer import Writer
from domain.event import Event
from domain.identifiers import StreamId
from domain.key_pool import KeyPool
from domain.personal import Personal
from domain.policy import NOTHING_FURTHER, Begin
from domain.stock_item import LineRef, StockItem
from infrastructure.database import parse_database
from infrastructure.stores import stores

SKU, OTHER = as_stream("sku_hot"), as_stream("sku_other")
SALES = 700
STAMP = Stamp(actor="staff:kim", now=BEGINNING)


class CountingLog(Log):
    """Counts the events that are decoded."""

    name = Log.name
    decoded = 0

    def decode(self, stored: StoredEvent) -> Event:
        self.decoded += 1
        return super().decode(stored)


@dataclass
class Process:
    """What of the engine has to do with long streams. `long_streams.turn` is taken here, and not by a thread."""

    log: CountingLog
    rows: StateRows

    def __post_init__(self) -> None:
        self.long_streams = LongStreams(self.log, self.rows)
        self.long_streams.has_thread = True
        self.recent = RecentStates(self.log.store, self.long_streams)
        self.writer = Writer(self.log, self.recent)
        self.long_streams.on_prepared = self.writer.take_up

    def count(self, sku: StreamId, on_hand: int) -> Future[StockItem]:
        def command(unit: UnitOfWork) -> StockItem:
            return unit.command(StockItem, sku, StockItem.count, on_hand)

        return self.writer.submit(STAMP, [], command)

    def counted(self, sku: StreamId, on_hand: int) -> StockItem:
        """Once it is prepared, if need be."""
        future = self.count(sku, on_hand)
        for _ in range(3):
            self.writer.turn()
            self.prepare()
        return future.result(0)

    def prepare(self) -> None:
        while self.long_streams.turn():
            pass

    def decoded_by(self, do: Callable[[], object]) -> int:
        before = self.log.decoded
        do()
        return self.log.decoded - before


@pytest.fixture
def open_process(store_url: str) -> Iterator[Callable[[], Process]]:
    stores(parse_database(store_url)).migrate()
    with ExitStack() as stack:

        def opened() -> Process:
            log = stack.enter_context(closing(CountingLog(dict(log_environment(store_url)))))
            return Process(log, stores(parse_database(store_url)).open_states())

        yield opened


def sold(pieces: int, sku: StreamId = SKU) -> list[Event]:
    log = LogWriter()
    log.add(sku, StockItem.Counted(on_hand=10**6))
    for number in range(pieces):
        reserved = StockItem.Reserved(line_item=as_line("li_1"), quantity=1, session_id=as_session(f"cs_test_{number}"))
        dispatched = StockItem.Dispatched(
            line_item=as_line("li_1"), quantity=1, session_id=as_session(f"cs_test_{number}")
        )
        log.add(sku, reserved, *([dispatched] if number % 2 else []), session_id=as_session(f"cs_test_{number}"))
    return log.events


def append(process: Process, events: Sequence[Event]) -> None:
    process.log.append(events)


@pytest.fixture
def process(open_process: Callable[[], Process]) -> Process:
    process = open_process()
    append(process, sold(SALES))
    return process


def test_the_writer_folds_no_more_of_a_stream_than_a_page(process: Process) -> None:
    long = process.count(SKU, 5000)
    short = process.count(OTHER, 1)

    decoded = process.decoded_by(process.writer.turn)

    assert decoded <= process.log.page_events
    assert (long.done(), short.result(0).on_hand) == (False, 1)


def test_a_command_over_a_long_stream_is_decided_once_it_is_prepared(process: Process) -> None:
    long = process.count(SKU, 5000)
    process.writer.turn()

    process.prepare()
    decoded = process.decoded_by(process.writer.turn)

    assert decoded <= process.log.page_events
    assert long.result(0) == process.log.get(StockItem, SKU)
    assert (long.result(0).on_hand, len(long.result(0).reserved)) == (5000, SALES // 2)


def test_without_a_thread_beside_it_the_writer_prepares_by_itself(process: Process) -> None:
    process.long_streams.has_thread = False

    assert process.writer.result(process.count(SKU, 5000)).on_hand == 5000


def test_the_thread_pauses_before_each_event_that_it_folds(process: Process) -> None:
    paused_at: list[int] = []
    process.long_streams.pause = lambda: paused_at.append(process.log.decoded)
    process.count(SKU, 5000)
    process.writer.turn()

    process.prepare()

    assert len(paused_at) > SALES
    assert all(after - before <= 1 for before, after in pairwise(paused_at))


def test_the_thread_pauses_before_each_part_of_a_state_row(open_process: Callable[[], Process]) -> None:
    process, other = open_process(), open_process()
    pool, log = as_stream("keys_pro"), LogWriter()
    for first in range(0, 3000, 30):
        keys = tuple(Personal(f"KEY-{number}") for number in range(first, first + 30))
        log.add(pool, KeyPool.Imported(keys=keys))
    state = KeyPool(id=pool)
    for event in log.events:
        assert isinstance(event, KeyPool.Imported)
        state = state.evolve(event)
    pauses: list[str] = []

    process.rows.save(StateRow(state=state, digest="x"), lambda: pauses.append("while it is written"))
    row = other.rows.load(KeyPool, pool, lambda: pauses.append("while it is read"))

    assert row is not None
    assert row.state == state
    assert Counter(pauses) == {"while it is written": 13, "while it is read": 12}


@dataclass
class ReplacedLog:
    """A log that is another one each time it is asked."""

    epoch: int = 0

    def max_notification_id(self) -> int | None:
        return None

    def begin_epoch(self) -> None:
        self.epoch += 1

    def select_stretch(self, start: int, limit: int) -> Stretch:
        self.begin_epoch()
        return Stretch(begin=None, moves=(), end=None)


@pytest.mark.parametrize("drop", ["the log was replaced", "another state was prepared"])
def test_the_thread_frees_long_states_and_not_the_writer(process: Process, drop: str) -> None:
    state = process.log.get(StockItem, SKU)
    freed = weakref.ref(state)
    if drop == "the log was replaced":
        recent = RecentStates(ReplacedLog(), process.long_streams)
        recent.refresh()
        recent.keep([state], [])
        del state
        process.prepare()  # its row
        recent.refresh()
    else:
        process.long_streams.outdate(state, process.log.store.epoch)
        del state
        process.long_streams.outdate(process.log.get(StockItem, SKU), process.log.store.epoch)
    is_kept_for_the_thread = freed() is not None

    process.prepare()

    assert is_kept_for_the_thread
    assert freed() is None


def test_a_state_row_spares_the_next_process_the_events_before_it(
    process: Process, open_process: Callable[[], Process]
) -> None:
    process.counted(SKU, 5000)
    process.prepare()
    other = open_process()

    decoded = other.decoded_by(lambda: other.counted(SKU, 6000))

    assert decoded < 10
    assert other.log.get(StockItem, SKU).on_hand == 6000


def test_a_stream_that_grows_gets_a_row_now_and_then(process: Process, open_process: Callable[[], Process]) -> None:
    for number in range(1100):
        process.count(OTHER, number)
    while process.writer.turn():
        pass
    process.prepare()
    other = open_process()

    assert other.decoded_by(lambda: other.counted(OTHER, 7)) < 200


def test_what_another_process_added_is_folded_alone(process: Process, open_process: Callable[[], Process]) -> None:
    process.counted(SKU, 5000)
    other = open_process()
    other.counted(SKU, 6000)

    long = process.count(SKU, 7000)
    decoded = process.decoded_by(process.writer.turn)

    assert (decoded, long.result(0).on_hand) == (1, 7000)


def test_a_row_of_a_log_that_was_put_back_is_not_believed(
    process: Process, open_process: Callable[[], Process], store_url: str
) -> None:
    process.counted(SKU, 5000)
    process.prepare()
    put_back(store_url, 600)
    restored = open_process()
    later = LogWriter(beginning=BEGINNING.replace(year=2027))
    later.versions[SKU] = 600
    later.add(SKU, *(StockItem.Counted(on_hand=number) for number in range(1, SALES)))
    append(restored, later.events)

    after = restored.counted(SKU, 9)

    assert (after, after.on_hand) == (restored.log.get(StockItem, SKU), 9)
    assert restored.log.decoded > SALES


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE states SET code='other code'",
        "UPDATE states SET digest='another event'",
        "UPDATE states SET body=? WHERE part=1",
        "UPDATE states SET body=? WHERE part=0",
        "DELETE FROM states WHERE part=1",
        "DROP TABLE states",
    ],
)
def test_a_row_that_is_of_no_use_costs_only_time(
    process: Process, open_process: Callable[[], Process], store_url: str, statement: str
) -> None:
    process.counted(SKU, 5000)
    process.prepare()
    change(store_url, "views", statement, *([b"garbage"] if "?" in statement else []))
    other = open_process()

    decoded = other.decoded_by(lambda: other.counted(SKU, 6000))

    assert decoded > SALES
    assert other.log.get(StockItem, SKU).on_hand == 6000


def test_an_unreadable_long_stream_is_reported_to_its_readers(process: Process, store_url: str) -> None:
    change(store_url, "log", "UPDATE stored_events SET topic='Later.Event' WHERE originator_version=500")

    with pytest.raises(Exception, match=r"Later\.Event"):
        process.counted(SKU, 5000)


def test_policies_stop_before_an_event_that_needs_a_long_stream_and_go_on_after_it(process: Process) -> None:
    policy = ReservesHot()
    followers = Followers(process.log, [policy], process.recent, MemoryLocks({}), FixedClock())
    append(process, sold(1, as_stream("sku_a")))
    position = process.log.store.max_notification_id() or 0

    rest(followers)
    held_up = (followers.is_held_up, [*policy.decided])
    decoded = process.decoded_by(followers.turn)
    process.prepare()
    rest(followers)

    assert held_up == (True, [])
    assert decoded == 0
    assert (followers.is_held_up, len(policy.decided)) == (False, 2)
    assert followers.stored_position() >= position


def rest(followers: Followers) -> None:
    assert any(not followers.turn() for _ in range(10))


class ReservesHot:
    """Whenever anything is counted, one of the hot SKU is reserved."""

    name = "reserves"
    begins = Begin.AT_THE_BEGINNING
    reads = frozenset({StockItem.Counted})
    further = NOTHING_FURTHER

    def __init__(self) -> None:
        self.decided: list[str] = []

    def likely(self, event: Event) -> Sequence[str]:
        return ()

    def decide(self, event: Event, do: object) -> None:
        assert isinstance(do, UnitOfWork)
        do.command(
            StockItem, SKU, StockItem.reserve, LineRef(as_session("cs_test_new"), as_line(event.originator_id)), 1
        )
        self.decided.append(event.originator_id)


def test_a_pool_of_many_keys_is_kept_whole_in_its_row(open_process: Callable[[], Process]) -> None:
    process = open_process()
    log = LogWriter()
    for number in range(700):
        log.add(
            as_stream("keys_pro"), KeyPool.Imported(keys=tuple(Personal(f"KEY-{number}-{each}") for each in range(3)))
        )
    for number in range(600):
        key = Personal(f"KEY-{number // 3}-{number % 3}")
        log.add(
            as_stream("keys_pro"),
            KeyPool.Assigned(line_item=as_line("li_1"), keys=(key,)),
            session_id=as_session(f"cs_test_{number}"),
        )
    log.add(
        as_stream("keys_pro"),
        KeyPool.RanOut(line_item=as_line("li_2"), quantity=5000),
        session_id=as_session("cs_test_1"),
    )
    append(process, log.events)
    with pytest.raises(Unprepared):
        process.long_streams.state(KeyPool, "keys_pro")
    process.prepare()
    other = open_process()
    other.long_streams.has_thread = False

    state = other.long_streams.state(KeyPool, "keys_pro")

    assert state == process.log.get(KeyPool, "keys_pro")
    assert state.waiting == {LineRef(as_session("cs_test_1"), as_line("li_2")): 5000}
    assert other.log.decoded == 0
