"""The shop and the tests of docs/testing-your-shop.md, run as a merchant would run them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from interfaces.sandbox.testing import StripeSandbox

TEXT = (Path(__file__).parents[2] / "docs" / "testing-your-shop.md").read_text()
SHOP, TESTS = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
LOOK_FIRST = '    if session.payment_status != "unpaid":'


def run(directory: Path, shop: str, *arguments: str, tests: str = TESTS) -> "subprocess.CompletedProcess[str]":
    """pytest, in a directory with these two files and nothing of ours."""
    (directory / "shop.py").write_text(shop)
    (directory / "test_shop.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300)


def test_the_shop_on_the_page_passes_its_tests(tmp_path: Path) -> None:
    done = run(tmp_path, SHOP)

    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize(
    ("right", "wrong", "chosen", "failure"),
    [
        (LOOK_FIRST, "    if True:", "debit", "test_a_debit_is_waited_for"),
        ("return 500  # Stripe sends it again.", "return 200", "stormy", "and not handed over"),
        ("return 400", "return 200", "stormy", "believed"),
        ("session.amount_total", "4900", "stormy", "and handed over for 4900"),
    ],
    ids=["hands over what is unpaid", "forgets what failed", "answers what is forged", "knows one price"],
)
def test_a_shop_with_a_bug_fails_them(tmp_path: Path, right: str, wrong: str, chosen: str, failure: str) -> None:
    assert right in SHOP

    done = run(tmp_path, SHOP.replace(right, wrong), "-k", chosen)

    assert done.returncode == 1, done.stdout
    assert failure in done.stdout


@pytest.mark.long
def test_a_failure_says_how_to_repeat_it_and_what_was_delivered(tmp_path: Path) -> None:
    broken = SHOP.replace(LOOK_FIRST, "    if False:")

    first = run(tmp_path, broken, "-k", "paid_is_handed")
    (seed,) = set(re.findall(r"^To repeat it: --stripe-sandbox-seed=(\d+)$", first.stdout, re.MULTILINE))
    again = run(tmp_path, broken, "-k", "paid_is_handed", f"--stripe-sandbox-seed={seed}")
    other = run(tmp_path, broken, "-k", "paid_is_handed", "--stripe-sandbox-seed=1")

    def sessions(done: "subprocess.CompletedProcess[str]") -> set[str]:
        return set(re.findall(r"checkout\.session\.completed of (cs_test_\w+): delivered \(200\)", done.stdout))

    assert len(sessions(first)) == 1
    assert sessions(first) == sessions(again) != sessions(other)


def test_tests_that_do_not_ask_for_it_load_nothing(tmp_path: Path) -> None:
    tests = (
        "import sys\n"
        "def test_it():\n"
        "    ours = {name for name in sys.modules if name.startswith('interfaces')}\n"
        "    assert ours == {'interfaces', 'interfaces.sandbox', 'interfaces.sandbox.pytest_plugin'}\n"
        "    assert sys.modules.keys().isdisjoint({'stripe', 'starlette', 'uvicorn', 'msgspec', 'httpx2', 'jinja2'})\n"
    )

    done = run(tmp_path, SHOP, tests=tests)

    assert done.returncode == 0, done.stdout


def test_the_page_names_everything_that_the_fixture_has() -> None:
    public = {name for name in (*vars(StripeSandbox), "api_key", "sandbox") if not name.startswith("_")}

    assert len(public) > 10
    assert {name for name in public if f"| `{name}" not in TEXT and f", `{name}`" not in TEXT} == set()
