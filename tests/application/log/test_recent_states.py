"""States kept in memory are as fresh as if they were loaded, and only so many are kept."""

from collections.abc import Callable, Sequence

import pytest
from following import Process
from hypothesis import given
from hypothesis import strategies as st
from typed_ids import as_stream

from application.log.recent_states import RecentStates
from domain.stock_item import StockItem


class Moves:
    """A log of which only positions, streams and versions matter."""

    epoch = 0

    def __init__(self) -> None:
        self.moves: list[tuple[int, str, int]] = []
        self.shown = 0
        """How many moves it had to report."""
        self.before_answer: Callable[[], None] = lambda: None

    def append(self, stream: str, *, after_gap_of: int = 0) -> list[int]:
        position = (self.max_notification_id() or 0) + 1 + after_gap_of
        version = sum(moved == stream for _, moved, _ in self.moves) + 1
        self.moves.append((position, stream, version))
        return [position]

    def version(self, stream: str) -> int:
        return sum(moved == stream for _, moved, _ in self.moves)

    def fail_over(self, behind: int) -> None:
        """Another log answers from now on, which lacks the last moves."""
        self.before_answer = lambda: None
        del self.moves[-behind:]
        self.epoch += 1

    def max_notification_id(self) -> int | None:
        self.before_answer()
        return self.moves[-1][0] if self.moves else None

    def select_moves(self, start: int, limit: int) -> Sequence[tuple[int, str, int]]:
        self.before_answer()
        found = [move for move in self.moves if move[0] > start][:limit]
        self.shown += len(found)
        return found


STREAMS = ["sku_a", "sku_b", "sku_c"]
STEPS = st.lists(
    st.tuples(st.sampled_from(["ours", "theirs", "look", "ours after a gap"]), st.sampled_from(STREAMS)), max_size=60
)


@given(STEPS)
def test_what_is_remembered_is_never_older_than_the_log(steps: list[tuple[str, str]]) -> None:
    log = Moves()
    recent = RecentStates(log)
    for who, stream in steps:
        if who == "theirs":
            log.append(stream)
            continue
        recent.refresh()
        known = recent.get(stream)
        assert known is None or known.version == log.version(stream)
        if who.startswith("ours"):
            positions = log.append(stream, after_gap_of=7 if "gap" in who else 0)
            recent.keep([StockItem(id=as_stream(stream), version=log.version(stream))], positions)
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
    monkeypatch.setattr("application.log.recent_states._MOVES_MAX", 10)
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
