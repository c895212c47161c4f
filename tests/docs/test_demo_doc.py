"""docs/demo.md lists the scenes that are played."""

import re
from pathlib import Path

from interfaces.demo.demo import SHOP_PORT
from interfaces.demo.scenes import SCENES

TEXT = (Path(__file__).parents[2] / "docs" / "demo.md").read_text()


def test_every_scene_is_listed_in_its_order() -> None:
    listed = re.findall(r"^(\d+)\. (.+)$", TEXT, re.MULTILINE)

    assert [int(number) for number, _ in listed] == list(range(1, len(SCENES) + 1))
    assert f"http://localhost:{SHOP_PORT}/demo" in TEXT
    assert [(scene.title, line) for scene, (_, line) in zip(SCENES, listed, strict=True) if scene.title != line] == []
