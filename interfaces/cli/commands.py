"""The commands of `fulfill`, as data."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter

from interfaces.cli import (
    backups,
    checkouts,
    keys,
    lines,
    log,
    mails,
    parcels,
    policies,
    projections,
    queue,
    sandbox,
    serve,
    stock,
    stuck,
)
from interfaces.cli.arguments.required import check_required
from interfaces.cli.help import assistance
from interfaces.cli.help.examples import CommandLine
from interfaces.cli.usage import COMMON, Common, UsageError, Verbosity

Command = Callable[..., int]

_ORDERS = Group.create_ordered("Orders")
_ENGINE = Group.create_ordered("Engine")
_LOG = Group.create_ordered("Log and views")
_HELP = Group.create_ordered("Help")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A word that groups commands."""

    help: str
    group: Group
    verbs: Mapping[str, Command]
    default: str | None = None
    """The verb that may be left out."""
    has_short_names: bool = False
    """Whether each other verb is a command by itself too, except `list`, which every noun may have."""


_NOUNS: Mapping[str, Noun] = {
    "checkout": Noun(
        help="Show a checkout, or find, fulfill and correct checkouts.",
        group=_ORDERS,
        default="show",
        has_short_names=True,
        verbs={
            "show": checkouts.checkout,
            "list": checkouts.checkout_list,
            "search": checkouts.search,
            "run": checkouts.run,
            "complete": lines.complete,
            "ship": parcels.ship,
            "ship-all": parcels.ship_all,
            "correct-parcel": parcels.correct_parcel,
            "unship": parcels.unship,
            "retry": stuck.retry,
            "replan": lines.replan,
            "cancel": lines.cancel,
            "dismiss": stuck.dismiss,
            "note": checkouts.note,
            "readdress": checkouts.readdress,
            "resend": mails.resend,
            "address": checkouts.address,
        },
    ),
    "queue": Noun(
        help="List the tasks for staff, oldest first, with the commands that resolve them.",
        group=_ORDERS,
        default="list",
        verbs={"list": queue.queue},
    ),
    "stock": Noun(
        help="List and count stock.", group=_ORDERS, verbs={"list": stock.stock_list, "count": stock.stock_count}
    ),
    "keys": Noun(
        help="List the key pools; import, withdraw, show, revoke and replace license keys.",
        group=_ORDERS,
        verbs={
            "list": keys.keys_list,
            "import": keys.keys_import,
            "withdraw": keys.keys_withdraw,
            "show": keys.keys_show,
            "revoke": keys.keys_revoke,
            "replace": keys.keys_replace,
        },
    ),
    "log": Noun(
        help="Migrate, copy, back up and restore the log.",
        group=_LOG,
        has_short_names=True,
        verbs={
            "migrate": log.migrate,
            "copy": log.copy,
            "reopen": log.reopen,
            "backup": backups.backup,
            "restore": backups.restore,
        },
    ),
    "policies": Noun(help="List the policies.", group=_LOG, verbs={"list": policies.policies_list}),
    "projections": Noun(
        help="List, rebuild and verify the views.",
        group=_LOG,
        verbs={
            "list": projections.projections_list,
            "rebuild": projections.projections_rebuild,
            "verify": projections.projections_verify,
        },
    ),
}
_WITHOUT_NOUN: Sequence[tuple[Group, Command]] = (
    (_ENGINE, serve.serve),
    (_ENGINE, serve.worker),
    (_ENGINE, sandbox.demo),
    (_ENGINE, sandbox.sandbox),
    (_HELP, assistance.completion),
)


@cache
def command_line() -> App:
    """Every command. Made once for a process: that takes longer than most commands."""
    app = CommandLine(
        name="fulfill",
        help="Fulfill every paid Stripe Checkout Session, once.",
        version=_version,
        version_flags=["--version", "-V"],
        config=check_required,
        help_on_error=False,
        help_format="plaintext",
    )
    app["--help"].group = app["--version"].group = _HELP
    for name, noun in _NOUNS.items():
        app.command(_noun(name, noun))
        for verb, command in _short_names(noun):
            app.command(command, name=verb, group=noun.group, help_epilogue="")
    for group, command in _WITHOUT_NOUN:
        app.command(command, group=group, help_epilogue="")
    app.command(assistance.help_of(app), name="help", group=_HELP, help_epilogue="")
    _take_common_options(app)
    return app


def launched(app: App) -> App:
    """`app`, with the options that every command takes."""
    return app.meta


def _take_common_options(app: App) -> None:
    @app.meta.default
    def launch(
        *arguments: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        env_file: Annotated[Path | None, Parameter(help="Read settings from this file instead of .env.")] = None,
        quiet: Annotated[
            bool,
            Parameter(["--quiet", "-q"], negative=(), show_default=False, help="Hide progress and routine lines."),
        ] = False,
        verbose: Annotated[
            bool, Parameter(["--verbose", "-v"], negative=(), show_default=False, help="Log every step.")
        ] = False,
        no_pager: Annotated[
            bool,
            Parameter("--no-pager", negative=(), show_default=False, help="Print long answers without a pager."),
        ] = False,
    ) -> int:
        if quiet and verbose:
            raise UsageError("Use either --quiet or --verbose.")
        verbosity = Verbosity.QUIET if quiet else Verbosity.VERBOSE if verbose else Verbosity.NORMAL
        COMMON.set(Common(env_file=env_file, verbosity=verbosity, has_pager=not no_pager))
        return int(app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value") or 0)

    app.meta.group_parameters = Group("Options of every command")


def groups() -> Mapping[str, Sequence[str]]:
    """The nouns that need a verb, with their verbs."""
    return {name: list(noun.verbs) for name, noun in _NOUNS.items() if noun.default is None}


def _noun(name: str, noun: Noun) -> App:
    app = CommandLine(name=name, help=noun.help, group=noun.group, help_epilogue="")
    for verb, command in noun.verbs.items():
        app.command(command, name=verb)
    if noun.default is not None:
        app.default(noun.verbs[noun.default])
    return app


def _short_names(noun: Noun) -> Iterator[tuple[str, Command]]:
    if noun.has_short_names:
        yield from ((verb, command) for verb, command in noun.verbs.items() if verb not in {noun.default, "list"})


def _version() -> str:
    from importlib.metadata import version

    return version("checkout-fulfillment")
