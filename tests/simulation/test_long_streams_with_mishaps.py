"""Runs in which nearly every stream is long: folded outside the writer, from its state row on."""

from dataclasses import replace

import pytest
from simulation.run import play
from simulation.story import story

SHARDS = 4
SEEDS = 12


@pytest.mark.long
@pytest.mark.parametrize("shard", range(SHARDS))
def test_whatever_goes_wrong_long_streams_are_right(shard: int) -> None:
    for seed in range(SEEDS)[shard::SHARDS]:
        outcome = play(replace(story(seed), page_events=2))
        assert not outcome.problems, f"seed {seed} with pages of 2 events: {outcome.problems[:3]}"
