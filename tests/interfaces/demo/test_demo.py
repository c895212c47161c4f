"""The demo, as a newcomer runs it, and how it finds out that something went wrong."""

import io
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import loopback
import pytest
from fixed_ports import PYTHON_PATH_OF_PROCESSES
from typed_ids import as_session

from interfaces.demo.demo import play
from interfaces.demo.engine_process import EngineDied, EngineProcess, free_port
from interfaces.demo.playbill import Playbill
from interfaces.demo.scenes import SCENES, Ending, Scene
from interfaces.demo.stage import Order, Stage, WrongOutcome, expect

WRONG_SCENE = """
import sys
from interfaces.demo.demo import run_demo
from interfaces.demo.scenes import Scene
from interfaces.demo.stage import expect

sys.exit(run_demo(True, scenes=[Scene(title="A", play=lambda stage: expect(False, "the mug is red"))]))
"""


COUNT = ("stock", "count", "mug-blue", "7", "--as", "kim", "--reason", "looked")
OPEN_SHOP = """
import sys
from interfaces.demo.demo import run_demo

sys.exit(run_demo(False, scenes=[]))
"""


def environment(directory: Path) -> dict[str, str]:
    python_path = os.pathsep.join((PYTHON_PATH_OF_PROCESSES, *sys.path))
    return {"PATH": os.environ["PATH"], "TMPDIR": str(directory), "PYTHONPATH": python_path}


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env=environment(directory),
        capture_output=True,
        text=True,
        timeout=110,
    )


@pytest.mark.long
def test_the_scripted_demo_plays_ten_scenes_and_exits(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "interfaces.cli.main", "demo", "--scripted")

    assert done.returncode == 0, done.stdout + done.stderr
    assert [done.stdout.count(scene.title) for scene in SCENES] == [1] * 10
    assert "✗" not in done.stdout
    assert "18 checkouts, €1,145.90 taken, as in Stripe's books." in done.stdout
    assert done.stdout.endswith("10 of 10 scenes ended as they should.\n")
    assert done.stderr == ""
    assert "\033" not in done.stdout, "no colors where no terminal is"
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


def test_a_wrong_outcome_is_reported_and_exits_with_one(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", WRONG_SCENE)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ the mug is red" in done.stdout
    assert done.stdout.endswith("0 of 1 scenes ended as they should.\n")
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


@pytest.mark.long
@pytest.mark.parametrize(("stopped_by", "code"), [(signal.SIGINT, 0), (signal.SIGHUP, 128 + signal.SIGHUP)])
def test_on_a_terminal_the_shop_stays_open_until_it_is_closed(
    tmp_path: Path, stopped_by: signal.Signals, code: int
) -> None:
    terminal, side = pty.openpty()
    shop = subprocess.Popen(
        [sys.executable, "-c", OPEN_SHOP], cwd=tmp_path, env=environment(tmp_path), stdout=side, stderr=side
    )
    os.close(side)
    try:
        with open(terminal, encoding="utf-8", errors="replace") as lines:
            url = next(
                found.group() for found in (re.search(r"http://localhost:\d+/demo", line) for line in lines) if found
            )
            with loopback.client(follow_redirects=True, timeout=20) as visitor:
                wait_until_served(visitor, url)
                payment_page = visitor.post(f"{url}/buy/course")
            (directory,) = tmp_path.iterdir()
            staff = run(directory, "-m", "interfaces.cli.main", *COUNT)
            shop.send_signal(stopped_by)

            assert shop.wait(30) == code
    finally:
        shop.kill()
        shop.wait()

    assert staff.returncode == 0, "every command works from the demo's directory: " + staff.stderr
    assert payment_page.url.host == "127.0.0.1"
    assert "Online course: drawing trees" in payment_page.text
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


def wait_until_served(visitor: httpx2.Client, url: str) -> None:
    for _ in range(100):
        try:
            assert visitor.get(url).status_code == 200
        except httpx2.ConnectError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"no answer at {url}")


