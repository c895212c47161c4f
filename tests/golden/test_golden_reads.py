"""What policies have read since their first version is a contract with every log that they follow."""

from pathlib import Path

from application.running.readings import readings
from application.running.registry import READERS
from domain.catalog import Catalog
from infrastructure.settings import load_settings
from interfaces.bootstrap import policies

GOLDEN = Path(__file__).with_name("policy_reads.txt")


def test_what_a_policy_has_read_since_its_first_version_never_changes() -> None:
    listed = GOLDEN.read_text().splitlines()
    found = sorted(f"{each.name}: {kind.TOPIC}" for each in readings(READERS) if each.is_own for kind in each.kinds)

    new, gone = sorted(set(found) - set(listed)), sorted(set(listed) - set(found))

    assert not new, (
        f"{', '.join(new)}: a log that the policy has followed would not show it the old events, without a word. Name "
        f"the kind in the policy's `further`, with where it begins. A policy that is new is added to {GOLDEN.name}."
    )
    assert not gone, (
        f"{', '.join(gone)}: events of this kind would be skipped from now on, and never be decided over if it comes "
        f"back. If that is meant, take the line out of {GOLDEN.name}."
    )
    assert listed == found, f"{GOLDEN.name} is not in alphabetical order, or names something twice."


def test_every_policy_that_runs_is_listed() -> None:
    settings = load_settings({"STRIPE_API_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}, None)

    running = policies(settings, Catalog())

    assert [each.name for each in running] == [each.name for each in READERS]
