"""The immutable map: what a dict would hold, whatever was done before, at the price of a path instead of a copy."""

import sys
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typed_ids import as_line, as_session, as_stream

from domain.event import replace
from domain.key_pool import KeyPool
from domain.persistent import PersistentMap
from domain.personal import Personal
from domain.stock_item import LineRef, StockItem

MANY = 4_000
PATH_BYTES_MAX = 20_000
"""Far less than a copy of so many entries, which takes 150,000 to 300,000."""
ANN = LineRef(as_session("cs_test_ann"), as_line("li_1"))

keys = st.one_of(st.integers(min_value=0, max_value=200), st.sampled_from(["a", "b", "a" * 70]))
changes = st.lists(st.tuples(keys, st.one_of(st.none(), st.integers(), st.lists(keys, max_size=60))), max_size=80)


@settings(max_examples=40, deadline=None, derandomize=True, print_blob=True)
@given(changes=changes)
def test_it_holds_what_a_dict_would_and_no_earlier_one_changes(
    changes: list[tuple[int | str, int | list[int | str] | None]],
) -> None:
    states: list[tuple[PersistentMap[int | str, int | None], dict[int | str, int | None]]] = [(PersistentMap(), {})]
    for key, change in changes:
        new, expected = states[-1][0], dict(states[-1][1])
        if change is None:
            new = new.drop(key)
            expected.pop(key, None)
        elif isinstance(change, int):
            new = new.put(key, change)
            expected[key] = change
        else:
            new = new.put_all(dict.fromkeys(change))
            expected |= dict.fromkeys(change)
        states.append((new, expected))

    for state, expected in states:
        assert (dict(state), len(state)) == (expected, len(expected))
        assert state == PersistentMap(expected)


def test_numbers_ascend_from_the_least_and_descend_from_the_greatest() -> None:
    numbers = [3, 70_000, 0, 2**29, 33, 64, 1_000_001]
    some = PersistentMap(dict.fromkeys(numbers))

    assert list(some) == sorted(numbers)
    assert list(reversed(some)) == sorted(numbers, reverse=True)


def test_keys_of_one_hash_are_distinguished() -> None:
    class Alike(str):
        __slots__ = ()

        def __hash__(self) -> int:
            return 7

    alike = [Alike(number) for number in range(100)]
    full = PersistentMap(dict.fromkeys(alike, 1))

    assert sorted(full.drop(alike[5])) == sorted(set(alike) - {alike[5]})


def test_an_entry_more_or_less_in_a_large_map_copies_next_to_nothing() -> None:
    large = PersistentMap({f"cs_test_{number}": number for number in range(MANY)})

    assert allocated(lambda: large.put("cs_test_new", 1)) < PATH_BYTES_MAX
    assert allocated(lambda: large.drop("cs_test_7")) < PATH_BYTES_MAX


def test_the_first_of_a_queue_is_found_without_a_walk_through_those_that_left() -> None:
    queue = PersistentMap(dict.fromkeys(range(MANY)))
    for number in range(MANY - 1):
        queue = queue.drop(number)

    assert (list(queue), allocated(lambda: next(iter(queue))) < 5_000) == ([MANY - 1], True)
    assert repr(queue) == "PersistentMap(1 entries)"


def test_a_sale_copies_none_of_the_open_parcels_of_its_sku() -> None:
    reserved = (
        StockItem.Reserved(line_item=as_line("li_1"), quantity=1, session_id=as_session(f"cs_{n}")) for n in range(MANY)
    )
    stock = StockItem(id=as_stream("sku_mug")).foresee([StockItem.Counted(on_hand=2 * MANY), *reserved])

    facts = [
        *stock.reserve(ANN, 1),
        StockItem.Dispatched(line_item=as_line("li_1"), quantity=1, session_id=as_session("cs_7")),
    ]

    assert allocated(lambda: stock.reserve(ANN, 1)) < PATH_BYTES_MAX
    assert allocated(lambda: stock.foresee(facts)) < 2 * PATH_BYTES_MAX
    assert allocated(lambda: stock.release(LineRef(as_session("cs_8"), as_line("li_1")))) < 2 * PATH_BYTES_MAX


