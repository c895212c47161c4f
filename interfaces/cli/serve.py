"""`fulfill serve` and `fulfill worker`: the engine, until it is stopped."""

from typing import Annotated

from cyclopts import Parameter

from interfaces.cli.listening import HOST, Host, Port, check_free, ended
from interfaces.cli.usage import DONE, FAILED, Json, SettingsSource

WithWorker = Annotated[
    bool,
    Parameter(negative=(), show_default=False, help="Also run the worker (PostgreSQL). On SQLite it always runs."),
]


def serve(
    *,
    host: Host = HOST,
    port: Port = 4242,
    with_worker: WithWorker = False,
    json: Json = False,
) -> int:
    """Serve the webhook and the landing page until stopped. On SQLite, the worker runs too."""
    from infrastructure.logs import configure_logs
    from interfaces.bootstrap import bootstrap
    from interfaces.databases import make_ready

    settings = SettingsSource().settings()
    configure_logs(secrets=settings.secrets)
    check_free(host, port)
    make_ready(settings.database)
    runtime = bootstrap(settings)
    from interfaces.web.serve import serve as serve_web

    with_worker = with_worker or not runtime.is_shared
    return ended(serve_web(runtime, host, port, with_worker=with_worker), as_json=json)


def worker(*, json: Json = False) -> int:
    """Run followers and effects without the web server, until stopped. On SQLite, `fulfill serve` runs them."""
    import signal
    import threading

    import structlog

    from infrastructure.logs import configure_logs
    from interfaces.bootstrap import bootstrap
    from interfaces.databases import make_ready

    settings = SettingsSource().settings()
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
    return ended(FAILED if runtime.engine.failure else DONE, as_json=json)
