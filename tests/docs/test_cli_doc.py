"""docs/cli.md names every command and option."""

from pathlib import Path

from cyclopts import App

from application.reading.checkout_state import CheckoutState, Situation
from application.reading.remedies import KINDS, RETRIED
from interfaces.cli.commands import launched
from interfaces.cli.main import command_line

TEXT = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()


def commands(app: App, prefix: str) -> dict[str, App]:
    found = {}
    for name in app:
        if not name.startswith("-"):
            command = app[name]
            below = commands(command, f"{prefix} {name}")
            found.update(below or {f"{prefix} {name}": command})
    return found


def is_documented(name: str) -> bool:
    """By itself, or as a verb in the row of its noun."""
    _, *words = name.split()
    rows = [line for line in TEXT.splitlines() if line.startswith(f"| `fulfill {words[0]}` |")]
    return f"`{name}" in TEXT or (len(words) > 1 and any(f"`{words[1]}`" in row for row in rows))


def test_the_options_of_every_command_are_documented() -> None:
    arguments = launched(command_line()).assemble_argument_collection()
    options = [name for argument in arguments if argument.show for name in argument.names]

    assert {"--env-file", "-q", "-v"} <= {*options}
    assert [name for name in options if f"`{name}" not in TEXT] == []


def test_every_command_and_option_is_documented() -> None:
    found = commands(command_line(), "fulfill")
    options = {
        name
        for command in found.values()
        for argument in command.assemble_argument_collection()
        for name in argument.names
        if name.startswith("--")
    }

    assert len(found) == 61
    assert [name for name in found if not is_documented(name)] == []
    assert {"--as", "--reason", "--as-of", "--line", "--json"} <= options
    assert [name for name in sorted(options) if name not in TEXT] == []


def test_every_kind_that_a_retry_of_all_takes_is_documented() -> None:
    [listed] = [part for part in TEXT.split("\n\n") if part.startswith("`fulfill retry --all [--kind KIND ...]")]

    assert [f"`{kind}`" for kind in RETRIED if f"`{kind}`" not in listed] == []


def test_every_state_and_kind_of_work_is_documented() -> None:
    pages = (Path(__file__).parents[2] / "docs" / "projections.md").read_text() + TEXT

    assert [name for name in (*CheckoutState, *Situation, *KINDS) if f"`{name}`" not in pages] == []
