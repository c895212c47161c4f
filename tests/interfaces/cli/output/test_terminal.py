"""On a terminal: colors unless they are not wanted, nothing wider than the window, and no ID cut."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_parts import MUG, LogWriter, checkout
from typed_ids import as_line, as_session, as_stream

from application.text.english import counted
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.source import Source
from interfaces.cli.output.pasting import Pasted
from interfaces.cli.output.terminal import Terminal
from interfaces.cli.output.text import width
from interfaces.cli.output.wrapping import narrowest, wrapped

ORDER = "cs_test_a1Q7xK2mVd"
COLOR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|9[0-7]|38;[\d;]+)m")
OnTerminal = Callable[..., Any]


def lines(text: str) -> list[str]:
    return [re.sub(r"\x1b\[[0-9;?]*[mlhK]", "", line).rstrip() for line in text.replace("\r\n", "\n").split("\n")]


def flat(text: str) -> str:
    return " ".join(" ".join(lines(text)).split())


@pytest.mark.long
@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize("columns", [20, 60, 100])
@pytest.mark.parametrize(
    "command", [("checkout", ORDER), ("queue",), ("search", "ada"), ("stock", "list")], ids=" ".join
)
def test_nothing_is_wider_than_the_window(on_terminal: OnTerminal, command: tuple[str, ...], columns: int) -> None:
    result = on_terminal(*command, columns=columns)

    assert result.code == 0
    wide = [line.strip() for line in lines(result.out) if width(line) > columns]
    breakable = [line for line in wide if " " in line and not line.startswith("fulfill ")]
    assert breakable == [], "only what must not be broken is left to the terminal"


@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize("columns", [40, pytest.param(100, marks=pytest.mark.long)])
def test_every_id_can_be_copied_whole(on_terminal: OnTerminal, columns: int) -> None:
    result = on_terminal("queue", columns=columns)

    for id in ("KV96R-719NK", "li_wrap", "li_key", "li_poster", "evt_4", "FYNAM-S28WS"):
        assert any(id in line for line in lines(result.out)), id


LONG = f"cs_test_a1{'Q7xK2mVd' * 7}"
"""As long as Stripe's."""
URL = f"https://shop.example.com/after-checkout?session_id={LONG}"


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 200])
def test_no_id_address_or_command_is_broken_wherever_it_stands(columns: int) -> None:
    stream = StringIO()
    page = Terminal(stream, columns=columns)
    command = f"fulfill queue --kind backordered_line --order {LONG}"

    page.say(f"{LONG} (test mode)")
    page.warn(f"No checkout {LONG} in the log. `fulfill run` retrieves it.")
    page.fields([("Landing page", URL), ("Payment intent", "pi_3MtwBwLkdIwHu7ix28a3tqPa")])
    page.table(("session", "state"), [(LONG, "fulfilled")])
    page.table(("qty", "detail"), [(2, f"paid twice, as {LONG} was, too")], wraps=("detail",))
    page.table(("task", "list"), [("backordered line", command)])
    page.tasks(("since", "detail"), [(("2026-11-24T09:00:52Z", f"as {LONG}"), [Pasted(verb="queue", text=command)])])
    page.command(command)
    page.entry("2026-11-24T09:00:52.250000Z", f"Paid as {LONG}", [f"because of {LONG}@12"])
    shown = lines(stream.getvalue())

    assert sum(LONG in line for line in shown) == 11
    assert sum(line.endswith(command) for line in shown) == 3
    for whole in (URL, "pi_3MtwBwLkdIwHu7ix28a3tqPa", "`fulfill run`", f"{LONG}@12", "2026-11-24T09:00:52Z"):
        assert any(whole in line for line in shown), whole


@given(text=st.text(alphabet="ab `x_ ", max_size=60) | st.text(alphabet="abマé ", max_size=60), room=st.integers(2, 30))
def test_lines_fit_unless_one_thing_does_not(text: str, room: int) -> None:
    found = wrapped(text, room)

    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    for line in found:
        assert width(line) <= max(room, narrowest(line) + len(line) - len(line.lstrip()))


@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize("columns", [30, pytest.param(120, marks=pytest.mark.long)])
def test_the_whole_story_is_reported_in_every_width(
    on_terminal: OnTerminal, fulfill: Callable[..., Any], columns: int
) -> None:
    out = on_terminal("checkout", ORDER, columns=columns).out
    shown = flat(out).replace(" ", "")

    for entry in fulfill("checkout", ORDER, "--json").json["story"]:
        assert f"{entry['recorded_at']}{entry['text']}#{entry['position']}{entry['type']}".replace(" ", "") in shown
        assert (entry["recorded_at"] in lines(out)) is (columns < 76), "on a line of its own where it is narrow"


@pytest.mark.usefixtures("small_shop")
def test_states_are_colored_unless_colors_are_not_wanted(on_terminal: OnTerminal) -> None:
    assert COLOR.search(on_terminal("checkout", ORDER).out)
    assert not COLOR.search(on_terminal("checkout", ORDER, NO_COLOR="1").out)
    assert "\x1b" not in on_terminal("checkout", ORDER, TERM="dumb").out


@pytest.mark.usefixtures("small_shop")
def test_into_a_pipe_goes_plain_text_of_any_width_unless_colors_are_forced(
    fulfill: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "40")

    result = fulfill("checkout", ORDER)

    assert "\x1b" not in result.out
    assert any(len(line) > 100 for line in result.out.split("\n")), "a pipe has no width"


@pytest.mark.long
@pytest.mark.usefixtures("small_shop")
def test_json_is_the_same_on_a_terminal(on_terminal: OnTerminal, fulfill: Callable[..., Any]) -> None:
    assert on_terminal("queue", "--json").json == fulfill("queue", "--json").json


def test_wide_letters_stand_below_each_other(
    fulfill: Callable[..., Any], write_log: Callable[[Iterable[Event]], Path]
) -> None:
    log = LogWriter()
    mugs = [
        replace(MUG, item=replace(MUG.item, id=as_line(id), description=text))
        for id, text in (("li_1", "マグ"), ("li_2", "Mug"))
    ]
    retrieved = CheckoutSession.Retrieved(checkout=checkout(*mugs), source=Source.STAFF)
    log.add(as_stream("cs_test_wide"), retrieved, session_id=as_session("cs_test_wide"))
    write_log(log.events)

    first, second = (line for line in fulfill("checkout", "cs_test_wide").out.split("\n") if line.startswith("li_"))

    assert width(first.partition("pending")[0]) == width(second.partition("pending")[0])


@pytest.mark.usefixtures("small_shop")
def test_a_rebuild_shows_a_bar_and_takes_it_away(on_terminal: OnTerminal) -> None:
    result = on_terminal("projections", "rebuild", "search", columns=100)

    assert result.code == 0
    assert "rebuilding search" in result.out
    assert "(100 %)" in result.out
    assert lines(result.out)[-2].endswith("Rebuilt search from 48 events. It is live now.")


@pytest.mark.parametrize(("number", "shown"), [(0, "0 retries"), (1, "1 retry"), (2, "2 retries")])
def test_counts_agree_with_their_nouns(number: int, shown: str) -> None:
    assert counted(number, "retry", "retries") == shown
    assert counted(number, "row") == ("1 row" if number == 1 else f"{number} rows")
