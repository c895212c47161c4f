"""The servers that ingest is measured with, each a process of its own: `python -m bench.servers VARIANT URL DIRECTORY`.

It prints its port when it is about to listen, and serves until SIGTERM.
"""

import socket
import sys
from pathlib import Path

import uvicorn
from bench.baselines import Floor, app_save, tutorial
from bench.shop import open_shop
from starlette.types import ASGIApp

from interfaces.cli.main import tune_the_interpreter
from interfaces.web.connections import raise_descriptor_limit
from interfaces.web.serve import engine_app
from interfaces.web.server import web_server

ENGINE, FLOOR, APP_SAVE, TUTORIAL = "engine", "floor", "app_save", "tutorial"
VARIANTS = (ENGINE, FLOOR, APP_SAVE, TUTORIAL)


def _engine(url: str, directory: Path) -> ASGIApp:
    """The engine's own server and writer, with nothing beside them that follows the log. It logs as always."""
    return engine_app(open_shop(str(directory), url, lambda _: []), with_worker=False)


def _server(variant: str, url: str, directory: Path) -> uvicorn.Server:
    if variant == ENGINE:
        return web_server(_engine(url, directory), "127.0.0.1", 0)
    if variant == FLOOR:
        return web_server(Floor(url), "127.0.0.1", 0)
    app = app_save(url) if variant == APP_SAVE else tutorial(url)
    return uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning"))


def main(variant: str, url: str, directory: Path) -> None:
    raise_descriptor_limit()
    if variant == FLOOR:
        tune_the_interpreter()  # as the engine does: the floor is the same server
    server = _server(variant, url, directory)
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listening.getsockname()[1], flush=True)
    server.run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
