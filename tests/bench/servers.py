"""The servers that ingest is measured with, each a process of its own: `python -m bench.servers VARIANT URL DIRECTORY`.

It prints its port when it is about to listen, and serves until SIGTERM.
"""

import random
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import uvicorn
from bench.baselines import Floor, app_save, tutorial
from bench.shop import settings_for
from starlette.types import ASGIApp

from application.effects import EffectRunner
from application.engine import Engine
from application.followers import Followers
from application.unit_of_work import HotStates
from infrastructure.logs import configure_logs
from interfaces.bootstrap import Replacements, Runtime, bootstrap, migrate
from interfaces.web.connections import raise_descriptor_limit
from interfaces.web.serve import engine_app
from interfaces.web.server import web_server

ENGINE, FLOOR, APP_SAVE, TUTORIAL = "engine", "floor", "app_save", "tutorial"
VARIANTS = (ENGINE, FLOOR, APP_SAVE, TUTORIAL)


class _StandBy:
    """Another process leads, and does all that follows from what is taken in."""

    def lead(self) -> bool:
        return False

    def enlist(self, worker: str) -> None:
        pass

    def is_at_work(self, worker: str) -> bool:
        return True

    def release(self) -> None:
        pass


class _Idle:
    def turn(self) -> bool:
        return False


def _engine(url: str, directory: Path) -> ASGIApp:
    """The engine's own server and writer, with nothing beside them that follows the log. It logs as always."""
    configure_logs((directory / "server.log").open("w"))
    settings = settings_for(directory, url)
    migrate(settings)
    return engine_app(_only_taking_in(bootstrap(settings, Replacements(locks=_StandBy()))))


def _only_taking_in(runtime: Runtime) -> Runtime:
    locks, executor = _StandBy(), ThreadPoolExecutor(1)
    runner = EffectRunner(
        worker="none",
        kinds={},
        due=runtime.queries.due_effects,
        writer=runtime.writer,
        locks=locks,
        clock=runtime.clock,
        random=random.random,
        executor=executor,
    )
    engine = Engine(
        log=runtime.log,
        writer=runtime.writer,
        followers=Followers(runtime.log, [], HotStates(), locks, runtime.clock),
        projector=_Idle(),
        runner=runner,
        executor=executor,
        locks=locks,
    )
    return replace(runtime, engine=engine)


def _server(variant: str, url: str, directory: Path) -> uvicorn.Server:
    if variant == ENGINE:
        return web_server(_engine(url, directory), "127.0.0.1", 0)
    if variant == FLOOR:
        return web_server(Floor(url), "127.0.0.1", 0)
    app = app_save(url) if variant == APP_SAVE else tutorial(url)
    return uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning"))


def main(variant: str, url: str, directory: Path) -> None:
    raise_descriptor_limit()
    server = _server(variant, url, directory)
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listening.getsockname()[1], flush=True)
    server.run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
