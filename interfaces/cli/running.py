"""Commands that run something until they are told to stop."""

import signal
import threading
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from interfaces.cli.printing import say
from interfaces.cli.usage import Place

Host = Annotated[str, Parameter(help="The address to listen on.")]
Port = Annotated[int, Parameter(help="The port to listen on.")]
_FAILED = 1


def serve(*, host: Host = "127.0.0.1", port: Port = 4242) -> int:
    """Serve the webhook and the landing page, with the engine inside, until told to stop."""
    from infrastructure.logs import configure_logs
    from interfaces.bootstrap import bootstrap, migrate
    from interfaces.web.serve import serve as serve_web

    settings = Place().settings()
    configure_logs(secrets=settings.secrets)
    migrate(settings)
    return serve_web(bootstrap(settings), host, port)


def worker() -> int:
    """Run followers and effects without the web, until told to stop. `fulfill serve` has them inside on SQLite."""
    from infrastructure.logs import configure_logs
    from interfaces.bootstrap import bootstrap, migrate

    settings = Place().settings()
    configure_logs(secrets=settings.secrets)
    migrate(settings)
    runtime, is_told = bootstrap(settings), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: is_told.set())
    runtime.engine.on_failure = is_told.set
    runtime.engine.start()
    is_told.wait()
    runtime.engine.stop()
    return _FAILED if runtime.engine.failure else 0


def migrate() -> int:
    """Make or upgrade the tables of the log."""
    from interfaces.bootstrap import migrate_database

    database = Place().database()
    migrate_database(database)
    say(f"{database} is ready.")
    return 0


def demo(*, scripted: Annotated[bool, Parameter(negative=(), help="Only play the scenes, then exit.")] = False) -> int:
    """Watch paid sessions being fulfilled, with a stand-in for Stripe; needs no account and no setting."""
    from interfaces.demo.demo import run_demo

    return run_demo(scripted)


def sandbox(
    *,
    port: Port = 12111,
    state: Annotated[Path | None, Parameter(help="A file to keep its state in.")] = None,
    webhook: Annotated[str | None, Parameter(help="Where to deliver events: http://localhost:4242/webhook")] = None,
) -> int:
    """Run a stand-in for Stripe, for trials and tests, that Stripe's own SDK talks to."""
    from interfaces.sandbox.server import serve_sandbox

    serve_sandbox(port=port, state_path=state, webhook_url=webhook)
    return 0
