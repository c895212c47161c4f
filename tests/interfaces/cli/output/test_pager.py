"""Long answers on a terminal go through a pager, and nothing else does."""

import json
from collections.abc import Callable
from typing import Any

import pytest

ORDER = "cs_test_a1Q7xK2mVd"
Fulfill = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("small_shop")


def lines(result: Any) -> list[str]:
    return str(result.out).replace("\r\n", "\n").splitlines()


@pytest.mark.parametrize(
    "command",
    [("queue",), *(pytest.param(each, marks=pytest.mark.long) for each in [("checkout", ORDER), ("search", "ada")])],
    ids=" ".join,
)
def test_on_a_terminal_a_pager_gets_what_fits_the_window(on_terminal: Fulfill, command: tuple[str, ...]) -> None:
    usual = on_terminal(*command, "--no-pager", columns=60)

    through = on_terminal(*command, columns=60, PAGER="sed 's/^/> /'")

    assert (through.code, lines(through)) == (0, [f"> {line}" for line in lines(usual)])


@pytest.mark.long
@pytest.mark.parametrize("pager", ["", "no-such-pager --at all"])
def test_without_a_pager_the_answer_is_shown_as_it_is(on_terminal: Fulfill, pager: str) -> None:
    result = on_terminal("search", "ada", PAGER=pager)

    assert (result.code, result.out) == (0, on_terminal("search", "ada", "--no-pager").out)


def test_less_ends_by_itself_where_everything_fits_and_keeps_the_colors(on_terminal: Fulfill) -> None:
    result = on_terminal("search", "ORDER-17", PAGER="less")

    assert (result.code, "KV96R-719NK" in result.out, "\x1b[33mfulfilling" in result.out) == (0, True, True)


@pytest.mark.long
def test_a_person_who_has_read_enough_ends_the_pager_and_the_command_is_done(on_terminal: Fulfill) -> None:
    result = on_terminal("checkout", ORDER, PAGER="head -1", NO_COLOR="1")

    assert (result.code, lines(result)) == (0, [f"{ORDER} (test mode)"])


@pytest.mark.long
def test_a_pager_that_is_no_command_line_is_wrong_usage(on_terminal: Fulfill) -> None:
    result = on_terminal("queue", PAGER="less '", NO_COLOR="1")

    assert (result.code, "PAGER must be a command line" in result.out) == (2, True)


@pytest.mark.long
def test_programs_get_their_answer_without_a_pager(on_terminal: Fulfill, script: Fulfill) -> None:
    document, piped = on_terminal("queue", "--json", PAGER="head -1"), script("queue", PAGER="head -1")

    assert len(json.loads(document.out)) == 5
    assert len(lines(piped)) == 6
