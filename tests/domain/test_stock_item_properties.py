"""Whatever happens to a SKU in whatever order, the shelf and the promises add up."""

from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from scenario import given as given_stock
from typed_ids import as_line, as_session, as_stream

from domain.stock_item import LineRef, StockItem, StockItemFact

Command = Callable[[StockItem], Sequence[StockItemFact]]

CLAIMS = [LineRef(as_session(f"cs_test_{session}"), as_line(f"li_{line}")) for session in range(3) for line in range(2)]
claims = st.sampled_from(CLAIMS)
quantities = st.integers(min_value=1, max_value=6)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(lambda claim, quantity: lambda stock: stock.reserve(claim, quantity), claims, quantities),
    st.builds(lambda claim: lambda stock: stock.release(claim), claims),
    st.builds(lambda claim: lambda stock: stock.dispatch(claim), claims),
    st.builds(lambda on_hand: lambda stock: stock.count(on_hand), st.integers(min_value=0, max_value=12)),
)
histories = st.lists(commands, max_size=40)
many = settings(max_examples=300, deadline=None, derandomize=True, print_blob=True)


def steps(history: list[Command]) -> list[tuple[StockItem, list[StockItemFact], StockItem]]:
    """Each command's state before it, its facts, and the state after it."""
    taken, state = [], StockItem(id=as_stream("sku_mug"))
    for command in history:
        facts = list(command(state))
        after = given_stock(state, *facts).state
        taken.append((state, facts, after))
        state = after
    return taken


@many
@given(history=histories)
def test_nothing_goes_below_zero_or_is_promised_twice(history: list[Command]) -> None:
    for before, facts, _ in steps(history):
        state = before
        for fact in facts:
            state = state.apply(fact)
            assert min(state.on_hand, state.promised) >= 0
            assert state.promised == sum(state.reserved.values())


@many
@given(history=histories)
def test_what_is_promised_is_on_the_shelf(history: list[Command]) -> None:
    for _, _, after in steps(history):
        assert 0 <= sum(after.reserved.values()) <= after.on_hand
        assert after.available == after.on_hand - sum(after.reserved.values())


@many
@given(history=histories)
def test_pieces_leave_the_shelf_only_by_dispatch_and_come_only_by_a_count(history: list[Command]) -> None:
    on_hand = 0
    for _, facts, after in steps(history):
        for fact in facts:
            if isinstance(fact, StockItem.Counted):
                on_hand = fact.on_hand
            if isinstance(fact, StockItem.Dispatched):
                on_hand -= fact.quantity
        assert after.on_hand == on_hand


@many
@given(history=histories)
def test_a_line_has_what_it_last_asked_for_or_nothing(history: list[Command]) -> None:
    asked: dict[LineRef, int] = {}
    for _, facts, after in steps(history):
        for fact in facts:
            if isinstance(fact, StockItem.Counted):
                continue
            claim = LineRef(as_session(fact.session_id or ""), fact.line_item)
            if isinstance(fact, StockItem.Released | StockItem.Dispatched):
                assert asked.pop(claim) == fact.quantity
            else:
                assert asked.setdefault(claim, fact.quantity) == fact.quantity
        assert {**after.reserved, **after.backordered} == asked


@many
@given(history=histories)
def test_no_claim_waits_for_available_stock(history: list[Command]) -> None:
    for _, _, after in steps(history):
        assert all(quantity > after.available for quantity in after.backordered.values())


@many
@given(history=histories)
def test_those_who_wait_are_served_oldest_first(history: list[Command]) -> None:
    age: list[LineRef] = []
    for before, facts, _ in steps(history):
        state = before
        for fact in facts:
            if isinstance(fact, StockItem.Reserved):
                claim = LineRef(as_session(fact.session_id or ""), fact.line_item)
                was_waiting = claim in state.backordered
                older = age[: age.index(claim)] if was_waiting else []
                passed_over = [state.backordered[other] for other in older if other in state.backordered]
                assert all(quantity > state.available for quantity in passed_over)
            state = state.apply(fact)
            if not isinstance(fact, StockItem.Counted):
                claim = LineRef(as_session(fact.session_id or ""), fact.line_item)
                if isinstance(fact, StockItem.Released | StockItem.Dispatched):
                    age.remove(claim)
                elif claim not in age:
                    age.append(claim)


@many
@given(history=histories, on_hand=st.integers(min_value=0, max_value=12))
def test_a_shortfall_takes_back_no_more_than_it_must_newest_first(history: list[Command], on_hand: int) -> None:
    before = steps(history)[-1][2] if history else StockItem(id=as_stream("sku_mug"))

    facts = before.count(on_hand)

    taken = [fact for fact in facts if isinstance(fact, StockItem.Backordered)]
    promises = list(before.reserved.items())
    kept = promises[: len(promises) - len(taken)]
    assert [(claim.session_id, claim.line_item) for claim, _ in promises[len(kept) :]] == [
        (fact.session_id, fact.line_item) for fact in taken
    ]
    assert sum(quantity for _, quantity in kept) <= on_hand
    if taken:
        assert sum(quantity for _, quantity in kept) + taken[0].quantity > on_hand


@many
@given(history=histories)
def test_a_command_right_after_itself_changes_nothing(history: list[Command]) -> None:
    if history:
        after = steps(history)[-1][2]

        again = [fact for fact in history[-1](after) if not isinstance(fact, StockItem.Counted)]

        assert again == []
