"""docs/going-live.md and docs/architecture.md are true."""

import re
from pathlib import Path

from domain.policies.stripe_events import HANDLED
from infrastructure.setting_list import SETTINGS

DOCS = Path(__file__).parents[2] / "docs"
GOING_LIVE = (DOCS / "going-live.md").read_text()
ROOT = Path(__file__).parents[2]


def test_every_event_to_register_is_named_for_the_stripe_cli_and_for_the_endpoint() -> None:
    command = re.search(r"--events (\S+)", GOING_LIVE)

    assert command is not None
    assert set(command[1].split(",")) == set(HANDLED)
    assert [kind for kind in HANDLED if f"`{kind}`" not in GOING_LIVE] == []


def test_the_same_events_are_named_where_the_stripe_cli_listens_to_the_sandbox() -> None:
    command = re.search(r"--events (\S+)", (DOCS / "sandbox.md").read_text())

    assert command is not None
    assert set(command[1].split(",")) == set(HANDLED)


def test_only_settings_that_exist_are_named() -> None:
    named = set(re.findall(r"\b(?:STRIPE|FULFILL|SMTP|MAIL|DATABASE)_[A-Z_]+\b", GOING_LIVE))

    assert named <= {each.name for each in SETTINGS}
    assert {each.name for each in SETTINGS if each.is_required} <= named


def test_the_placeholder_stands_exactly_as_stripe_wants_it() -> None:
    assert GOING_LIVE.count("after-checkout?session_id={CHECKOUT_SESSION_ID}") == 2


def test_the_lines_of_the_log_that_are_shown_are_those_that_are_written() -> None:
    source = "".join(path.read_text() for path in (ROOT / "application").rglob("*.py"))
    source += "".join(path.read_text() for path in (ROOT / "interfaces" / "web").rglob("*.py"))

    shown = re.findall(r'\{"event":"([^"]+)"', GOING_LIVE)

    assert shown == ["webhook delivery", "decision", "effect attempted"]
    assert [event for event in shown if f'"{event}"' not in source] == []
