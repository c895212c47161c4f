"""Whatever happens to a pool of keys in whatever order, no key is given away twice and none is lost."""

from collections.abc import Callable, Sequence

from hypothesis import given as each_given
from hypothesis import settings
from hypothesis import strategies as st
from scenario import given as given_pool
from typed_ids import as_line, as_session, as_stream

from domain.key_pool import WITHDRAWN, KeyPool, KeyPoolFact
from domain.stock_item import LineRef

Command = Callable[[KeyPool], Sequence[KeyPoolFact]]

CLAIMS = [LineRef(as_session(f"cs_test_{session}"), as_line(f"li_{line}")) for session in range(3) for line in range(2)]
QUANTITY = {claim: 1 + number % 4 for number, claim in enumerate(CLAIMS)}
"""A line's quantity never changes once it is paid."""
claims = st.sampled_from(CLAIMS)
files = st.lists(st.sampled_from([f"KEY-{number}" for number in range(20)]), max_size=6)


def given(pool: KeyPool) -> set[str]:
    return {key for keys in pool.ledger.values() for key in keys}


commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(lambda claim: lambda pool: pool.assign(claim, QUANTITY[claim]), claims),
    st.builds(lambda claim: lambda pool: pool.stop_waiting(claim), claims),
    st.builds(lambda keys: lambda pool: pool.import_keys(keys), files),
    st.builds(lambda keys: lambda pool: pool.withdraw([key for key in keys if key not in given(pool)]), files),
)
histories = st.lists(commands, max_size=40)
many = settings(max_examples=300, deadline=None, derandomize=True, print_blob=True)


def steps(history: list[Command]) -> list[tuple[KeyPool, list[KeyPoolFact], KeyPool]]:
    """Each command's state before it, its facts, and the state after it."""
    taken, state = [], KeyPool(id=as_stream("keys_pro"))
    for command in history:
        facts = list(command(state))
        after = given_pool(state, *facts).state
        taken.append((state, facts, after))
        state = after
    return taken


@many
@each_given(history=histories)
def test_every_key_is_free_or_given_away_once(history: list[Command]) -> None:
    for _, _, after in steps(history):
        given_away = [key for keys in after.ledger.values() for key in keys]
        withdrawn = [key for key, number in after.known.items() if number == WITHDRAWN]
        everywhere = given_away + [key.text for key in after.free] + withdrawn
        assert len(everywhere) == len(set(everywhere))
        assert set(everywhere) == after.known.keys()


@many
@each_given(history=histories)
def test_a_line_has_all_of_its_keys_or_none(history: list[Command]) -> None:
    for _, _, after in steps(history):
        assert all(len(after.keys_of(claim)) in {0, quantity} for claim, quantity in QUANTITY.items())
        assert not any(after.keys_of(claim) for claim in after.waiting)


@many
@each_given(history=histories)
def test_what_a_line_was_given_it_keeps(history: list[Command]) -> None:
    for before, _, after in steps(history):
        assert all(after.ledger[line] == keys for line, keys in before.ledger.items())


@many
@each_given(history=histories)
def test_no_line_waits_for_keys_that_are_there(history: list[Command]) -> None:
    for _, _, after in steps(history):
        assert all(quantity > len(after.free) for quantity in after.waiting.values())


@many
@each_given(history=histories)
def test_those_who_wait_for_keys_are_served_oldest_first(history: list[Command]) -> None:
    for before, facts, _ in steps(history):
        state = before
        for fact in facts:
            if isinstance(fact, KeyPool.Assigned):
                claim = LineRef(as_session(fact.session_id or ""), fact.line_item)
                queue = list(state.waiting)
                older = queue[: queue.index(claim)] if claim in queue else []
                assert all(state.waiting[other] > len(state.free) for other in older)
                assert fact.keys == state.free[: len(fact.keys)]
            state = state.apply(fact)


@many
@each_given(history=histories)
def test_a_command_right_after_itself_records_nothing(history: list[Command]) -> None:
    if history:
        assert list(history[-1](steps(history)[-1][2])) == []
