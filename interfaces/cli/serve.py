"""`fulfill serve` and `fulfill worker`: the engine, until it is stopped."""

import gc
from typing import Annotated

from cyclopts import Parameter

from application.log_line import LogLine
from infrastructure.log_format import LogFormat
from interfaces.cli.running.logs import configure_engine_logs
from interfaces.cli.serving.announcement import Announcement, Format
from interfaces.cli.serving.announcement import log_format as chosen_format
from interfaces.cli.serving.listening import HOST, Host, Port, base_url, check_free, ended
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
    log_format: Format = None,
    json: Json = False,
) -> int:
    """Serve the webhook and the landing page until stopped. On SQLite, the worker runs too."""
    import structlog

    from interfaces.bootstrap import bootstrap
    from interfaces.databases import make_ready

    settings, format = SettingsSource().settings(), chosen_format(log_format)
    configure_engine_logs(format, settings)
    check_free(host, port)
    make_ready(settings.database)
    runtime = bootstrap(settings)
    from interfaces.web.serve import serve as serve_web

    _spare_the_collector()
    with_worker = with_worker or not runtime.is_shared
    announcement = Announcement(runtime=runtime, base_url=base_url(host, port), has_worker=with_worker)
    if format is LogFormat.TEXT:
        announcement.say()
    else:
        announcement.log(structlog.get_logger(__name__), LogLine.SERVING, host=host, port=port)
    return ended(serve_web(runtime, host, port, with_worker=with_worker), as_json=json)


def worker(*, log_format: Format = None, json: Json = False) -> int:
    """Run followers and effects without the web server, until stopped. On SQLite, `fulfill serve` runs them."""
    import signal
    import threading

    import structlog

    from interfaces.bootstrap import bootstrap
    from interfaces.databases import make_ready

    settings, format = SettingsSource().settings(), chosen_format(log_format)
    configure_engine_logs(format, settings)
    make_ready(settings.database)
    runtime, is_stopping = bootstrap(settings), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: is_stopping.set())
    runtime.engine.on_failure = is_stopping.set
    logger = structlog.get_logger(__name__)
    announcement = Announcement(runtime=runtime)
    if format is LogFormat.TEXT:
        announcement.say()
    else:
        announcement.log(logger, LogLine.WORKING)
    _spare_the_collector()
    runtime.engine.start()
    is_stopping.wait()
    runtime.engine.stop()
    logger.info(LogLine.STOPPED)
    return ended(FAILED if runtime.engine.failure else DONE, as_json=json)


def _spare_the_collector() -> None:
    """Exempt what exists now from garbage collection. Modules and the wiring live as long as the process, and a full
    collection that walks them holds up every request for the 40 ms of CPU that it takes."""
    gc.collect()
    gc.freeze()
