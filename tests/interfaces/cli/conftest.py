"""Commands run in-process, in a directory of their own, over a log in which everything occurs."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sample_log import sample_log

from application.log import Log
from infrastructure.event_store.sqlite import sqlite_environment
from interfaces.cli.main import run


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Said]


@pytest.fixture
def fulfill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run one command and return what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_example1234")
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_example")

    def fulfill(*arguments: str) -> Said:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return fulfill


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    """The sample log, where commands look for one."""
    path = tmp_path / "fulfillment.db"
    log = Log(dict(sqlite_environment(path, create_tables=True)))
    log.store.insert_events(log.encode(sample_log()))
    log.close()
    return path
