"""Bugs that show when hosts differ, in their clocks or in what they can carry out, or when a delivery ends them."""

from datetime import timedelta

import pytest

from application.running import candidates
from application.running.candidates import Candidates
from domain import effect
from interfaces.cli.desk import Desk


def time_of_a_wrong_clock_waited_for(patch: pytest.MonkeyPatch) -> None:
    """An effect that a clock weeks ahead has put off waits until those weeks have passed."""
    patch.setattr(Candidates, "_is_ahead", lambda *_: False)


def repeated_whatever_it_ends(patch: pytest.MonkeyPatch) -> None:
    """A delivery that ends its process is repeated forever."""
    patch.setattr(effect, "ORPHANS_MAX", 10_000)
    patch.setattr(effect, "_ORPHAN_PAUSES", effect._ORPHAN_PAUSES + effect._ORPHAN_PAUSES[-1:] * 10_000)


def given_up_by_who_does_not_know_it(patch: pytest.MonkeyPatch) -> None:
    """A host that can't carry out an effect gives it up at once, although other hosts could."""
    patch.setattr(candidates, "LEFT_TO_OTHERS", timedelta(0))
    patch.setattr(effect, "LEFT_TO_OTHERS", timedelta(0))


def shell_leads_by_its_own_catalog(patch: pytest.MonkeyPatch) -> None:
    """A staff command decides by the catalog of its shell, although the last server had another one."""
    patch.setattr(Desk, "_differing", lambda _: [])


def shell_replans_by_its_own_catalog(patch: pytest.MonkeyPatch) -> None:
    """A staff command replans by the catalog of its shell, although the last server had another one."""
    patch.setattr(Desk, "check_catalog", lambda _: None)


PLANTS = (
    time_of_a_wrong_clock_waited_for,
    repeated_whatever_it_ends,
    given_up_by_who_does_not_know_it,
    shell_leads_by_its_own_catalog,
    shell_replans_by_its_own_catalog,
)
