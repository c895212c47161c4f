"""Views are listed, rebuilt and verified; a rebuild that was stopped is resumed by the same command."""

import signal
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from busy_log import busy_log
from every_store import sqlite_url
from read_side import open_read_side
from sample_log import END

from application.reading.rebuild import Progress, Rebuild
from application.reading.registry import PROJECTIONS
from domain.event import Event
from infrastructure.views.sqlite import scratch_views
from interfaces.cli.projections import resumable

Fulfill = Callable[..., Any]
VIEWS = "fulfillment-views.db"


def test_every_view_is_listed_before_it_is_built_and_after(fulfill: Fulfill, log_file: Path) -> None:
    before = fulfill("projections", "list", "--json").json
    fulfill("queue")
    after = fulfill("projections", "list", "--json").json

    names = sorted(projection.name for projection in PROJECTIONS)
    assert [(view["name"], view["position"], view["state"]) for view in before] == [(n, 0, "building") for n in names]
    assert [(view["name"], view["position"], view["state"]) for view in after] == [(n, END, "live") for n in names]


def test_a_view_that_is_wrong_is_reported_with_its_rows_and_mended(fulfill: Fulfill, log_file: Path) -> None:
    fulfill("queue")
    with sqlite3.connect(log_file.with_name(VIEWS)) as views:
        [(table,)] = views.execute("SELECT name FROM sqlite_master WHERE name LIKE 'stock_v%'").fetchall()
        views.execute(f"UPDATE {table} SET on_hand=99 WHERE sku='mug-blue'")  # noqa: S608
    views.close()

    wrong = fulfill("projections", "verify", "stock")
    document = fulfill("projections", "verify", "stock", "--json")

    assert (wrong.code, document.code, document.json["is_same"]) == (1, 1, False)
    assert "Repair it with `fulfill projections rebuild stock`." in wrong.out
    assert "99" in wrong.out
    assert document.json["differences"][0]["live"]["on_hand"] == 99
    assert fulfill("projections", "rebuild", "stock").code == 0
    assert fulfill("projections", "verify", "stock", "--json").json["is_same"] is True


def test_a_view_that_there_is_not_is_asked_for_in_vain(fulfill: Fulfill, log_file: Path) -> None:
    unknown, unbuilt = fulfill("projections", "verify", "nothing"), fulfill("projections", "verify", "search")

    assert (unknown.code, unbuilt.code) == (1, 1)
    assert "The projections are checkouts, daily_sales" in unknown.err
    assert "Build it with `fulfill projections rebuild`." in unbuilt.err


def test_a_rebuild_goes_on_where_one_was_left(fulfill: Fulfill, write_log: Callable[[Iterable[Event]], Path]) -> None:
    path = write_log(busy_log(20))
    seconds = iter(range(0, 10_000, 2))

    def kill(_progress: Progress) -> None:
        raise KeyboardInterrupt

    with open_read_side(sqlite_url(path.parent)) as side, pytest.raises(KeyboardInterrupt):
        Rebuild(side.log, side.views, scratch_views, timer=lambda: next(seconds), batch_max=50).rebuild("search", kill)
    [left] = [view for view in fulfill("projections", "list", "--json").json if view["name"] == "search"]
    result = fulfill("projections", "rebuild", "search", "--json")

    assert (left["state"], left["position"] > 0) == ("building", True)
    assert f"Resuming the rebuild of search after event {left['position']}." in result.err
    assert (result.code, result.json["state"], result.json["position"]) == (0, "live", 220)
    assert fulfill("projections", "verify", "search").code == 0


def test_a_stopped_rebuild_says_how_to_resume_it(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)

    with pytest.raises(SystemExit), resumable("search"):
        signal.raise_signal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), resumable("search"):
        raise KeyboardInterrupt

    assert capsys.readouterr().err.count("run `fulfill projections rebuild search` to resume") == 2
    assert signal.signal(signal.SIGTERM, before) == signal.SIG_IGN, "as it was"
