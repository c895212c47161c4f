"""`make fuzz-planted`: bugs put into a copy of our packages, and whether the fuzzer finds each, within how many runs.

It is what keeps the fuzzer honest: a target that can't fail finds nothing.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fuzz.__main__ import HERE, fuzz

_PACKAGES = ("domain", "application", "infrastructure", "interfaces")
_RUNS_MAX = 100_000
_ROOT = HERE.parents[1]
_EXECUTED = re.compile(r"stat::number_of_executed_units: (\d+)")


@dataclass(frozen=True, slots=True)
class Bug:
    """`right` stands once in the file, and is replaced by `wrong`."""

    name: str
    target: str
    file: str
    right: str
    wrong: str


BUGS: Sequence[Bug] = (
    Bug(
        "an unguarded int() in the signature header",
        "signature",
        "infrastructure/stripe/signature.py",
        "if not _TIMESTAMP.fullmatch(timestamp) or not signatures:",
        "if not timestamp or not signatures:",
    ),
    Bug(
        "a signature compared by its first digit",
        "signature",
        "infrastructure/stripe/signature.py",
        "hmac.compare_digest(expected, signature)",
        "expected[:1] == signature[:1]",
    ),
    Bug(
        "a body that is stored without its white space",
        "webhook",
        "infrastructure/stripe/envelope.py",
        "text = body.decode()",
        "text = body.decode().strip()",
    ),
    Bug(
        "a thin event that must be about something",
        "webhook",
        "infrastructure/stripe/envelope.py",
        "return _Object(id=envelope.related_object.id if envelope.related_object else None)",
        "return _Object(id=envelope.related_object.id)  # type: ignore[union-attr]",
    ),
    Bug(
        "a label that must be there",
        "stripe_answers",
        "infrastructure/stripe/translation.py",
        "label = field.label.custom if field.label else None",
        "label = field.label.custom  # type: ignore[union-attr]",
    ),
    Bug(
        "a quantity that fills the memory",
        "stripe_answers",
        "infrastructure/stripe/translation.py",
        "quantity=1 if item.quantity is None else item.quantity,",
        "quantity=len(bytearray(8 * abs(item.quantity or 1))) // 8,",
    ),
    Bug(
        "a time of Stripe's beyond the calendar",
        "stripe_answers",
        "infrastructure/stripe/translation.py",
        "created: _Moment",
        "created: int",
    ),
    Bug(
        "a language that is none",
        "paid_sessions",
        "infrastructure/customer_texts/locales.py",
        "except (UnknownLocaleError, ValueError):",
        "except UnknownLocaleError:",
    ),
    Bug(
        "a page for every session",
        "landing",
        "interfaces/web/after_checkout.py",
        "except InvalidIdentifier:",
        "except KeyError:",
    ),
    Bug(
        "a trailer that becomes a header",
        "wire",
        "interfaces/web/protocol.py",
        "self.headers = []  # for trailers, which stay unread",
        "pass",
    ),
    Bug(
        "an answer that may be as long as it likes",
        "http_callback",
        "infrastructure/deliveries/http_callback.py",
        "reference.strip()[:REFERENCE_MAX]",
        "reference.strip()",
    ),
    Bug(
        "a message that shows a secret setting",
        "settings",
        "infrastructure/setting_values.py",
        "must have {SECRET_KEY_MIN} characters or more.",
        "must have {SECRET_KEY_MIN} characters or more, not {text}.",
    ),
)


def found_after(bug: Bug) -> int | None:
    """How many runs it took; None if it was not found."""
    with tempfile.TemporaryDirectory(prefix="fulfill-planted-") as directory:
        packages = copy_of_packages(Path(directory) / "packages")
        plant(bug, packages)
        flags = [f"-runs={_RUNS_MAX}", "-print_final_stats=1"]
        outcome = fuzz(bug.target, flags, Path(directory), packages=packages)
    executed = _EXECUTED.search(outcome.output)
    return int(executed[1]) if outcome.code != 0 and executed else None


def copy_of_packages(directory: Path) -> Path:
    for package in _PACKAGES:
        shutil.copytree(_ROOT / package, directory / package, ignore=shutil.ignore_patterns("__pycache__"))
    return directory


def plant(bug: Bug, packages: Path) -> None:
    """
    Raises:
        ValueError: what is to be replaced does not stand there once.
    """
    file = packages / bug.file
    text = file.read_text()
    if text.count(bug.right) != 1:
        raise ValueError(f"{bug.file} does not have this once: {bug.right}")
    file.write_text(text.replace(bug.right, bug.wrong))


def main() -> int:
    found = {bug.name: found_after(bug) for bug in BUGS}
    for name, runs in found.items():
        print(f"{name:46} {'NOT FOUND' if runs is None else f'found after {runs:,} runs'}", flush=True)
    return 0 if all(runs is not None for runs in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
