"""Bugs that show only if hosts differ in their clocks, kinds or catalogs, or if a delivery crashes its process."""

from datetime import timedelta

import pytest

from application.running import candidates
from application.running.candidates import Candidates
from domain import effect
from interfaces.cli.running.desk import Desk


def schedule_of_a_wrong_clock_kept(patch: pytest.MonkeyPatch) -> None:
    """An effect that a clock weeks ahead has scheduled waits for those weeks."""
    patch.setattr(Candidates, "_is_ahead", lambda *_: False)


def crash_repeated_forever(patch: pytest.MonkeyPatch) -> None:
    """A delivery that crashes its process is repeated forever."""
    patch.setattr(effect, "ORPHANS_MAX", 10_000)
    patch.setattr(effect, "_ORPHAN_PAUSES", effect._ORPHAN_PAUSES + effect._ORPHAN_PAUSES[-1:] * 10_000)


def given_up_by_a_host_that_lacks_its_kind(patch: pytest.MonkeyPatch) -> None:
    """A host that can't carry out an effect gives it up at once, although other hosts can."""
    patch.setattr(candidates, "LEFT_TO_OTHERS", timedelta(0))
    patch.setattr(effect, "LEFT_TO_OTHERS", timedelta(0))


def shell_leads_by_its_own_catalog(patch: pytest.MonkeyPatch) -> None:
    """A staff command decides by the catalog of its shell, although the last server had another one."""
    patch.setattr(Desk, "_differing", lambda _: [])


def shell_replans_by_its_own_catalog(patch: pytest.MonkeyPatch) -> None:
    """A staff command replans by the catalog of its shell, although the last server had another one."""
    patch.setattr(Desk, "check_catalog", lambda _: None)


PLANTS = (
    schedule_of_a_wrong_clock_kept,
    crash_repeated_forever,
    given_up_by_a_host_that_lacks_its_kind,
    shell_leads_by_its_own_catalog,
    shell_replans_by_its_own_catalog,
)
