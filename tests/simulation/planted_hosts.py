"""Bugs that show when hosts differ, as in their clocks, or when a delivery ends them."""

import pytest

from application.candidates import Candidates
from domain import effect


def time_of_a_wrong_clock_waited_for(patch: pytest.MonkeyPatch) -> None:
    """What a clock that was weeks ahead has put off is not done before these weeks have passed."""
    patch.setattr(Candidates, "_was_never_due", lambda *_: False)


def repeated_whatever_it_ends(patch: pytest.MonkeyPatch) -> None:
    """A delivery that ends its process is repeated for ever."""
    patch.setattr(effect, "ORPHANS_MAX", 10_000)
    patch.setattr(effect, "_ORPHAN_PAUSES", effect._ORPHAN_PAUSES + effect._ORPHAN_PAUSES[-1:] * 10_000)


PLANTS = (time_of_a_wrong_clock_waited_for, repeated_whatever_it_ends)
