"""The command line itself."""

import subprocess
import sys

import pytest

from interfaces.cli.main import command_line

HEAVY = ("stripe", "starlette", "uvicorn", "eventsourcing", "jinja2", "babel", "httpx2")


def loaded_by(*arguments: str) -> set[str]:
    script = (
        "import sys; from interfaces.cli.main import run; code = run(sys.argv[1:]);"
        "print(code, *sorted(name for name in sys.modules if '.' not in name), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60)
    return set(done.stderr.split())


def test_help_comes_without_loading_the_engine() -> None:
    loaded = loaded_by("--help")

    assert "0" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_a_command_that_reads_does_not_wait_for_stripes_sdk() -> None:
    assert loaded_by("queue").isdisjoint({"stripe", "starlette", "uvicorn", "requests", "jinja2"})


PROMISED = (
    "serve worker migrate demo sandbox checkout search run complete ship retry replan note stock keys projections"
)


@pytest.mark.parametrize("name", PROMISED.split())
def test_every_promised_command_is_there(name: str) -> None:
    assert command_line()[name].help