def test_a_key_that_leaves_a_large_pool_copies_none_of_the_others() -> None:
    pool = KeyPool(id=as_stream("keys_pro")).foresee(
        [
            KeyPool.Imported(keys=tuple(Personal(f"KEY-{number}") for number in range(MANY))),
            *(
                KeyPool.Assigned(
                    line_item=as_line("li_1"), keys=(Personal(f"KEY-{n}"),), session_id=as_session(f"cs_{n}")
                )
                for n in range(99)
            ),
        ]
    )
    facts = pool.assign(ANN, 1)

    assert facts == [KeyPool.Assigned(line_item=as_line("li_1"), keys=(Personal("KEY-99"),), session_id=ANN.session_id)]
    assert allocated(lambda: pool.assign(ANN, 1)) < PATH_BYTES_MAX
    assert allocated(lambda: pool.foresee(facts)) < 2 * PATH_BYTES_MAX
    assert allocated(lambda: pool.foresee([KeyPool.Imported(keys=(Personal("NEW"),))])) < 2 * PATH_BYTES_MAX


def test_a_sale_does_not_walk_over_withdrawn_keys() -> None:
    keys = [f"KEY-{number}" for number in range(MANY)]
    pool = KeyPool(id=as_stream("keys_pro")).foresee([KeyPool.Imported(keys=tuple(map(Personal, keys)))])
    pool = pool.foresee([KeyPool.Withdrawn(keys=tuple(map(Personal, keys[:-2])), were_free=len(keys) - 2)])
    looked_at: list[int] = []

    class Watched(PersistentMap[int, str]):
        def __getitem__(self, number: int) -> str:
            looked_at.append(number)
            return super().__getitem__(number)

    watched = replace(pool, supply=Watched(dict(pool.supply)))

    [assigned] = watched.assign(ANN, 1)
    watched.apply(assigned)

    assert looked_at == [MANY - 2]


def test_a_line_that_waits_for_keys_copies_none_of_the_others_that_wait() -> None:
    ran_out = (
        KeyPool.RanOut(line_item=as_line("li_1"), quantity=1, session_id=as_session(f"cs_{n}")) for n in range(MANY)
    )
    pool = KeyPool(id=as_stream("keys_pro")).foresee(list(ran_out))

    for fact in (
        KeyPool.RanOut(line_item=as_line("li_1"), quantity=1, session_id=ANN.session_id),
        KeyPool.WaitEnded(line_item=as_line("li_1"), session_id=as_session("cs_7")),
        KeyPool.Assigned(line_item=as_line("li_1"), keys=(Personal("K"),), session_id=as_session("cs_8")),
    ):
        assert allocated(lambda fact=fact: pool.apply(fact)) < 2 * PATH_BYTES_MAX  # type: ignore[misc]


def allocated(do: Callable[[], object]) -> int:
    """Bytes at the height of it: unlike seconds, the same on a busy machine."""
    tracemalloc.start()
    try:
        do()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class _Freed:
    """Counts the values that were freed."""

    count = 0

    def __del__(self) -> None:
        _Freed.count += 1


@pytest.mark.parametrize("key", [int, str], ids=["numbers", "texts"])
@pytest.mark.parametrize("is_sharing", [False, True])
def test_a_large_map_is_freed_in_pieces_between_which_other_threads_can_run(
    key: Callable[[int], object], is_sharing: bool
) -> None:
    size, counts = 50_000, list[int]()
    entries = PersistentMap({key(number): _Freed() for number in range(size)})
    other = entries.put("one more", _Freed()) if is_sharing else None

    def at_each_line(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code is not PersistentMap.__del__.__code__:
            return None
        counts.append(_Freed.count)
        return at_each_line

    _Freed.count, tracer = 0, sys.gettrace()
    sys.settrace(at_each_line)
    try:
        del entries
        assert _Freed.count == (0 if is_sharing else size)
        del other
    finally:
        sys.settrace(tracer)

    assert _Freed.count == size + is_sharing
    assert max(after - before for before, after in pairwise(counts)) < size // 100
