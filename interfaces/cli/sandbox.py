"""`fulfill sandbox` and `fulfill demo`: a stand-in for Stripe, and the engine fulfilling what it sells."""

import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from cyclopts import Parameter

from interfaces.cli.choices import ScenarioName
from interfaces.cli.output.printing import print_json, talk
from interfaces.cli.serving.listening import HOST, Port, check_free, check_is_local, ended
from interfaces.cli.usage import COMMON, DONE, Json, UsageError, Verbosity, whole_number

_WEBHOOK = "http://localhost:4242/webhook"
_SPEED, _LINGER_SECONDS = 1440.0, 10.0


def demo(
    *,
    scripted: Annotated[bool, Parameter(negative=(), show_default=False, help="Play the scenes, then exit.")] = False,
    json: Json = False,
) -> int:
    """Watch the engine fulfill paid sessions of a stand-in for Stripe. Needs no account and no settings."""
    from interfaces.demo.demo import run_demo

    if not json:
        return run_demo(scripted)
    code = run_demo(scripted, sys.stderr)
    print_json({"is_right": code == DONE})
    return code


def sandbox(
    *,
    port: Port = 12111,
    state: Annotated[Path | None, Parameter(help="File in which the sandbox keeps its state.")] = None,
    webhook: Annotated[str | None, Parameter(help=f"Webhook URL for events, such as {_WEBHOOK}.")] = None,
    scenario: Annotated[ScenarioName | None, Parameter(help="Day to play.")] = None,
    seed: Annotated[
        int | None, Parameter(converter=whole_number, help="Random seed; the same seed replays the same day.")
    ] = None,
    speed: Annotated[float, Parameter(help="Seconds of the day per second of real time.")] = _SPEED,
    customers: Annotated[int | None, Parameter(converter=whole_number, help="Number of customers.")] = None,
    landing: Annotated[str | None, Parameter(help="Landing page URL (default: /after-checkout).")] = None,
    linger: Annotated[float, Parameter(help="Seconds to keep answering after the day.")] = _LINGER_SECONDS,
    json: Json = False,
) -> int:
    """Run a stand-in for Stripe that works with Stripe's own SDK, or play a day of traffic with it."""
    check_free(HOST, port)
    if webhook is not None:
        check_is_local(webhook, "--webhook")
    if scenario is not None:
        from interfaces.cli.serving.scenario_day import Plan, play

        if state is not None:
            raise UsageError("--state can't be used with --scenario: a day starts with an empty sandbox.")
        plan = Plan(
            scenario=scenario,
            seed=seed,
            speed=speed,
            customers=customers,
            port=port,
            webhook_url=webhook or _WEBHOOK,
            landing_url=landing,
            linger_seconds=linger,
        )
        return play(plan, as_json=json)
    if (seed, speed, customers, landing, linger) != (None, _SPEED, None, None, _LINGER_SECONDS):
        raise UsageError("--seed, --speed, --customers, --landing and --linger need --scenario.")
    return _serve_sandbox(port, state, webhook, as_json=json)


def _serve_sandbox(port: int, state: Path | None, webhook: str | None, *, as_json: bool) -> int:
    from interfaces.sandbox.server import serve_sandbox

    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        try:
            serve_sandbox(
                port=port,
                state_path=state,
                webhook_url=webhook,
                on_ready=lambda url, secret: _explain(url, webhook, secret),
            )
        except ValueError as error:
            raise UsageError(str(error)) from error
    return ended(DONE, as_json=as_json)


def _explain(url: str, webhook: str | None, secret: str | None) -> None:
    """Print what to do next, each command on a line of its own, which can be copied at any width."""
    if COMMON.get().verbosity is Verbosity.QUIET:
        return
    port = urlsplit(url).port
    lines = [f"The sandbox runs. Its page: {url}/", "In another terminal:"]
    lines += [f"export STRIPE_API_BASE={url}", "export STRIPE_API_KEY=sk_test_anything"]
    if webhook is None or secret is None:
        lines += ["For webhooks to `fulfill serve`, stop it and run:"]
        lines += [f"fulfill sandbox --port {port} --webhook {_WEBHOOK}"]
    else:
        lines += [f"export STRIPE_WEBHOOK_SECRET={secret}", f"fulfill serve --port {_port_of(webhook)}"]
        lines += ["Then sell something by Stripe's API, or play a day: fulfill sandbox --help"]
    for line in lines:
        talk(line)


def _port_of(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
