"""Wrong usage, in one sentence that helps."""

import re
from collections.abc import Mapping, Sequence

from cyclopts import (
    Argument,
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnusedCliTokensError,
    ValidationError,
)

from interfaces.cli.choices import one_of
from interfaces.cli.commands import groups
from interfaces.cli.usage import UsageError, shown, without_passwords

_MUST: Mapping[object, str] = {
    bool: "takes no value",
    float: "must be a number",
}
"""What the parser's own reading of a type needs."""
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,9})?", re.ASCII)


def check(arguments: Sequence[str]) -> None:
    """What the parser would let pass.

    Raises:
        UsageError: an argument is no text, or a group of commands is named without one of them.
    """
    for argument in arguments:
        if any("\ud800" <= letter <= "\udfff" for letter in argument):
            raise UsageError(f"The argument {shown(argument)} is not valid UTF-8.")
    match arguments:
        case [group] | [group, "--json"] if group in groups():
            names = " or ".join(f"`fulfill {group} {name}`" for name in groups()[group])
            raise UsageError(f"`fulfill {group}` needs a subcommand: {names}.")


def sentence(error: CycloptsError, arguments: Sequence[str]) -> str:
    """What was wrong, and where help is."""
    command = " ".join(("fulfill", *(error.command_chain or ())))
    return f"{_what(error, command, arguments)} See `{command} --help`."


def _what(error: CycloptsError, command: str, arguments: Sequence[str]) -> str:
    match error:
        case MissingArgumentError(argument=argument) if argument is not None:
            help = argument.parameter.help or ""
            name = error.keyword or argument.name
            if name in arguments:
                return f"{name} needs a value: {help}"
            return f"`{command}` needs {name}: {help}"
        case UnusedCliTokensError(unused_tokens=[first, *_]):
            return f"Unexpected argument {shown(first)} for `{command}`. Put text with spaces in quotes."
        case UnknownCommandError(unused_tokens=[first, *_]):
            suggestion = str(error).partition("Did you mean ")[2].partition("?")[0].strip('"')
            hint = f" Did you mean `{command} {suggestion}`?" if suggestion else ""
            return f"Unknown command {shown(first)}.{hint}"
        case ValidationError(argument=argument) if argument is not None and argument.tokens:
            return _invalid(_name(error), error.exception_message, argument.tokens[0].value)
        case RepeatArgumentError(token=token):
            return f"{token.keyword} is given more than once. Keep one of them."
        case CoercionError(token=token, msg=str(must)) if token is not None:
            return _invalid(_name(error), must, token.value)
        case CoercionError(token=token, argument=argument) if token is not None and (choices := _choices(argument)):
            return _invalid(_name(error), one_of(choices), token.value)
        case CoercionError(token=token, target_type=type_) if token is not None and type_ in _MUST:
            return _invalid(_name(error), _MUST[type_], token.value)
        case _:
            return " ".join(without_passwords(str(error)).split())


def _invalid(name: str, must: str, value: str) -> str:
    """Put the value after the requirement and before the hint, if `must` has one after a full stop."""
    must, _, hint = must.rstrip(".").partition(". ")
    got = value if _NUMBER.fullmatch(value) else shown(value)
    return f"{name} {must} (got {got}).{f' {hint}.' if hint else ''}"


def _choices(argument: Argument | None) -> Sequence[str]:
    return (argument and argument.get_choices(force=True)) or ()


def _name(error: CycloptsError) -> str:
    """What the argument is called in the help."""
    return error.argument.name if error.argument else "an argument"
