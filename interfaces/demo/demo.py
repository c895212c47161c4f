"""`fulfill demo`: ten scenes with a stand-in for Stripe and a real engine, then a small shop to try oneself."""

import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TextIO

from infrastructure.customer_texts.formatting import english, format_money
from infrastructure.database import SQLiteFile
from infrastructure.logs import configure_logs
from interfaces.demo.engine_process import EngineDied, EngineProcess, free_port
from interfaces.demo.goods import KEY_POOL, KEYS, MUG_SKU, MUGS_ON_HAND, catalog_text, stocked
from interfaces.demo.playbill import Playbill
from interfaces.demo.scenes import SCENES, Scene
from interfaces.demo.stage import Stage, WrongOutcome
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer

SHOP_PORT = 4242
_DONE, _WRONG = 0, 1


def run_demo(scripted: bool, out: TextIO | None = None, scenes: Sequence[Scene] = SCENES) -> int:
    """Play the scenes; 0 if each ended as it should. On a terminal, and unless `scripted`, keep the shop open."""
    out = out or sys.stdout
    is_open_after = not scripted and out.isatty()
    playbill, port = Playbill(out), free_port(*([SHOP_PORT] if is_open_after else []))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    with (
        tempfile.TemporaryDirectory(prefix="fulfill-demo-", ignore_cleanup_errors=True) as directory,
        _logs(Path(directory)),
        SandboxServer(Sandbox()) as stripe,
    ):
        settings, stage = _built(Path(directory), stripe, port, playbill)
        try:
            with _running(stage):
                code = _DONE if play(scenes, stage, playbill) else _WRONG
        except EngineDied as died:
            playbill.fail(str(died))
            return _WRONG
        if is_open_after and code == _DONE:
            from interfaces.demo.opening import keep_open

            if port != SHOP_PORT:
                playbill.heading(f"Port {SHOP_PORT} is taken by something else, so the shop is on another one.")
            code = keep_open(settings, stage, stripe.url, port, playbill)
    return code


def play(scenes: Sequence[Scene], stage: Stage, playbill: Playbill) -> bool:
    """Play one after the other, and look at everything again; True if all ended as they should."""
    right: set[int] = set()
    for number, scene in enumerate(scenes, 1):
        playbill.open(number, len(scenes), scene.title)
        stage.scene = number
        stage.clear()
        try:
            if _play(scene, stage, playbill):
                right.add(number)
        except EngineDied as died:
            playbill.fail(str(died))
            break
    is_closed = _close_the_books(stage, playbill, right)
    playbill.end(len(right), len(scenes), is_closed=is_closed)
    return is_closed and len(right) == len(scenes)


def _play(scene: Scene, stage: Stage, playbill: Playbill) -> bool:
    started = time.monotonic()
    try:
        ending = scene.play(stage)
    except WrongOutcome as wrong:
        playbill.fail(str(wrong))
        return False
    playbill.close(ending.outcome, ending.stories, time.monotonic() - started)
    return True


def _close_the_books(stage: Stage, playbill: Playbill, right: set[int]) -> bool:
    """Whatever was right is still so, and there is nothing beside it."""
    against = stage.close_the_books()
    right.difference_update(against)
    playbill.heading("Everything looked at again")
    for scene, said in against.items():
        for each in said:
            playbill.fail(f"scene {scene}: {each}" if scene else each)
    if not against:
        taken = [format_money(sum.amount, sum.currency, english()) for sum in stage.sandbox.books.taken().values()]
        playbill.succeed(
            f"{stage.checkouts} checkouts, {' and '.join(taken) or 'nothing'} taken, as in Stripe's books."
        )
    return not against


def _built(directory: Path, stripe: SandboxServer, port: int, playbill: Playbill) -> tuple[Mapping[str, str], Stage]:
    sandbox, goods = stripe.sandbox, stocked(stripe.sandbox)
    (directory / "catalog.toml").write_text(catalog_text(goods))
    settings = {
        "STRIPE_API_KEY": "sk_test_demo",
        "STRIPE_WEBHOOK_SECRET": sandbox.webhook_at(f"http://127.0.0.1:{port}/webhook").secrets[-1].value,
        "STRIPE_API_BASE": stripe.url,
        "DATABASE_URL": f"sqlite:///{directory}/fulfillment.db",
        "FULFILL_CATALOG": f"{directory}/catalog.toml",
        "FULFILL_SECRET_KEY": secrets.token_hex(16),
        "FULFILL_SHOP_NAME": "A small shop",
        "FULFILL_SHOP_URL": f"http://localhost:{port}/demo",
    }
    return settings, Stage(
        sandbox=sandbox,
        engine=EngineProcess(directory, port, settings),
        goods=goods,
        database=SQLiteFile(directory / "fulfillment.db"),
        outbox=directory / "outbox",
        say=playbill.happens,
    )


@contextmanager
def _running(stage: Stage) -> Iterator[None]:
    """The engine runs and the shelves are filled; however this ends, the engine ends too."""
    by = ("--as", "Sam", "--reason", "the shop opens")
    keys = stage.engine.directory / "keys.txt"
    keys.write_text("\n".join(KEYS))
    try:
        stage.engine.start()
        stage.engine.fulfill("stock", "count", MUG_SKU, str(MUGS_ON_HAND), *by)
        stage.engine.fulfill("keys", "import", KEY_POOL, str(keys), *by)
        yield
    finally:
        stage.engine.stop()


@contextmanager
def _logs(directory: Path) -> Iterator[None]:
    """This process logs to a file, since the terminal shows the scenes."""
    with (directory / "demo.log").open("a") as log:
        configure_logs(log)
        yield


def _leave(number: int, _frame: FrameType | None) -> None:
    """On a signal, exit in the way that stops the engine and removes everything."""
    sys.exit(128 + number)
