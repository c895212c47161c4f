"""docs/cli.md names every command and option."""

from pathlib import Path

from cyclopts import App

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


def test_every_command_and_option_is_documented() -> None:
    found = commands(command_line(), "fulfill")
    options = {
        name
        for command in found.values()
        for argument in command.assemble_argument_collection()
        for name in argument.names
        if name.startswith("--")
    }

    assert len(found) == 28
    assert [name for name in found if f"`{name}" not in TEXT] == []
    assert {"--as", "--reason", "--as-of", "--line", "--json"} <= options
    assert [name for name in sorted(options) if name not in TEXT] == []
