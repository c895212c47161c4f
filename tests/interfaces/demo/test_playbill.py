"""What the demo prints can be copied from a terminal of any width."""

import io

import pytest

from interfaces.demo.playbill import Playbill


def test_a_place_is_one_line_at_any_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out, place = io.StringIO(), "cd /tmp/fulfill-demo-abcdefgh && /srv/checkout/.venv/bin/fulfill queue"

    Playbill(out).places({"Its orders, in another terminal": place})

    assert out.getvalue().splitlines() == ["  Its orders, in another terminal:", f"    {place}"]
