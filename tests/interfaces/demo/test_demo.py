"""The demo, as a newcomer runs it."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from running import RunningShop, running_shop
from starlette.applications import Starlette
from starlette.testclient import TestClient

from interfaces.demo.demo import play
from interfaces.demo.engine_process import EngineDied, EngineProcess
from interfaces.demo.goods import catalog_text, stocked
from interfaces.demo.playbill import Playbill
from interfaces.demo.scenes import SCENES, Scene, Told, card
from interfaces.demo.stage import Stage, WrongOutcome, expect
from interfaces.demo.storefront import storefront_routes


def test_the_scripted_demo_plays_ten_scenes_and_exits(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run(
        [sys.executable, "-m", "interfaces.cli.main", "demo", "--scripted"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.strip()[:1] for line in done.stdout.splitlines()].count("✓") == 10
    assert done.stdout.endswith("10 of 10 scenes ended as they should.\n")
    assert "\033" not in done.stdout, "no colours where no terminal is"
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


@pytest.fixture
def stage(shop: RunningShop, tmp_path: Path) -> Stage:
    goods = stocked(shop.sandbox)
    return Stage(
        sandbox=shop.sandbox,
        engine=EngineProcess(tmp_path, int(shop.url.rpartition(":")[2]), {}),
        goods=goods,
        database=tmp_path / "fulfillment.db",
        outbox=tmp_path / "outbox",
    )


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RunningShop]:
    with running_shop(tmp_path) as shop:
        yield shop


def test_a_scene_that_ends_otherwise_is_told_and_fails_the_demo(stage: Stage) -> None:
    def wrong(_: Stage) -> Told:
        expect(False, "the mug is red, not blue")
        return []

    def dies(_: Stage) -> Told:
        raise EngineDied("it is gone")

    out = io.StringIO()
    is_right = play([Scene(title="A", play=wrong), Scene(title="B", play=dies)], stage, Playbill(out))

    assert is_right is False
    assert "✗ the mug is red, not blue" in out.getvalue()
    assert "✗ it is gone" in out.getvalue()
    assert out.getvalue().endswith("0 of 2 scenes ended as they should.\n")


def test_a_scene_notices_an_engine_that_does_not_do_its_job(stage: Stage) -> None:
    """This engine has an empty catalog, so that nothing of the card payment is delivered by itself."""
    session = stage.order("course")
    stage.sandbox.pay(session)

    with pytest.raises(WrongOutcome, match="blocked"):
        stage.expect_state(session, "fulfilled", ["receipt"], seconds=1.5)


def test_an_engine_that_does_not_come_up_says_why(tmp_path: Path) -> None:
    engine = EngineProcess(tmp_path, 1, {"STRIPE_API_KEY": "nonsense"})

    with pytest.raises(EngineDied, match="STRIPE_API_KEY"):
        engine.start()
    engine.stop()


def test_there_are_ten_scenes_and_each_has_a_title_of_its_own() -> None:
    assert len({scene.title for scene in SCENES}) == 10
    assert SCENES[0].play is card


def test_a_visitor_of_the_shop_is_led_to_pay_and_finds_the_order(shop: RunningShop, stage: Stage) -> None:
    (stage.engine.directory / "catalog.toml").write_text(catalog_text(dict(stage.goods)))
    stripe_url = shop.runtime.settings.stripe_api_base or ""
    visitor = TestClient(
        Starlette(routes=storefront_routes(stage, shop.runtime, stripe_url)), base_url=shop.url, follow_redirects=False
    )

    front = visitor.get("/demo")
    led_to = visitor.post("/demo/buy/course").headers["location"]
    payment_page = httpx2.get(led_to, trust_env=False)
    session = led_to.rpartition("/")[2]
    stage.sandbox.pay(session)
    stage.expect_state(session, "blocked", ["receipt"])

    assert front.status_code == 200
    assert "A trial" in front.text
    assert front.headers["content-security-policy"].startswith("default-src 'none'")
    assert payment_page.status_code == 200
    assert session in visitor.get("/demo").text
    assert visitor.post("/demo/buy/nothing").status_code == 404
    assert visitor.get("/demo/static/shop.css").status_code == 200
