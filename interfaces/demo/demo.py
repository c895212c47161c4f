"""`fulfill demo`: ten scenes with a stand-in for Stripe and a real engine, then a small shop to try oneself."""

import secrets
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TextIO

from interfaces.demo.engine_process import EngineDied, EngineProcess
from interfaces.demo.goods import KEY_POOL, KEYS, MUG_SKU, PRINT_SKU, catalog_text, stocked
from interfaces.demo.playbill import Playbill
from interfaces.demo.scenes import SCENES, Scene
from interfaces.demo.stage import Stage, WrongOutcome
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer

SHOP_PORT = 4242
_DONE, _WRONG = 0, 1


def run_demo(scripted: bool, out: TextIO = sys.stdout) -> int:
    """Play the scenes; 0 if each ended as it should. On a terminal, and unless `scripted`, keep the shop open."""
    is_open_after = not scripted and out.isatty()
    signal.signal(signal.SIGTERM, _end)
    playbill = Playbill(out)
    port = _port(SHOP_PORT) if is_open_after else _port(0)
    with tempfile.TemporaryDirectory(prefix="fulfill-demo-") as directory, SandboxServer(Sandbox()) as stripe:
        settings, stage = _built(Path(directory), stripe, port)
        with _running(stage):
            code = _DONE if play(SCENES, stage, playbill) else _WRONG
        if is_open_after and code == _DONE:
            from interfaces.demo.storefront import keep_open

            keep_open(settings, stage, stripe.url, port)
    return code


def play(scenes: Sequence[Scene], stage: Stage, playbill: Playbill) -> bool:
    """Play one after the other; True if all ended as they should."""
    right = 0
    for number, scene in enumerate(scenes, 1):
        playbill.open(number, len(scenes), scene.title)
        started = time.monotonic()
        try:
            told = scene.play(stage)
        except (WrongOutcome, EngineDied) as wrong:
            playbill.fail(str(wrong))
            continue
        right += 1
        playbill.close(told, time.monotonic() - started)
    playbill.end(right, len(scenes))
    return right == len(scenes)


def _built(directory: Path, stripe: SandboxServer, port: int) -> tuple[Mapping[str, str], Stage]:
    sandbox, goods = stripe.sandbox, stocked(stripe.sandbox)
    (directory / "catalog.toml").write_text(catalog_text(goods))
    settings = {
        "STRIPE_API_KEY": "sk_test_demo1234567890",
        "STRIPE_WEBHOOK_SECRET": sandbox.add_webhook(f"http://127.0.0.1:{port}/webhook").secrets[-1].value,
        "STRIPE_API_BASE": stripe.url,
        "DATABASE_URL": f"sqlite:///{directory}/fulfillment.db",
        "FULFILL_CATALOG": f"{directory}/catalog.toml",
        "FULFILL_SECRET_KEY": secrets.token_hex(16),
    }
    return settings, Stage(
        sandbox=sandbox,
        engine=EngineProcess(directory, port, settings),
        goods=goods,
        database=directory / "fulfillment.db",
        outbox=directory / "outbox",
    )


@contextmanager
def _running(stage: Stage) -> Iterator[None]:
    """The engine runs and the shelves are filled; however this ends, the engine ends too."""
    by = ("--as", "demo", "--reason", "the shop opens")
    keys = stage.engine.directory / "keys.txt"
    keys.write_text("\n".join(KEYS))
    try:
        stage.engine.start()
        stage.engine.fulfill("stock", "count", MUG_SKU, "20", *by)
        stage.engine.fulfill("stock", "count", PRINT_SKU, "0", *by)
        stage.engine.fulfill("keys", "import", KEY_POOL, str(keys), *by)
        yield
    finally:
        stage.engine.stop()


def _port(wanted: int) -> int:
    """The port if it is free, else one that is."""
    for port in (wanted, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as listening:
                return int(listening.getsockname()[1])
        except OSError:
            sys.stderr.write(f"Port {port} is taken; another one is used.\n")
    raise OSError("There is no free port on this machine.")


def _end(number: int, _frame: FrameType | None) -> None:
    """Told to stop: leave by the way on which the engine is stopped and the directory removed."""
    sys.exit(128 + number)
