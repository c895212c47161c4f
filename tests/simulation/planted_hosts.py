"""Bugs that show when hosts differ, as in their clocks."""

import pytest

from application.candidates import Candidates


def time_of_a_wrong_clock_waited_for(patch: pytest.MonkeyPatch) -> None:
    """What a clock that was weeks ahead has put off is not done before these weeks have passed."""
    patch.setattr(Candidates, "_was_never_due", lambda *_: False)


PLANTS = (time_of_a_wrong_clock_waited_for,)
