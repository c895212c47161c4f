"""`fulfill queue`: the tasks for staff, the longest wait first, each with the commands that resolve it."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from interfaces.cli.main import command_line
from interfaces.cli.queue import KINDS, resolving

Fulfill = Callable[..., Any]
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def test_every_kind_of_work_is_reported_with_the_command_that_settles_it() -> None:
    commands = {name for name in command_line() if not name.startswith("-")}

    for kind in KINDS:
        assert {name.split()[0] for name in resolving(kind)} <= commands


@pytest.mark.usefixtures("small_shop")
def test_the_longest_wait_comes_first(fulfill: Fulfill) -> None:
    items, shown = fulfill("queue", "--json").json, fulfill("queue").out

    assert [item["since"] for item in items] == sorted(item["since"] for item in items)
    assert all(RFC3339.fullmatch(item["since"]) for item in items)
    assert [line.split()[1] for line in shown.splitlines()[1:]] == [item["subject"] for item in items]
