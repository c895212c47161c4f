"""Missing arguments, all at once."""

from cyclopts import App, ArgumentCollection

from interfaces.cli.usage import UsageError


def check_required(_app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """The parser would name the first missing argument only.

    Raises:
        UsageError: required arguments are missing. The sentence names all of them.
    """
    missing = [each for each in arguments if each.required and not each.has_tokens]
    if missing:
        command = " ".join(("fulfill", *commands))
        needs = " It also needs ".join(f"{each.name}: {each.parameter.help or ''}" for each in missing)
        raise UsageError(f"`{command}` needs {needs} See `{command} --help`.")
