"""The whole engine under one clock, with the mishaps of a seed. See `run.play`.

`make simulate SEEDS=1000` runs any number of seeds. These tests run the first ones, most of them only in `make check`.
"""

from collections.abc import Iterable

import pytest
from simulation.planted import BUGS, planted
from simulation.run import play
from simulation.shrink import shrink
from simulation.story import story

from application.ports import WebhookDelivery
from interfaces.web.webhook import Webhook

SEEDS_AT_FIRST = 8
SEEDS = 96
SHARDS = 8
KNOWN: dict[int, str] = {}
"""Further seeds that have found a bug, each with the bug."""
NOTICED_BY = {
    "canceled_line_keeps_its_stock": 15,
    "canceled_while_under_way": 62,
    "canceled_checkout_delivered_once_paid": 33,
    "never_asks_again": 1,
    "parcel_reported_twice": 1,
    "keys_not_handed_over": 1,
    "complete_taken_for_paid": 1,
    "failed_payment_keeps_its_stock": 6,
    "orphans_never_resumed": 2,
    "stale_memory": 3,
    "one_piece_leaves_the_shelf": 2,
    "free_never_paid": 2,
    "shipped_without_its_stock": 133,
    "completed_while_under_way": 27,
    "given_up_at_first_failure": 1,
    "parked_and_forgotten": 11,
    "mark_before_fulfill": 2,
    "check_then_act": 10,
    "stock_read_outside_its_transaction": 299,
    "acknowledged_before_durable": 9,
    "failure_acknowledged": 16,
    "lease_without_fencing": 8,
    "outdated_mail_goes_out": 8,
    "page_promises_a_mail": 28,
    "delivery_key_that_changes_on_retry": 24,
    "late_unpaid_regresses_paid": 44,
    "one_key_twice": 38,
    "outcome_dropped": 34,
    "conflict_skipped": 299,
    "view_moved_unchecked": 0,
    "receipt_forgotten_after_early_look": 22,
    "views_of_another_log": 6,
    "memory_of_another_log": 5,
    "view_known_by_its_number": 10,
    "gap_accepted": 15,
    "schedule_of_a_wrong_clock_kept": 212,
    "crash_repeated_forever": 30,
    "given_up_by_a_host_that_lacks_its_kind": 52,
    "shell_leads_by_its_own_catalog": 48,
    "shell_replans_by_its_own_catalog": 37,
    "canceled_payment_keeps_its_stock": 6,
    "backorder_never_served": 10,
    "rebuild_that_acts": 20,
    "view_skips_a_batch": 6,
    "claim_dropped": 190,
}
"""By planted bug, a seed that is known to notice it: the test tries it first."""
SEEDS_MAX = 400
"""The simulation must notice each planted bug within so many seeds."""


def _assert_invariants_hold(seeds: Iterable[int]) -> None:
    for seed in seeds:
        outcome = play(story(seed))
        assert not outcome.problems, f"make simulate SEED={seed}: {outcome.problems[:3]}"


def test_whatever_goes_wrong_the_invariants_hold() -> None:
    _assert_invariants_hold(range(SEEDS_AT_FIRST))


@pytest.mark.long
@pytest.mark.parametrize("shard", range(SHARDS))
def test_whatever_goes_wrong_in_many_runs_the_invariants_hold(shard: int) -> None:
    _assert_invariants_hold([*range(SEEDS_AT_FIRST, SEEDS), *KNOWN][shard::SHARDS])


def test_the_same_seed_is_the_same_run_to_the_letter() -> None:
    first, second = play(story(17)), play(story(17))

    assert first.trace == second.trace
    assert first.mishaps == second.mishaps


@pytest.mark.long
def test_a_run_can_be_repeated_from_its_mishaps() -> None:
    first = play(story(11))

    again = play(first.story, first.mishaps)

    assert first.mishaps
    assert again.trace == first.trace


@pytest.mark.long
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_noticed(bug: str) -> None:
    with planted(bug):
        known = NOTICED_BY.get(bug)
        seeds = [*([known] if known is not None else []), *range(SEEDS_MAX)]
        noticed = next((seed for seed in seeds if play(story(seed)).problems), None)

    assert noticed is not None, f"{bug} goes unnoticed in {SEEDS_MAX} seeds"


def test_what_the_engine_calls_critical_is_a_problem_even_if_stripe_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append = Webhook._append
    seen: set[str] = set()

    async def stumble_once(self: Webhook, delivery: WebhookDelivery) -> bool:
        if delivery.event_id not in seen:
            seen.add(delivery.event_id)
            raise KeyError("a bug")
        return await append(self, delivery)

    monkeypatch.setattr(Webhook, "_append", stumble_once)

    assert play(story(0)).problems == ["logged as critical: webhook delivery: KeyError: 'a bug'"] * len(seen)


def test_a_request_that_raises_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    async def raises(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(Webhook, "__call__", raises)

    assert play(story(0)).problems == ["KeyError: 'a bug'"]


def test_problems_name_the_customers_instead_of_their_sessions() -> None:
    with planted("lost_position"):
        problems = play(story(0)).problems

    assert any("(anna)" in problem for problem in problems)
    assert not any("cs_test_" in problem for problem in problems)


@pytest.mark.long
def test_a_failing_run_is_made_shorter_and_still_fails() -> None:
    with planted("one_piece_leaves_the_shelf"):
        outcome = next(found for seed in range(SEEDS_MAX) if (found := play(story(seed))).problems)

        short = shrink(outcome, tries_max=60)

    assert short.problems
    assert len(short.story.steps) + len(short.mishaps) < (len(outcome.story.steps) + len(outcome.mishaps)) / 2
