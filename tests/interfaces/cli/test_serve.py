"""`fulfill serve` and `worker` run until they are stopped, and end cleanly."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import loopback
import pytest
from every_store import sqlite_url
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
    raise AssertionError(f"it ended before it printed {words!r}")


def test_serve_serves_until_it_is_stopped(start: Start, migrated: str) -> None:
    process = start("serve", "--port", "0", "--with-worker", "--json", **SETTINGS, DATABASE_URL=migrated)
    _, url, _ = re.split(r"(http://\S+)", wait_for(process, "Uvicorn running on"))

    answer = loopback.get(f"{url}/readyz")
    code, out, _ = stop(process)

    assert answer.status_code == 200
    assert (code, json.loads(out)) == (0, {"state": "stopped"})


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.long), signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_worker_works_until_it_is_stopped(start: Start, migrated: str, number: signal.Signals) -> None:
    process = start("worker", "--json", **SETTINGS, DATABASE_URL=migrated)
    wait_for(process, "working")

    code, out, err = stop(process, number)

    assert (code, json.loads(out)) == (0, {"state": "stopped"})
    assert json.loads(err.splitlines()[-1])["event"] == "stopped"


@pytest.mark.parametrize("command", ["serve", pytest.param("worker", marks=pytest.mark.long)])
def test_a_full_collection_of_a_running_process_skips_what_was_there_at_its_start(tmp_path: Path, command: str) -> None:
    """A thread asks the process itself, and ends it."""
    script = f"""
import gc, os, sys, threading, time
from interfaces.cli.main import main

def look():
    while not (gc.get_freeze_count() or time.monotonic() > deadline):
        time.sleep(0.05)
    print(gc.get_freeze_count(), len(gc.get_objects()), flush=True)
    os._exit(0)

deadline = time.monotonic() + 30
threading.Thread(target=look).start()
sys.argv = ["fulfill", "{command}"] + (["--port", "0"] if "{command}" == "serve" else [])
main()
"""
    environment = {**os.environ, **SETTINGS, "DATABASE_URL": sqlite_url(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    frozen, walked = map(int, done.stdout.split()[-2:])
    assert frozen > 10 * walked