def test_a_scene_that_ends_otherwise_fails_the_demo_and_the_next_is_played(stage: Stage) -> None:
    def wrong(_: Stage) -> Ending:
        expect(False, "the mug is red, not blue")
        return Ending(outcome="unknown")

    out = io.StringIO()
    is_right = play(
        [Scene(title="A", play=wrong), Scene(title="B", play=lambda _: Ending(outcome="All is well."))],
        stage,
        Playbill(out),
    )

    assert is_right is False
    assert "✗ the mug is red, not blue" in out.getvalue()
    assert "✓ All is well." in out.getvalue()
    assert out.getvalue().endswith("1 of 2 scenes ended as they should.\n")


def test_without_an_engine_the_show_does_not_go_on(stage: Stage) -> None:
    def dies(_: Stage) -> Ending:
        raise EngineDied("it is gone")

    out = io.StringIO()
    is_right = play([Scene(title="A", play=dies), Scene(title="B", play=dies)], stage, Playbill(out))

    assert is_right is False
    assert out.getvalue().count("✗ it is gone") == 1
    assert out.getvalue().endswith("0 of 2 scenes ended as they should.\n")


def test_a_scene_notices_an_engine_that_does_not_do_its_job(stage: Stage) -> None:
    order = stage.order("Ada", "course")
    stage.pay(order)
    stage.wait_seconds = 1.5

    with pytest.raises(WrongOutcome, match="its state is blocked, not fulfilled"):
        stage.ends(order, "fulfilled", "receipt")


def test_what_was_right_and_is_so_no_more_fails_its_scene_in_the_end(stage: Stage) -> None:
    def is_right_at_first(stage: Stage) -> Ending:
        order = stage.order("Ada", "course")
        stage.pay(order)
        stage.ends(order, "blocked", "receipt")
        return Ending(outcome="All is well.")

    def writes_once_more(stage: Stage) -> Ending:
        receipt = next(stage.outbox.glob("*.eml"))
        receipt.with_stem(f"{receipt.stem}_2").write_bytes(receipt.read_bytes())
        return Ending(outcome="All is well.")

    out = io.StringIO()
    is_right = play(
        [Scene(title="A", play=is_right_at_first), Scene(title="B", play=writes_once_more)], stage, Playbill(out)
    )

    assert is_right is False
    assert "✗ scene 1: Ada's checkout cs_test_" in out.getvalue()
    assert "in the outbox are receipt, receipt_2, not receipt" in " ".join(out.getvalue().split())
    assert out.getvalue().endswith("1 of 2 scenes ended as they should.\n")


def test_a_checkout_that_no_customer_made_fails_the_demo(stage: Stage) -> None:
    def knows_too_much(stage: Stage) -> Ending:
        items = [{"price": stage.goods["course"].price_id, "quantity": 1}]
        strange = Order(
            as_session(
                stage.sandbox.create_session(
                    {"mode": "payment", "success_url": "https://shop.example.com/", "line_items": items}
                ).id
            ),
            "no one",
        )
        stage.sandbox.expire(strange.id)
        stage.wait_for(lambda: stage.document(strange) is not None, lambda: "it was not recorded")
        return Ending(outcome="All is well.")

    out = io.StringIO()

    assert play([Scene(title="A", play=knows_too_much)], stage, Playbill(out)) is False
    assert "✗ the engine has checkouts that no customer made" in out.getvalue()
    assert out.getvalue().endswith("1 of 1 scenes ended as they should, but not all of them together.\n")


def test_an_engine_that_does_not_come_up_says_why(tmp_path: Path) -> None:
    engine = EngineProcess(tmp_path, 1, {"STRIPE_API_KEY": "nonsense"})

    with pytest.raises(EngineDied, match="STRIPE_API_KEY"):
        engine.start()
    engine.stop()


def test_a_taken_port_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert free_port(port) != port
    assert free_port(port) == port


def test_there_are_ten_scenes_and_each_has_a_title_of_its_own() -> None:
    assert len({scene.title for scene in SCENES}) == 10
