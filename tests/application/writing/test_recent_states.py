"""States kept in memory are as fresh as if they were loaded, and only so many are kept."""

from collections.abc import Callable
from itertools import count

import pytest
from every_store import put_back
from following import Process
from hypothesis import given
from hypothesis import strategies as st
from typed_ids import as_session, as_stream

from application.log.anchor import Stretch
from application.log.log import StoredEvent
from application.log.tail import Entry
from application.writing.recent_states import RecentStates
from domain.event import Event
from domain.stock_item import StockItem


def never_decoded(stored: StoredEvent) -> Event:
    raise NotImplementedError


class Moves:
    """A log of which only positions, streams and versions matter."""

    epoch = 0

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.shown = 0
        """How many moves it had to report."""
        self.before_answer: Callable[[], None] = lambda: None
        self._numbers = count()

    def append(self, stream: str, *, after_gap_of: int = 0) -> list[Entry]:
        position = (self.max_notification_id() or 0) + 1 + after_gap_of
        state = str(next(self._numbers)).encode()  # no two events have the same bytes
        stored = StoredEvent(stream, self.version(stream) + 1, "StockItem.Counted", state)
        self.entries.append(Entry(position, stored, never_decoded))
        return self.entries[-1:]

    def version(self, stream: str) -> int:
        return sum(entry.stream == stream for entry in self.entries)

    def begin_epoch(self) -> None:
        self.epoch += 1

    def fail_over(self, behind: int) -> None:
        """Another log answers from now on, which lacks the last moves."""
        self.put_back(behind)
        self.begin_epoch()

    def put_back(self, behind: int) -> None:
        """A backup that lacks the last moves takes the place of the log, and no connection is lost."""
        self.before_answer = lambda: None
        del self.entries[-behind:]

    def max_notification_id(self) -> int | None:
        self.before_answer()
        return self.entries[-1].position if self.entries else None

    def select_stretch(self, start: int, limit: int) -> Stretch:
        self.before_answer()
        found = [entry for entry in self.entries if entry.position >= start][: limit + 1]
        self.shown += sum(entry.position > start for entry in found)
        return Stretch(
            begin=next((entry.anchor for entry in found if entry.position == start), None),
            moves=[(entry.position, entry.stream, entry.anchor.version) for entry in found if entry.position > start],
            end=found[-1].anchor if found[-1:] == self.entries[-1:] and found else None,
        )


STREAMS = ["sku_a", "sku_b", "sku_c"]
STEPS = st.lists(
    st.tuples(st.sampled_from(["ours", "theirs", "look", "ours after a gap", "a restore"]), st.sampled_from(STREAMS)),
    max_size=60,
)


@given(STEPS)
def test_what_is_remembered_is_never_older_than_the_log(steps: list[tuple[str, str]]) -> None:
    log = Moves()
    recent = RecentStates(log)
    for who, stream in steps:
        if who == "theirs":
            log.append(stream)
            continue
        if who == "a restore":
            log.put_back(behind=2)
            continue
        recent.refresh()
        known = recent.get(stream)
        assert known is None or known.version == log.version(stream)
        if who.startswith("ours"):
            entries = log.append(stream, after_gap_of=7 if "gap" in who else 0)
            recent.keep([StockItem(id=as_stream(stream), version=log.version(stream))], entries)
        else:
            recent.keep([StockItem(id=as_stream(stream), version=log.version(stream))], ())


def test_the_log_need_not_report_our_own_writes() -> None:
    log = Moves()
    recent = RecentStates(log)
    recent.refresh()
    for _ in range(5):
        recent.keep([StockItem(id=as_stream("sku_a"), version=log.version("sku_a") + 1)], log.append("sku_a"))

    recent.refresh()

    assert log.shown == 0
    assert recent.get("sku_a") is not None


def test_only_so_many_are_kept_and_those_used_last() -> None:
    log = Moves()
    recent = RecentStates(log, states_max=3)
    recent.refresh()
    recent.keep([StockItem(id=as_stream(f"sku_{name}")) for name in "abc"], ())
    recent.get("sku_a")
    recent.keep([StockItem(id=as_stream("sku_d"))], ())

    assert [recent.get(f"sku_{name}") is not None for name in "abcd"] == [True, False, True, True]


def test_after_very_many_moves_all_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.writing.recent_states._MOVES_MAX", 10)
    log = Moves()
    recent = RecentStates(log)
    recent.refresh()
    recent.keep([StockItem(id=as_stream("sku_a"))], ())
    for _ in range(25):
        log.append("sku_b")

    recent.refresh()

    assert recent.get("sku_a") is None
    recent.keep([StockItem(id=as_stream("sku_a"))], ())
    recent.refresh()
    assert recent.get("sku_a") is not None


def test_what_a_log_knew_that_is_lost_is_forgotten_by_the_question_that_finds_the_other_log() -> None:
    log = Moves()
    recent = RecentStates(log)
    recent.refresh()
    recent.keep([StockItem(id=as_stream("sku_a"), version=2)], [*log.append("sku_a"), *log.append("sku_a")])
    log.before_answer = lambda: log.fail_over(behind=1)

    recent.refresh()

    assert recent.get("sku_a") is None


def test_what_is_kept_after_the_first_question_failed_over_is_not_kept_for_long() -> None:
    """Nothing says which of both logs it was loaded from."""
    log = Moves()
    recent = RecentStates(log)
    log.append("sku_a")
    log.before_answer = lambda: log.fail_over(behind=1)
    recent.refresh()
    recent.keep([StockItem(id=as_stream("sku_a"), version=1)], [])

    recent.refresh()

    assert recent.get("sku_a") is None


def test_what_another_process_wrote_is_decided_over_at_once(open_process: Callable[..., Process]) -> None:
    """Without a conflict: as if it had been loaded."""
    ours, theirs = open_process(), open_process()
    for number in range(1, 10):
        process = (ours, theirs)[number % 2]
        process.note(f"note {number}")

    assert [process.writer.is_failing for process in (ours, theirs)] == [False, False]
    versions = [event.originator_version for event in ours.log.streams(["cs_test_a"])["cs_test_a"]]
    assert versions == list(range(1, 10))


def test_what_is_kept_of_a_log_that_was_put_back_is_dropped_however_far_it_has_come_since() -> None:
    log = Moves()
    recent = RecentStates(log)
    recent.refresh()
    recent.keep([StockItem(id=as_stream("sku_a"), version=1)], log.append("sku_a"))
    for stream in ("sku_b", "sku_c"):
        recent.keep([StockItem(id=as_stream(stream), version=1)], log.append(stream))
    log.put_back(behind=2)
    log.append("sku_a")
    log.append("sku_c")  # as before, where it was before
    log.append("sku_d")

    recent.refresh()

    assert log.epoch == 1
    assert [recent.get(stream) for stream in ("sku_a", "sku_b", "sku_c")] == [None, None, None]


def test_a_server_beside_a_restore_writes_on_in_the_log_that_took_the_place(
    open_process: Callable[..., Process], store_url: str
) -> None:
    """It lost no connection, and does not lead. What others wrote next is where it had read already."""
    ours, theirs = open_process(), open_process()
    a, b = as_session("cs_test_a"), as_session("cs_test_b")
    ours.note("before", a)
    ours.note("lost", b)
    ours.note("lost, too", b)
    put_back(store_url, 1)
    theirs.note("afterwards", a)
    for _ in range(3):
        theirs.note("something else", b)

    ours.note("and now ours", a)

    assert [event.originator_version for event in ours.log.streams([a])[a]] == [1, 2, 3]
