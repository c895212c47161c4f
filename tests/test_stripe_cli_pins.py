"""The Stripe CLI that the tests run is one and the same everywhere."""

import json
from pathlib import Path

PINS = Path(__file__).parents[1] / "requirements" / "stripe-cli"
WRAPPER = "@stripe/cli"


def test_one_version_is_pinned_by_its_hash_and_without_an_address() -> None:
    wanted = json.loads((PINS / "package.json").read_text())["dependencies"]
    text = (PINS / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    wrapper = packages[f"node_modules/{WRAPPER}"]

    assert wanted == packages[""]["dependencies"] == {WRAPPER: wrapper["version"]}
    assert wrapper["optionalDependencies"] == {
        path.removeprefix("node_modules/"): package["version"]
        for path, package in packages.items()
        if path.startswith(f"node_modules/{WRAPPER}-")
    }
    for path in (f"node_modules/{WRAPPER}", f"node_modules/{WRAPPER}-linux-x64"):
        assert packages[path]["integrity"].startswith("sha512-")
    assert "://" not in text
