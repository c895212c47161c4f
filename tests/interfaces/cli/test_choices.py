"""The closed sets that the command line writes out are those of the engine."""

from collections.abc import Iterable
from typing import get_args

import pytest

from application.reading.checkout_state import CheckoutState, Situation
from application.reading.remedies import KINDS, RETRIED
from domain.mail import MailKind
from interfaces.cli.arguments.state_words import StateWord
from interfaces.cli.choices import MailName, RetriedTask, ScenarioName, Task
from interfaces.sandbox.traffic.scenarios import SCENARIOS


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (Task, KINDS),
        (RetriedTask, RETRIED),
        (MailName, MailKind),
        (ScenarioName, SCENARIOS),
        (StateWord, dict.fromkeys((*CheckoutState, *Situation))),
    ],
    ids=["tasks", "retried tasks", "mails", "scenarios", "states"],
)
def test_every_choice_is_offered_and_no_other(written: object, meant: Iterable[str]) -> None:
    assert list(get_args(written)) == list(map(str, meant))
