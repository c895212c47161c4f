"""A member that is added to a closed set alone fails type checking at each place that must know it."""

import subprocess
import sys
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class HalfAdded:
    """A member that is added to the list alone."""

    module: Path
    after: str
    member: str
    named: str
    """As the type checker names it."""
    places: Set[Path]
    questions: int | None = None
    """How many answers its own module lacks, if the test counts them."""


KIND = HalfAdded(
    module=Path("domain/deliveries/kind.py"),
    after='    MANUAL = "manual"\n',
    member='    DRONE = "drone"\n',
    named="DeliveryKind.DRONE",
    places={
        Path("domain/deliveries/kind.py"),
        Path("domain/deliveries/by_kind.py"),
        Path("application/text/wording.py"),
        Path("infrastructure/catalog_file.py"),
        Path("infrastructure/customer_texts/mail_texts.py"),
    },
    questions=3,
)
STATE = HalfAdded(
    module=Path("domain/line.py"),
    after='    GIVEN_UP = "given_up"\n',
    member='    REVOKED = "revoked"\n',
    named="LineState.REVOKED",
    places={
        Path("domain/line.py"),
        Path("application/running/handlers.py"),
        Path("application/reading/checkout_state.py"),
        Path("application/reading/parts.py"),
        Path("application/reading/projections/work_queue.py"),
        Path("application/text/wording.py"),
        Path("infrastructure/customer_texts/mail_texts.py"),
    },
)
EVENT_TYPE = HalfAdded(
    module=Path("domain/session_event_type.py"),
    after='    EXPIRED = "checkout.session.expired"\n',
    member='    REOPENED = "checkout.session.reopened"\n',
    named="SessionEventType.REOPENED",
    places={Path("domain/session_event_type.py"), Path("domain/policies/stripe_events.py")},
)
CHECKOUT_STATE = HalfAdded(
    module=Path("application/reading/checkout_state.py"),
    after='    OTHER_APPLICATION = "other_application"\n',
    member='    REFUNDED = "refunded"\n',
    named="CheckoutState.REFUNDED",
    places={Path("application/reading/checkout_state.py"), Path("application/reading/states_in_words.py")},
)
SITUATION = HalfAdded(
    module=Path("application/reading/checkout_state.py"),
    after='    PAID_TWICE = "paid_twice"\n',
    member='    REFUNDED = "refunded"\n',
    named="Situation.REFUNDED",
    places={Path("application/reading/states_in_words.py")},
)
WORK = HalfAdded(
    module=Path("application/reading/work.py"),
    after='    LOW_KEYS = "low_keys"\n',
    member='    FULL_DISK = "full_disk"\n',
    named="OtherWork.FULL_DISK",
    places={Path("application/reading/remedies.py")},
)
ROW_OF_WORK = HalfAdded(
    module=Path("application/reading/work.py"),
    after='    FAILED_STRIPE_EVENT = "failed_stripe_event"\n',
    member='    DISPUTED = "disputed"\n',
    named="Work.DISPUTED",
    places={Path("application/reading/work.py"), Path("application/reading/remedies.py")},
)
REMEDY = HalfAdded(
    module=Path("application/reading/remedies.py"),
    after='    REBUILD = "rebuild"\n    """Of a view."""\n',
    member='    REFUND = "refund"\n',
    named="Remedy.REFUND",
    places={Path("interfaces/cli/output/pasting.py")},
)
REFUSAL = HalfAdded(
    module=Path("domain/refusal.py"),
    after='    NO_PARCEL = "no_parcel"\n',
    member='    PARCEL_LOST = "parcel_lost"\n',
    named="RefusalCode.PARCEL_LOST",
    places={Path("application/text/refusal_wording.py")},
)
IDENTIFIER = HalfAdded(
    module=Path("domain/identifiers.py"),
    after='    KEY_POOL = "key_pool"\n',
    member='    PARCEL = "parcel"\n',
    named="IdentifierKind.PARCEL",
    places={Path("application/text/identifier_wording.py")},
)
LOG_LINE = HalfAdded(
    module=Path("application/log_line.py"),
    after='    LEADING = "leading"\n',
    member='    PAUSED = "paused"\n',
    named="LogLine.PAUSED",
    places={Path("infrastructure/log_lines.py")},
)


@pytest.mark.long
@pytest.mark.parametrize(
    "added",
    [KIND, STATE, EVENT_TYPE, CHECKOUT_STATE, SITUATION, WORK, ROW_OF_WORK, REMEDY, REFUSAL, IDENTIFIER, LOG_LINE],
    ids=[
        "a delivery",
        "a line's state",
        "a Stripe event type",
        "a checkout's state",
        "a checkout's situation",
        "a task",
        "a task with a row",
        "a remedy",
        "a refusal",
        "an identifier",
        "a line of the program's log",
    ],
)
def test_what_is_added_to_the_list_alone_fails_type_checking_where_it_is_missing(
    tmp_path: Path, added: HalfAdded
) -> None:
    source = (ROOT / added.module).read_text()
    assert source.count(added.after) == 1
    with_another = tmp_path / added.module.name
    with_another.write_text(source.replace(added.after, added.after + added.member))
    shadow: list[str | Path] = ["--shadow-file", added.module, with_another]

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *shadow, "--cache-dir", tmp_path / "cache", *added.places],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    errors = [line for line in checked.stdout.splitlines() if ": error: " in line]
    assert {Path(line.split(":")[0]) for line in errors} == added.places, checked.stdout + checked.stderr
    assert all(added.named in line for line in errors), checked.stdout
    in_module = [line for line in errors if Path(line.split(":")[0]) == added.module]
    assert added.questions in {None, len(in_module)}, checked.stdout
