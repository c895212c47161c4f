"""The commands of `fulfill`, as data."""

from collections.abc import Callable, Mapping, Sequence

from cyclopts import App

from interfaces.cli import acting, backups, copying, keeping, reading, running, supplies

_COMMANDS: Sequence[Callable[..., int]] = (
    running.serve,
    running.worker,
    running.migrate,
    copying.copy,
    copying.reopen,
    backups.backup,
    backups.restore,
    running.demo,
    running.sandbox,
    reading.checkout,
    reading.search,
    reading.queue,
    acting.run,
    acting.complete,
    acting.ship,
    acting.retry,
    acting.replan,
    acting.note,
    acting.readdress,
)
_GROUPS = {
    "stock": "List and count stock.",
    "keys": "Import, withdraw and show license keys.",
    "policies": "List the policies.",
    "projections": "List, rebuild and verify the views.",
}
_IN_GROUPS: Sequence[tuple[str, str, Callable[..., int]]] = (
    ("stock", "list", reading.stock_list),
    ("stock", "count", supplies.stock_count),
    ("keys", "import", supplies.keys_import),
    ("keys", "withdraw", supplies.keys_withdraw),
    ("keys", "show", supplies.keys_show),
    ("policies", "list", keeping.policies_list),
    ("projections", "list", keeping.projections_list),
    ("projections", "rebuild", keeping.projections_rebuild),
    ("projections", "verify", keeping.projections_verify),
)


def command_line() -> App:
    app = App(
        name="fulfill",
        help="Fulfill every paid Stripe Checkout Session, once.",
        version=_version,
        help_on_error=False,
        help_format="plaintext",
    )
    apps = {name: App(name=name, help=help) for name, help in _GROUPS.items()}
    for group in apps.values():
        app.command(group)
    for command in _COMMANDS:
        app.command(command)
    for group_name, name, command in _IN_GROUPS:
        apps[group_name].command(command, name=name)
    return app


def groups() -> Mapping[str, Sequence[str]]:
    """The names of the groups, with those of their commands."""
    return {group: [name for of, name, _ in _IN_GROUPS if of == group] for group in _GROUPS}


def _version() -> str:
    from importlib.metadata import version

    return version("checkout-fulfillment")
