"""The files in deploy/ start the server as it is: right calls, files that exist, and time to stop."""

import json
import re
from configparser import ConfigParser
from pathlib import Path

import pytest

from application.running.engine import STOP_SECONDS
from interfaces.cli.commands import launched
from interfaces.cli.main import command_line

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
OF_THE_SHOP = ("shop.env", "catalog.toml")
"""What a shop puts beside compose.yaml: its keys, and how it delivers."""
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def text(name: str) -> str:
    return (DEPLOY / name).read_text()


def unit() -> ConfigParser:
    found = ConfigParser(interpolation=None, strict=False)
    found.optionxform = str  # type: ignore[assignment, method-assign]  # systemd's names have capitals
    found.read_string(text("fulfill.service"))
    return found


def commands() -> dict[str, list[str]]:
    """The command line of each file, without the program."""
    container = re.findall(r"^CMD (\[.*\])$", text("Containerfile"), re.MULTILINE)[-1]
    compose = re.findall(r"^    command: (\[.*\])$", text("compose.yaml"), re.MULTILINE)[0]
    return {
        "Containerfile": json.loads(container)[1:],
        "compose.yaml": json.loads(compose)[1:],
        "fulfill.service": unit()["Service"]["ExecStart"].split()[1:],
    }


@pytest.mark.parametrize("name", ["Containerfile", "compose.yaml", "fulfill.service"])
def test_each_file_starts_the_server_by_a_right_call(name: str) -> None:
    words = commands()[name]

    assert words[0] == "serve"
    launched(command_line()).parse_args(words, exit_on_error=False, print_error=False)
    command_line().parse_args([word for word in words if "env" not in word], exit_on_error=False, print_error=False)


def test_a_stop_may_take_as_long_as_the_server_needs() -> None:
    compose = re.search(r"stop_grace_period: (\d+)s", text("compose.yaml"))

    assert compose is not None
    assert int(compose[1]) > STOP_SECONDS
    assert int(unit()["Service"]["TimeoutStopSec"]) > STOP_SECONDS


def test_everything_that_is_copied_into_the_image_exists_and_is_let_in() -> None:
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", text("Containerfile"), re.MULTILINE)
        for source in line.split()[:-1]
    ]
    let_in = re.findall(r"^!(\S+)$", text("Containerfile.dockerignore"), re.MULTILINE)

    assert len(copied) > 8
    assert [each for each in copied if not (ROOT / each).exists()] == []
    assert [each for each in copied if not any(Path(each).match(pattern) for pattern in let_in)] == []


def test_images_are_named_without_a_host_and_every_file_is_documented() -> None:
    images = re.findall(r"^FROM (\S+)", text("Containerfile"), re.MULTILINE)

    assert images
    assert all(re.fullmatch(r"[a-z0-9]+:[\w.-]+", image) for image in images)
    ours = [path.name for path in DEPLOY.iterdir() if path.name not in OF_THE_SHOP]
    assert [name for name in ours if f"deploy/{name}" not in OPERATIONS] == []


@pytest.mark.parametrize("file", [*OF_THE_SHOP, "/first-order/", "*.backup"])
def test_what_the_pages_put_into_a_checkout_is_never_committed(file: str) -> None:
    assert file in (ROOT / ".gitignore").read_text().splitlines()
