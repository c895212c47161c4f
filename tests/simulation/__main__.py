"""`make simulate SEEDS=1000`: plays 1,000 runs, each from its own seed. Shortens and reports each run that fails."""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from simulation.planted import BUGS, planted
from simulation.run import Outcome, play
from simulation.shrink import shown, shrink
from simulation.story import story

_FAILURES_MAX = 5
_TRACE_LINES_MAX = 400


def main() -> int:
    options = _options()
    if options.bugs:
        return _bugs(options.seeds)
    seeds = [options.seed] if options.seed is not None else range(options.first, options.first + options.seeds)
    began, failed, turns, mishaps = time.monotonic(), 0, 0, 0
    for number, outcome in enumerate(_played(seeds), 1):
        turns += outcome.turns
        mishaps += len(outcome.mishaps)
        if outcome.problems:
            failed += 1
            _report(outcome)
        if failed == _FAILURES_MAX:
            break
        _progress(f"{number} of {len(seeds)} seeds, {failed} failed, {turns:,} turns, {mishaps:,} mishaps")
    seconds = time.monotonic() - began
    print(f"\n{number} seeds, {failed} failed, {turns:,} turns, {mishaps:,} mishaps, {seconds:.0f} s")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, help="play only this seed, and print its trace if it fails")
    parser.add_argument("--bugs", action="store_true", help="count the seeds that it takes to notice each planted bug")
    return parser.parse_args()


def _played(seeds: Sequence[int]) -> Iterator[Outcome]:
    if len(seeds) == 1:
        yield _one(seeds[0])
        return
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(_one, seeds, chunksize=4)


def _one(seed: int) -> Outcome:
    return play(story(seed))


def _report(outcome: Outcome) -> None:
    print(f"\nSeed {outcome.story.seed} fails:")
    for problem in outcome.problems[:5]:
        print(f"  {problem}")
    short = shrink(outcome, report=lambda text: _progress(f"shrinking: {text}"))
    print("\nThe shortest run found that fails in the same way:")
    for line in (*shown(short.story, short.mishaps), *short.problems[:3]):
        print(f"  {line}")
    print("\nWhat happened:")
    for line in short.trace[-_TRACE_LINES_MAX:]:
        print(f"  {line}")
    print(f"Again: make simulate SEED={outcome.story.seed}")


def _bugs(seeds_max: int) -> int:
    """Print a line for each planted bug: how many seeds it takes to notice it. Return 1 if one goes unnoticed."""
    missed = 0
    for name, plant in BUGS.items():
        with planted(name):
            noticed = next((seed for seed in range(seeds_max) if _one(seed).problems), None)
        missed += noticed is None
        seeds = f"none of {seeds_max}" if noticed is None else str(noticed + 1)
        print(f"| {name.replace('_', ' ')} | {plant.__doc__} | {seeds} |", flush=True)
    return 1 if missed else 0


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
