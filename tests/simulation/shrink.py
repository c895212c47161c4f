"""Shortens a failing run until a person can read it: only the steps and mishaps that it takes to fail."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from simulation.chance import Mishap
from simulation.run import Outcome, play
from simulation.story import Step, Story

TRIES_MAX = 300
_Part = Step | Mishap


def shrink(outcome: Outcome, *, tries_max: int = TRIES_MAX, report: Callable[[str], None] = lambda _: None) -> Outcome:
    """Return the shortest run that fails in the same way, of at most `tries_max` tries."""
    return _Shrinking(outcome, tries_max, report).shortest()


class _Shrinking:
    def __init__(self, outcome: Outcome, tries_max: int, report: Callable[[str], None]) -> None:
        self._best = outcome
        self._tries_left = tries_max
        self._report = report

    def shortest(self) -> Outcome:
        self._leave_out_groups(lambda mishap: mishap.what)
        self._leave_out_groups(lambda mishap: mishap.place)
        size = max(1, len(self._parts) // 2)
        while size:
            if not self._leave_out(size):
                size //= 2
        return self._best

    def _leave_out_groups(self, key: Callable[[Mishap], str]) -> None:
        """Leave out whole groups of mishaps first: most mishaps of a run have nothing to do with its failure."""
        for group in dict.fromkeys(map(key, self._best.mishaps)):
            kept = [mishap for mishap in self._best.mishaps if key(mishap) != group]
            if self._tries_left and len(kept) < len(self._best.mishaps):
                self._fails_with([*self._best.story.steps, *kept])

    @property
    def _parts(self) -> Sequence[_Part]:
        return [*self._best.story.steps, *self._best.mishaps]

    def _leave_out(self, size: int) -> bool:
        """Try to leave out every group of `size` neighboring parts. Return whether one could be left out."""
        did, start = False, 0
        while start < len(self._parts) and self._tries_left:
            parts = self._parts
            if self._fails_with([*parts[:start], *parts[start + size :]]):
                did = True
            else:
                start += size
        return did and self._tries_left > 0

    def _fails_with(self, parts: Sequence[_Part]) -> bool:
        self._tries_left -= 1
        story = replace(self._best.story, steps=[part for part in parts if isinstance(part, Step)])
        tried = play(story, [part for part in parts if isinstance(part, Mishap)])
        fails = bool(tried.problems) and _kind(tried) == _kind(self._best)
        if fails and len(_all(tried)) <= len(parts):
            self._best = tried
            self._report(f"{len(tried.story.steps)} steps, {len(tried.mishaps)} mishaps")
        return fails


def _all(outcome: Outcome) -> Sequence[_Part]:
    return [*outcome.story.steps, *outcome.mishaps]


def _kind(outcome: Outcome) -> str:
    """The first problem, without the customer that it is about."""
    return re.sub(r"\w*\([a-z]+\)\w*|[a-z]*_[A-Za-z0-9_]+|\w+@\S+|\d+", "", outcome.problems[0])[:60]


def shown(story: Story, mishaps: Sequence[Mishap]) -> Sequence[str]:
    """One line for each step and each mishap."""
    return [
        f"servers {', '.join(story.servers)}; deliveries take up to {story.delivery_seconds_max:.0f} s, "
        f"policies lag up to {story.lag_seconds_max:.0f} s, "
        f"without a courier: {', '.join(story.without_courier) or 'none'}",
        *(str(step) for step in story.steps),
        *(f"mishap: {mishap}" for mishap in mishaps),
    ]
