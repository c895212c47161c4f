"""Commands that run until they are stopped."""

import errno
import socket
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from interfaces.cli.output.printing import page, print_json
from interfaces.cli.usage import DONE, FAILED, Json, Place, UsageError, whole_number

_HOST = "127.0.0.1"
_PORT_MAX = 65535
_WEBHOOK = "http://localhost:4242/webhook"
_SPEED, _LINGER_SECONDS = 1440.0, 10.0


def _port(_kind: object, port: int) -> None:
    if not 0 <= port <= _PORT_MAX:
        raise ValueError(f"must be from 0 to {_PORT_MAX}")


WithWorker = Annotated[
    bool,
    Parameter(negative=(), show_default=False, help="Also run the worker (PostgreSQL). On SQLite it always runs."),
]
Host = Annotated[str, Parameter(help="Address to listen on.")]
Port = Annotated[int, Parameter(converter=whole_number, validator=_port, help="Port to listen on.")]


def serve(
    *,
    host: Host = _HOST,
    port: Port = 4242,
    with_worker: WithWorker = False,
    json: Json = False,
) -> int:
    """Serve the webhook and the landing page until stopped. On SQLite, the worker runs too."""
    from infrastructure.logs import configure_logs
    from interfaces.bootstrap import bootstrap
    from interfaces.databases import make_ready

    settings = Place().settings()
    configure_logs(secrets=settings.secrets)
    _check_free(host, port)
    make_ready(settings.database)
    runtime = bootstrap(settings)
    from interfaces.web.serve import serve as serve_web

    with_worker = with_worker or not runtime.is_shared
    return _ended(serve_web(runtime, host, port, with_worker=with_worker), as_json=json)


def worker(*, json: Json = False) -> int:
    """Run followers and effects without the web server, until stopped. On SQLite, `fulfill serve` runs them."""
    import signal
    import threading

    import structlog

    from infrastructure.logs import configure_logs
    from interfaces.bootstrap import bootstrap
    from interfaces.databases import make_ready

    settings = Place().settings()
    configure_logs(secrets=settings.secrets)
    make_ready(settings.database)
    runtime, is_stopping = bootstrap(settings), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: is_stopping.set())
    runtime.engine.on_failure = is_stopping.set
    runtime.engine.start()
    logger = structlog.get_logger(__name__)
    logger.info("working", mode="live" if settings.livemode else "test")
    is_stopping.wait()
    runtime.engine.stop()
    logger.info("stopped")
    return _ended(FAILED if runtime.engine.failure else DONE, as_json=json)


def migrate(*, json: Json = False) -> int:
    """Create or upgrade the tables. PostgreSQL needs this command; on SQLite every writing command does it."""
    from interfaces.databases import migrate as migrate_database

    database = Place().database()
    migrate_database(database)
    if json:
        print_json({"database": str(database), "state": "ready"})
    else:
        page().say(f"{database} is ready.")
    return DONE


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
    scenario: Annotated[str | None, Parameter(help="Day to play: quiet-day, black-friday, ...")] = None,
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
    _check_free(_HOST, port)
    if scenario is not None:
        from interfaces.cli.scenario_day import Plan, play

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
            serve_sandbox(port=port, state_path=state, webhook_url=webhook)
        except ValueError as error:
            raise UsageError(str(error)) from error
    return _ended(DONE, as_json=as_json)


def _check_free(host: str, port: int) -> None:
    """
    Raises:
        UsageError: the host is empty, which would listen on all interfaces.
        OSError: the port can't be opened. The message says why.
    """
    if not host.strip():
        raise UsageError(f"--host must not be empty. Use {_HOST} for this machine only, 0.0.0.0 for all interfaces.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        option = "--port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "--host"
        why = str(error.strerror).partition(" (while")[0]
        raise OSError(f"Can't listen on {host}:{port}: {why}. Choose another with `{option}`.") from error


def _ended(code: int, *, as_json: bool) -> int:
    if as_json:
        print_json({"state": "failed" if code else "stopped"})
    return code
