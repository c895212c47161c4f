"""The command line itself: what is promised is there, and help comes at once."""

import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App

from interfaces.cli.main import command_line

HEAVY = {"stripe", "starlette", "uvicorn", "eventsourcing", "jinja2", "babel", "httpx2", "httpcore2", "structlog"}
BY = ["--as", "--reason"]
PROMISED = {
    "serve": ["--host", "--port", "--with-worker"],
    "worker": [],
    "migrate": [],
    "demo": ["--scripted"],
    "sandbox": ["--port"],
    "checkout": ["SESSION", "--as-of"],
    "search": ["WORDS"],
    "queue": [],
    "run": ["SESSION", *BY],
    "complete": ["SESSION", "--line", *BY],
    "ship": ["SESSION", "--line", "--carrier", "--tracking", *BY],
    "ship-all": ["FILE", "--dry-run", *BY],
    "retry": ["SESSION", *BY],
    "replan": ["SESSION", *BY],
    "cancel": ["SESSION", "--line", "--notify", *BY],
    "dismiss": ["SUBJECT", *BY],
    "note": ["SESSION", "TEXT", *BY],
    "stock list": [],
    "stock count": ["SKU", "N", *BY],
    "keys import": ["POOL", "FILE", *BY],
    "keys withdraw": ["POOL", "FILE", *BY],
    "checkout list": ["--state", "--since", "--until", "--currency", "--at-least", "--at-most", "--limit", "--before"],
    "checkout show": ["SESSION", "--as-of"],
    "queue list": [],
    "keys list": [],
    "log migrate": [],
    "help": ["COMMAND"],
    "completion": ["SHELL"],
    "policies list": [],
    "projections list": [],
    "projections rebuild": ["NAME"],
    "projections verify": ["NAME"],
}
"""Every command that scripts may rely on, with its arguments; `--json` besides."""


def command(name: str) -> App:
    app = command_line()
    for word in name.split():
        app = app[word]
    return app


def loaded_by(*arguments: str) -> set[str]:
    """What is imported for a command, and its exit code."""
    script = (
        "import sys; from interfaces.cli.main import run; code = run(sys.argv[1:]);"
        "loaded = {name for name in sys.modules if '.' not in name or name.startswith('domain.')};"
        "print(code, *sorted(loaded), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60)
    return set(done.stderr.split())


@pytest.mark.parametrize(("name", "arguments"), PROMISED.items(), ids=list(PROMISED))
def test_every_promised_command_takes_what_is_promised(name: str, arguments: list[str]) -> None:
    taken = {each for argument in command(name).assemble_argument_collection() for each in argument.names}

    assert taken >= {*arguments, "--json"}


def test_no_aggregate_is_loaded_before_a_command_needs_it() -> None:
    """What all commands load, each of them waits for: importing an aggregate and its events takes 30 ms."""
    loaded = {name for name in loaded_by("--version") if name.startswith("domain.")}

    assert loaded <= {"domain.errors", "domain.identifiers", "domain.money", "domain.refusal"}


def test_serve_and_sandbox_listen_where_it_is_promised(fulfill: Callable[..., Any]) -> None:
    serve, sandbox = fulfill("serve", "--help").out, fulfill("sandbox", "--help").out

    assert "127.0.0.1" in serve
    assert "4242" in serve
    assert "12111" in sandbox


@pytest.mark.parametrize("name", PROMISED)
def test_every_command_says_what_it_does_and_what_it_takes(fulfill: Callable[..., Any], name: str) -> None:
    result = fulfill(*name.split(), "--help")

    assert result.code == 0
    assert result.out.startswith(f"Usage: fulfill {name}")
    for argument in command(name).assemble_argument_collection():
        assert argument.parameter.help, f"{argument.name} is not explained"


def test_a_short_name_is_the_same_command(fulfill: Callable[..., Any]) -> None:
    short = ["search", "run", "complete", "ship", "retry", "replan", "note", "readdress"]
    pairs = [(name, f"checkout {name}") for name in short] + [
        (name, f"log {name}") for name in ("migrate", "copy", "reopen", "backup", "restore")
    ]

    for name, whole in [*pairs, ("checkout", "checkout show"), ("queue", "queue list")]:
        assert command(name).default_command is command(whole).default_command


def test_help_names_every_command(fulfill: Callable[..., Any]) -> None:
    result = fulfill("--help")

    assert result.code == 0
    for name in PROMISED:
        assert name.split()[0] in result.out


def test_every_example_in_the_help_is_a_right_call(fulfill: Callable[..., Any]) -> None:
    examples = re.findall(r"^  fulfill (.+?)  ", fulfill("--help").out, re.MULTILINE)

    assert len(examples) > 5
    for example in examples:
        command_line().parse_args(example.split(), exit_on_error=False, print_error=False)


def test_help_of_a_command_is_its_help(fulfill: Callable[..., Any]) -> None:
    assert fulfill("help", "stock", "count").out == fulfill("stock", "count", "--help").out
    assert fulfill("help").out == fulfill("--help").out
    assert fulfill("help", "ship", "--json").json["help"] == fulfill("ship", "--help").out
    result = fulfill("help", "bogus")
    assert (result.code, result.err) == (2, "fulfill: Unknown command 'bogus'. See `fulfill help`.\n")


def test_bare_fulfill_shows_the_help(fulfill: Callable[..., Any]) -> None:
    assert fulfill().out == fulfill("--help").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        *(pytest.param(each, marks=pytest.mark.long) for each in [("ship", "--help"), ("--version",)]),
        ("bogus",),
        pytest.param(("run", ""), marks=pytest.mark.long),
    ],
)
def test_neither_help_nor_a_wrong_word_waits_for_the_engine(arguments: tuple[str, ...]) -> None:
    loaded = loaded_by(*arguments)

    assert {"0", "2"} & loaded
    assert loaded.isdisjoint(HEAVY)


def test_a_command_that_reads_waits_for_no_sdk_and_no_network_library() -> None:
    assert loaded_by("queue").isdisjoint(HEAVY - {"eventsourcing", "structlog"})


@pytest.mark.parametrize("option", ["--version", pytest.param("-V", marks=pytest.mark.long)])
def test_the_version_is_reported(installed: Path, option: str) -> None:
    done = subprocess.run([installed, option], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout.strip()) == (0, version("checkout-fulfillment"))


def test_the_process_of_a_command_collects_garbage_less_often_and_switches_threads_more_often() -> None:
    script = (
        "import gc, sys; from interfaces.cli.main import main; sys.argv = ['fulfill', '--version']\n"
        "try: main()\nexcept SystemExit: print(*gc.get_threshold(), sys.getswitchinterval())"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)

    assert done.stdout.splitlines()[-1] == "20000 5 200 0.0005"
