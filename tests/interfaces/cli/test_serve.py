"""`fulfill serve` and `worker` run until they are stopped, and end cleanly."""

import json
import re
import signal
from collections.abc import Callable
from subprocess import Popen

import loopback
import pytest
from processes import stop

from infrastructure.database import parse_database
from interfaces.databases import migrate

SETTINGS = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_example"}
Start = Callable[..., "Popen[str]"]


@pytest.fixture
def migrated(store_url: str) -> str:
    migrate(parse_database(store_url))
    return store_url


def wait_for(process: "Popen[str]", words: str) -> str:
    """Return the line of its log with these words."""
    assert process.stderr is not None
    for line in process.stderr:
        event = str(json.loads(line)["event"])
        if words in event:
            return event
    raise AssertionError(f"it ended before it said {words!r}")


def test_serve_serves_until_it_is_stopped(start: Start, migrated: str) -> None:
    process = start("serve", "--port", "0", "--with-worker", "--json", **SETTINGS, DATABASE_URL=migrated)
    _, url, _ = re.split(r"(http://\S+)", wait_for(process, "Uvicorn running on"))

    answer = loopback.get(f"{url}/readyz")
    code, out, _ = stop(process)

    assert answer.status_code == 200
    assert (code, json.loads(out)) == (0, {"state": "stopped"})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_worker_works_until_it_is_stopped(start: Start, migrated: str, number: signal.Signals) -> None:
    process = start("worker", "--json", **SETTINGS, DATABASE_URL=migrated)
    wait_for(process, "working")

    code, out, err = stop(process, number)

    assert (code, json.loads(out)) == (0, {"state": "stopped"})
    assert json.loads(err.splitlines()[-1])["event"] == "stopped"
