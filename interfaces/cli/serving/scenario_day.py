"""`fulfill sandbox --scenario`: a day of traffic against a shop on this machine."""

import random
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import nullcontext, redirect_stdout, suppress
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from application.text.english import counted
from interfaces.cli.choices import ScenarioName
from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.output.text import label, money
from interfaces.cli.serving.listening import check_is_local
from interfaces.cli.usage import DONE, FAILED, UsageError
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.traffic.day import PACE, Day, Moment
from interfaces.sandbox.traffic.scenarios import SCENARIOS, Scenario
from interfaces.sandbox.traffic.summary import Summary, summary_of

_SEEDS = 1_000_000
_SPEED_MAX, _CUSTOMERS_MAX, _LINGER_SECONDS_MAX = 1_000_000, 100_000, 3600
_LOOK_SECONDS = 0.2
_REPORT_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    scenario: ScenarioName
    seed: int | None
    speed: float
    customers: int | None
    port: int
    webhook_url: str
    landing_url: str | None
    linger_seconds: float


def play(plan: Plan, *, as_json: bool) -> int:
    """Play the day until it is over, or until Ctrl-C, and print its summary.

    Raises:
        UsageError: there is no such day, or it can't be played so.
        StripeError: the shop is not on this machine.
    """
    scenario = _scenario(plan)
    seed = random.SystemRandom().randrange(_SEEDS) if plan.seed is None else plan.seed
    is_stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: is_stopped.set())
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        day = _played(plan, scenario, seed, is_stopped)
    summary = summary_of(day.sandbox)
    if as_json:
        print_json(_document(plan, day, summary))
    else:
        _report(plan, day, summary)
    return FAILED if summary.believed else DONE


def _scenario(plan: Plan) -> Scenario:
    if not 0 < plan.speed <= _SPEED_MAX:
        raise UsageError(f"--speed must be more than 0 and at most {_SPEED_MAX:,} (got {plan.speed:g}).")
    if plan.customers is not None and not 1 <= plan.customers <= _CUSTOMERS_MAX:
        raise UsageError(f"--customers must be from 1 to {_CUSTOMERS_MAX:,} (got {plan.customers}).")
    if not 0 <= plan.linger_seconds <= _LINGER_SECONDS_MAX:
        raise UsageError(f"--linger must be from 0 to {_LINGER_SECONDS_MAX:,} seconds (got {plan.linger_seconds:g}).")
    if plan.landing_url is not None:
        check_is_local(plan.landing_url, "--landing")
    return SCENARIOS[plan.scenario]


def _played(plan: Plan, scenario: Scenario, seed: int, is_stopped: threading.Event) -> Day:
    with SandboxServer(Sandbox(pace=PACE, seed=seed), port=plan.port) as server:
        secret = server.sandbox.add_webhook(plan.webhook_url).secrets[-1].value
        day = Day(
            sandbox=server.sandbox,
            scenario=scenario,
            seed=seed,
            landing_url=plan.landing_url or _beside(plan.webhook_url),
            speed=plan.speed,
            customers=plan.customers,
            is_stopped=is_stopped,
        )
        _introduce(plan, scenario, seed, server.url, secret)
        if _wait_for_the_shop(plan.webhook_url, is_stopped):
            day.play(_ProgressLine())
            is_stopped.wait(plan.linger_seconds)
    return day


def _beside(webhook_url: str) -> str:
    parts = urlsplit(webhook_url)
    return f"{parts.scheme}://{parts.netloc}/after-checkout"


def _introduce(plan: Plan, scenario: Scenario, seed: int, url: str, secret: str) -> None:
    say = page().say
    say(url)
    say(secret)
    say(f"{plan.scenario}, seed {seed}: {scenario.says}")
    say(f"Watch it at {url}/")
    say("Start the shop in another terminal, in an empty directory:")
    say(f"  export STRIPE_API_BASE={url} STRIPE_API_KEY=sk_test_anything STRIPE_WEBHOOK_SECRET={secret}")
    say("  fulfill serve")
    sys.stdout.flush()


def _wait_for_the_shop(webhook_url: str, is_stopped: threading.Event) -> bool:
    """Whether it is up, before the day is stopped."""
    parts = urlsplit(webhook_url)
    place = (parts.hostname or "", parts.port or 80)
    has_said = False
    while not is_stopped.is_set():
        with suppress(OSError):
            socket.create_connection(place, timeout=1.0).close()
            return True
        if not has_said:
            talk(f"Waiting for a shop at {parts.netloc}. Press Ctrl-C to stop.")
            has_said = True
        is_stopped.wait(_LOOK_SECONDS)
    return False


class _ProgressLine:
    """One line that is overwritten on a terminal; elsewhere, one line for each hour of the day."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._hour = -1
        self._next = 0.0

    def __call__(self, moment: Moment) -> None:
        hour = int(moment.at // 3600)
        progress = (
            f"{hour:02}:{int(moment.at // 60) % 60:02}  {moment.actions_done:,} of {moment.actions:,} customer actions"
        )
        if not self._is_terminal:
            if hour != self._hour:
                talk(progress)
            self._hour = hour
        elif time.monotonic() >= self._next or moment.actions_done == moment.actions:
            self._next = time.monotonic() + _REPORT_SECONDS
            end = "\n" if moment.actions_done == moment.actions else ""
            print(f"\r{progress}", end=end, file=sys.stderr, flush=True)


def _document(plan: Plan, day: Day, summary: Summary) -> dict[str, object]:
    paid = [{"currency": currency, "amount": amount} for currency, amount in summary.paid.items()]
    return {
        "scenario": plan.scenario,
        "seed": day.seed,
        "is_over": day.is_over,
        **asdict(summary),
        "paid": paid,
        "visits": dict(day.visits),
    }


def _again(plan: Plan, day: Day) -> str:
    """The command that plays the same day against the same shop."""
    options = {
        "scenario": plan.scenario,
        "seed": day.seed,
        "customers": day.customers,
        "webhook": plan.webhook_url,
        "landing": plan.landing_url,
    }
    named = [word for name, value in options.items() if value is not None for word in (f"--{name}", str(value))]
    return shlex.join(["fulfill", "sandbox", *named])


def _report(plan: Plan, day: Day, summary: Summary) -> None:
    page().fields(
        [
            ("Day", "complete" if day.is_over else "stopped"),
            ("Checkouts", _counted(summary.sessions)),
            ("Paid", ", ".join(money(amount, currency) for currency, amount in summary.paid.items()) or "nothing"),
            ("Deliveries", _counted(summary.deliveries)),
            ("Attempts", f"{summary.attempts:,}, {summary.attempts_failed:,} failed"),
            ("Mishaps", _counted(summary.mishaps)),
            ("Believed", counted(summary.believed, "forged delivery", "forged deliveries")),
            ("Visits", _counted(day.visits)),
            ("Replay", _again(plan, day)),
        ]
    )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {label(name)}" for name, count in counts.items()) or "none"
