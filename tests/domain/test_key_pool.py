"""A pool of license keys: each key for one line, all of a line's keys or none, the oldest that fits first."""

import pytest
from scenario import Given, given
from typed_ids import as_line, as_pool, as_session, as_stream

from domain import refusals
from domain.event import Event
from domain.key_pool import KeyPool
from domain.personal import Personal
from domain.stock_item import LineRef

ANN, BOB, CEM = (
    LineRef(as_session("cs_test_ann"), as_line("li_1")),
    LineRef(as_session("cs_test_bob"), as_line("li_1")),
    LineRef(as_session("cs_test_cem"), as_line("li_1")),
)


def the_pool(*facts: Event) -> Given[KeyPool]:
    return given(KeyPool(id=as_stream("keys_pro")), *facts)


def keys(text: str) -> tuple[Personal, ...]:
    return tuple(Personal(key) for key in text.split())


def imported(text: str) -> KeyPool.Imported:
    return KeyPool.Imported(keys=keys(text))


def assigned(claim: LineRef, text: str) -> KeyPool.Assigned:
    return KeyPool.Assigned(line_item=claim.line_item, keys=keys(text), session_id=claim.session_id)


def ran_out(claim: LineRef, quantity: int) -> KeyPool.RanOut:
    return KeyPool.RanOut(line_item=claim.line_item, quantity=quantity, session_id=claim.session_id)


def wait_ended(claim: LineRef) -> KeyPool.WaitEnded:
    return KeyPool.WaitEnded(line_item=claim.line_item, session_id=claim.session_id)


def test_keys_are_imported_in_their_order() -> None:
    the_pool().when(KeyPool.import_keys, ["B", "A"]).then(imported("B A"))


def test_a_key_that_is_in_the_pool_is_not_imported_again() -> None:
    the_pool(imported("A B")).when(KeyPool.import_keys, ["A", "B"]).then_nothing()


def test_a_key_that_was_given_away_never_comes_back() -> None:
    the_pool(imported("A"), assigned(ANN, "A")).when(KeyPool.import_keys, ["A", "B"]).then(imported("B"))


def test_a_key_that_is_twice_in_the_file_is_imported_once() -> None:
    the_pool().when(KeyPool.import_keys, ["A", "B", "A"]).then(imported("A B"))


def test_an_import_of_nothing_records_nothing() -> None:
    the_pool().when(KeyPool.import_keys, []).then_nothing()


def test_a_line_gets_as_many_keys_as_its_quantity_oldest_first() -> None:
    the_pool(imported("A B C")).when(KeyPool.assign, ANN, 2).then(assigned(ANN, "A B"))


def test_the_last_keys_are_given_away() -> None:
    the_pool(imported("A B")).when(KeyPool.assign, ANN, 2).then(assigned(ANN, "A B"))


def test_a_line_that_has_its_keys_gets_no_others() -> None:
    the_pool(imported("A B"), assigned(ANN, "A")).when(KeyPool.assign, ANN, 1).then_nothing()


def test_the_next_line_gets_other_keys() -> None:
    the_pool(imported("A B"), assigned(ANN, "A")).when(KeyPool.assign, BOB, 1).then(assigned(BOB, "B"))


def test_two_lines_of_one_session_have_keys_of_their_own() -> None:
    other_line = LineRef(ANN.session_id, as_line("li_2"))

    after = the_pool(imported("A B"), assigned(ANN, "A")).when(KeyPool.assign, other_line, 1)

    after.then(assigned(other_line, "B"))


def test_a_line_gets_all_of_its_keys_or_waits() -> None:
    after = the_pool(imported("A")).when(KeyPool.assign, ANN, 2).then(ran_out(ANN, 2))

    assert after.state.free == keys("A")


def test_a_line_that_waits_is_not_put_in_the_queue_again() -> None:
    the_pool(ran_out(ANN, 1)).when(KeyPool.assign, ANN, 1).then_nothing()


def test_a_claim_that_fits_is_served_although_an_older_one_waits_for_more() -> None:
    the_pool(imported("A"), ran_out(ANN, 2)).when(KeyPool.assign, BOB, 1).then(assigned(BOB, "A"))


def test_an_import_serves_those_who_wait_oldest_first() -> None:
    before = the_pool(ran_out(ANN, 1), ran_out(BOB, 2), ran_out(CEM, 1))

    after = before.when(KeyPool.import_keys, ["A", "B", "C"]).then(
        imported("A B C"), assigned(ANN, "A"), assigned(BOB, "B C")
    )

    assert list(after.state.waiting) == [CEM]


def test_an_import_serves_the_oldest_that_fits() -> None:
    before = the_pool(ran_out(ANN, 3), ran_out(BOB, 1))

    before.when(KeyPool.import_keys, ["A"]).then(imported("A"), assigned(BOB, "A"))


