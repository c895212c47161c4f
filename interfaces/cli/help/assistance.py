"""`fulfill help` and `fulfill completion`."""

from collections.abc import Callable
from contextlib import redirect_stdout
from enum import StrEnum
from io import StringIO
from typing import Annotated

from cyclopts import App, Parameter

from interfaces.cli.output.printing import print_json
from interfaces.cli.usage import DONE, Json, UsageError, shown


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def help_of(app: App) -> Callable[..., int]:
    """The command that explains the commands of `app`."""

    def help(
        command: Annotated[tuple[str, ...], Parameter(name="COMMAND", help="Words of the command.")] = (),
        /,
        *,
        json: Json = False,
    ) -> int:
        """Explain a command, or list all commands."""
        _, _, unknown = app.parse_commands([*command])
        if unknown:
            raise UsageError(f"Unknown command {shown(' '.join(command))}. See `fulfill help`.")
        if json:
            with redirect_stdout(StringIO()) as text:
                app.help_print([*command])
            print_json({"help": text.getvalue()})
        else:
            app.help_print([*command])
        return DONE

    return help


def completion(
    shell: Annotated[Shell, Parameter(help="Your shell: bash, zsh or fish.")], /, *, json: Json = False
) -> int:
    """Print the script that completes commands and options in your shell."""
    from interfaces.cli.commands import command_line

    script = command_line().generate_completion(prog_name="fulfill", shell=shell.value)
    if json:
        print_json({"shell": shell, "script": script})
    else:
        print(script, end="")
    return DONE
