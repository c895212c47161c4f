"""Examples of every command, for its help. Each can be pasted, with an order number of the reader's own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

EXAMPLES: Final[Mapping[str, Sequence[str]]] = {
    "checkout": (
        "fulfill checkout K7Q2M-9XDRT",
        "fulfill checkout K7Q2M-9XDRT --for-customer --local",
    ),
    "checkout_list": (
        "fulfill checkout list --state parked --since 2026-11-24",
        "fulfill checkout list --currency eur --at-least 49.00",
    ),
    "search": (
        "fulfill search ada@example.com",
        'fulfill search "Ada Lovelace" --since 2026-11-01',
    ),
    "run": ("fulfill run K7Q2M-9XDRT",),
    "complete": (
        "fulfill complete K7Q2M-9XDRT",
        'fulfill complete K7Q2M-9XDRT --line li_1A2b3C --reason "held on Tuesday"',
    ),
    "ship": (
        "fulfill ship K7Q2M-9XDRT --carrier DHL --tracking 00340434161094000000",
        "fulfill ship K7Q2M-9XDRT --carrier courier --line li_1A2b3C",
    ),
    "ship_all": (
        "fulfill ship-all parcels.csv --dry-run",
        "fulfill ship-all parcels.csv",
    ),
    "correct_parcel": ("fulfill correct-parcel K7Q2M-9XDRT --tracking 00340434161094000017 --notify",),
    "unship": (
        "fulfill unship K7Q2M-9XDRT --restock",
        'fulfill unship K7Q2M-9XDRT --parcel 2 --lost --reason "lost by the carrier"',
    ),
    "retry": (
        "fulfill retry K7Q2M-9XDRT",
        "fulfill retry --all",
    ),
    "replan": ("fulfill replan K7Q2M-9XDRT",),
    "cancel": (
        'fulfill cancel K7Q2M-9XDRT --reason "asked by the customer" --notify',
        "fulfill cancel K7Q2M-9XDRT --line li_1A2b3C",
    ),
    "dismiss": ('fulfill dismiss evt_00000000000000 --reason "test event"',),
    "note": ('fulfill note K7Q2M-9XDRT "Called: will be at home on Friday"',),
    "readdress": ("fulfill readdress K7Q2M-9XDRT --to ada@example.com",),
    "resend": (
        "fulfill resend K7Q2M-9XDRT --dry-run",
        "fulfill resend K7Q2M-9XDRT --mail receipt --to ada@example.com",
    ),
    "address": ('fulfill address K7Q2M-9XDRT --line1 "2 Example Road" --postal-code 10999',),
    "queue": (
        "fulfill queue",
        "fulfill queue --counts",
    ),
    "stock_list": ("fulfill stock list",),
    "stock_count": ('fulfill stock count mug-blue 12 --reason "counted on Monday"',),
    "keys_list": ("fulfill keys list",),
    "keys_import": (
        "fulfill keys import studio keys.txt",
        "fulfill keys import studio keys.txt --new",
    ),
    "keys_withdraw": ('fulfill keys withdraw studio leaked.txt --reason "leaked"',),
    "keys_show": ("fulfill keys show K7Q2M-9XDRT",),
    "keys_revoke": ('fulfill keys revoke K7Q2M-9XDRT --reason "charged back"',),
    "keys_replace": ("fulfill keys replace K7Q2M-9XDRT --number 1",),
    "migrate": ("fulfill migrate",),
    "copy": ("fulfill copy --from sqlite:///fulfillment.db --to postgresql://shop@localhost/shop",),
    "reopen": ("fulfill reopen",),
    "backup": ("fulfill backup backup.db",),
    "restore": (
        "fulfill restore backup.db --check",
        "fulfill restore backup.db --keys-to keys",
    ),
    "policies_list": ("fulfill policies list",),
    "projections_list": ("fulfill projections list",),
    "projections_rebuild": ("fulfill projections rebuild search",),
    "projections_verify": ("fulfill projections verify stock",),
    "serve": (
        "fulfill serve",
        "fulfill serve --host 0.0.0.0 --port 8080 --log-format json",
    ),
    "worker": ("fulfill worker",),
    "demo": (
        "fulfill demo",
        "fulfill demo --scripted",
    ),
    "sandbox": (
        "fulfill sandbox --webhook http://localhost:4242/webhook",
        "fulfill sandbox --state sandbox.json --port 12112",
    ),
    "completion": ("fulfill completion bash >> ~/.bashrc",),
    "help": ("fulfill help ship",),
}
"""By the name of the function of the command."""
_MARGINS: Final = 4
_FIRST: Final[Mapping[str, str]] = {
    "fulfill demo": "try it without an account",
    "fulfill serve": "run the shop",
    "fulfill queue": "list what waits for you",
    "fulfill search ada@example.com": "find an order",
    "fulfill checkout K7Q2M-9XDRT": "read what happened to it",
    "fulfill ship K7Q2M-9XDRT --carrier DHL": "record a parcel",
    "fulfill help ship": "explain a command",
}
"""Of the first page, each with what it does."""
_SHORT_NAMES: Final = (
    "Short names: `fulfill ship` is `fulfill checkout ship`, and `fulfill backup` is `fulfill log backup`."
)


class CommandLine(App):
    """A command line whose help ends with examples. They are never broken, so that they can be pasted."""

    @property  # type: ignore[misc]  # it is never set
    def console(self) -> Any:
        """Of the terminal as it is now: one command line may serve several commands of a process."""
        from rich.console import Console

        return Console()

    def help_print(
        self,
        tokens: Annotated[str | Iterable[str] | None, Parameter(show=False)] = None,
        *,
        console: Annotated[Any, Parameter(parse=False)] = None,
    ) -> None:
        """`console` is one of `rich`, whose import would take longer than most commands."""
        words = tokens if isinstance(tokens, str) else [*(tokens or ())]
        super().help_print(words, console=console)
        names, apps, _ = self.parse_commands(words)
        command = apps[-2] if names and names[-1].startswith("-") else apps[-1]
        out = console or command.console
        is_first = command is apps[0]
        examples = list(_first(out.width) if is_first else examples_of(command))
        if examples:
            text = "\n".join(["", "Examples:", *(f"  {example}" for example in examples)])
            out.print(text, soft_wrap=True, markup=False, highlight=False)
        if is_first:
            out.print(f"\n{_SHORT_NAMES}", markup=False, highlight=False)


def _first(width: int) -> Iterator[str]:
    """The examples of the first page: beside each what it does, or above it where the window is narrow."""
    longest, words = max(map(len, _FIRST)), max(map(len, _FIRST.values()))
    for example, meaning in _FIRST.items():
        if longest + words + _MARGINS > width:
            yield f"{meaning[:1].upper()}{meaning[1:]}:"
            yield f"  {example}"
        else:
            yield f"{example:<{longest}}  {meaning}"


def examples_of(command: App) -> Iterator[str]:
    """The examples of a command; of a noun that needs a verb, one for each of its verbs."""
    if command.default_command is not None:
        yield from EXAMPLES.get(command.default_command.__name__, ())
        return
    for verb in command:
        if not verb.startswith("-"):
            yield from [*examples_of(command[verb])][:1]
