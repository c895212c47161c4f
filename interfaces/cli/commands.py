"""The commands of `fulfill`, as data."""

from collections.abc import Callable, Mapping, Sequence

from cyclopts import App

from interfaces.cli import backups, checkouts, keys, log, policies, projections, queue, sandbox, serve, stock

_COMMANDS: Sequence[Callable[..., int]] = (
    serve.serve,
    serve.worker,
    log.migrate,
    log.copy,
    log.reopen,
    backups.backup,
    backups.restore,
    sandbox.demo,
    sandbox.sandbox,
    checkouts.checkout,
    checkouts.search,
    queue.queue,
    checkouts.run,
    checkouts.complete,
    checkouts.ship,
    checkouts.retry,
    checkouts.replan,
    checkouts.note,
    checkouts.readdress,
)
_GROUPS = {
    "stock": "List and count stock.",
    "keys": "Import, withdraw and show license keys.",
    "policies": "List the policies.",
    "projections": "List, rebuild and verify the views.",
}
_IN_GROUPS: Sequence[tuple[str, str, Callable[..., int]]] = (
    ("stock", "list", stock.stock_list),
    ("stock", "count", stock.stock_count),
    ("keys", "import", keys.keys_import),
    ("keys", "withdraw", keys.keys_withdraw),
    ("keys", "show", keys.keys_show),
    ("policies", "list", policies.policies_list),
    ("projections", "list", projections.projections_list),
    ("projections", "rebuild", projections.projections_rebuild),
    ("projections", "verify", projections.projections_verify),
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