def test_keys_that_were_left_over_count_for_those_who_wait() -> None:
    before = the_pool(imported("A"), ran_out(ANN, 2))

    before.when(KeyPool.import_keys, ["B"]).then(imported("B"), assigned(ANN, "A B"))


def test_who_was_served_by_an_import_is_not_served_by_the_next() -> None:
    the_pool(ran_out(ANN, 1), imported("A"), assigned(ANN, "A")).when(KeyPool.import_keys, ["B"]).then(imported("B"))


def test_a_line_that_needs_no_keys_any_more_is_not_served() -> None:
    after = the_pool(ran_out(ANN, 1)).when(KeyPool.stop_waiting, ANN).then(wait_ended(ANN))

    after.when(KeyPool.import_keys, ["A"]).then(imported("A"))


@pytest.mark.parametrize("before", [(), (ran_out(ANN, 1), wait_ended(ANN)), (imported("A"), assigned(ANN, "A"))])
def test_who_does_not_wait_can_not_stop_waiting(before: tuple[Event, ...]) -> None:
    the_pool(*before).when(KeyPool.stop_waiting, ANN).then_nothing()


def test_a_line_that_stopped_waiting_may_ask_again() -> None:
    the_pool(ran_out(ANN, 1), wait_ended(ANN)).when(KeyPool.assign, ANN, 1).then(ran_out(ANN, 1))


def withdrawn(text: str, were_free: int | None = None) -> KeyPool.Withdrawn:
    """All of them were free unless a number is given."""
    return KeyPool.Withdrawn(keys=keys(text), were_free=len(keys(text)) if were_free is None else were_free)


def test_a_withdrawn_key_is_given_to_no_line() -> None:
    after = the_pool(imported("A B C D")).when(KeyPool.withdraw, ["C", "A"]).then(withdrawn("C A"))

    assert after.state.free == keys("B D")
    after.when(KeyPool.assign, ANN, 2).then(assigned(ANN, "B D")).when(KeyPool.assign, BOB, 1).then(ran_out(BOB, 1))


def test_after_withdrawn_keys_a_line_gets_the_next() -> None:
    before = the_pool(imported("A B C D E"), withdrawn("A C"), assigned(ANN, "B"))

    assert before.state.free == keys("D E")
    before.when(KeyPool.assign, BOB, 1).then(assigned(BOB, "D")).when(KeyPool.assign, CEM, 1).then(assigned(CEM, "E"))


def test_withdrawn_keys_are_not_imported_whether_they_were_known_or_not() -> None:
    before = the_pool(imported("A"), withdrawn("A B", 1))

    before.when(KeyPool.import_keys, ["A", "B", "C"]).then(imported("C"))


def test_withdrawn_keys_do_not_count_for_those_who_wait() -> None:
    before = the_pool(imported("A"), ran_out(ANN, 2), withdrawn("A"))

    before.when(KeyPool.import_keys, ["B"]).then(imported("B")).when(KeyPool.import_keys, ["C"]).then(
        imported("C"), assigned(ANN, "B C")
    )


def test_keys_are_withdrawn_once() -> None:
    the_pool(withdrawn("A", 0)).when(KeyPool.withdraw, ["A", "B", "B"]).then(withdrawn("B", 0))
    the_pool(withdrawn("A", 0)).when(KeyPool.withdraw, ["A"]).then_nothing()


def test_a_key_that_a_customer_has_is_not_withdrawn_nor_any_other_with_it() -> None:
    before = the_pool(imported("A B C"), withdrawn("A"), assigned(ANN, "B"))

    before.when(KeyPool.withdraw, ["C", "B", "A"]).then_refused(refusals.keys_of_customers(as_pool("pro"), [2]))


def test_what_follows_changes_no_state_that_others_hold() -> None:
    claims = [LineRef(as_session(f"cs_test_{number}"), as_line("li_1")) for number in range(40)]
    states = [the_pool(*(imported(f"{number}a {number}b") for number in range(20))).state]
    everything = states[0].free

    for number, claim in enumerate(claims):
        states.append(given(states[-1], assigned(claim, everything[number].text)).state)

    for number, state in enumerate(states):
        assert [state.keys_of(claim) for claim in claims] == [
            (everything[n],) if n < number else () for n in range(len(claims))
        ]
        assert state.free == everything[number:]


def test_the_pool_is_what_the_stream_is_named_after() -> None:
    assert KeyPool(id=as_stream("keys_keys_1")).pool == "keys_1"


def test_a_key_never_shows_in_a_repr() -> None:
    state = the_pool(imported("SECRET OTHER"), assigned(ANN, "SECRET")).state

    assert "SECRET" not in repr((state, state.free, state.keys_of(ANN)))
