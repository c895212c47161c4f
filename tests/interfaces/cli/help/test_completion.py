"""`fulfill completion`: the scripts for three shells."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Fulfill = Callable[..., Any]
SYNTAX_CHECKS = {"bash": ("bash", "-n"), "zsh": ("zsh", "-n"), "fish": ("fish", "--no-execute")}


def completed_by_bash(script: Path, *words: str) -> list[str]:
    """What bash offers for the last word."""
    line = 'source "$1"; shift; COMP_WORDS=(fulfill "$@"); COMP_CWORD=$#; _fulfill; printf "%s|" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", line, "-", script, *words], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return sorted(word.strip() for word in done.stdout.split("|") if word.strip())


@pytest.fixture
def bash_script(fulfill: Fulfill, tmp_path: Path) -> Path:
    path = tmp_path / "fulfill.bash"
    path.write_text(fulfill("completion", "bash").out)
    return path


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop's directory, in which the words of `fulfill` and of bash are completed."""
    rules = ('sku = "mug-blue"', 'sku = "mug red"')
    shipments = [f'[products.prod_{number}]\ndelivery = "shipment"\n{rule}\n' for number, rule in enumerate(rules)]
    keys = '[products.prod_key]\ndelivery = "license_key"\npool = "studio"\n'
    (tmp_path / "catalog.toml").write_text("".join([*shipments, keys]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("queue", "--kind", "parcel"), ["parcel_to_pack"]),
        (("retry", "--all", "--kind", "mail"), ["mail_failed"]),
        (("checkout", "list", "--state", "to_do"), ["to_do_by_hand"]),
        (("resend", "KV96R-719NK", "--mail", "re"), ["receipt"]),
        (("sandbox", "--scenario", "b"), ["bad-day-at-stripe", "black-friday"]),
        (("serve", "--log-format", ""), ["json", "text"]),
        (("completion", "f"), ["fish"]),
        (("stock", "count", ""), ["mug-blue", r"mug\ red"]),
        (("queue", "--sku", "mug-"), ["mug-blue"]),
        (("keys", "import", ""), ["studio"]),
        (("ship", "KV96R-719NK", "--carrier", "D"), ["DHL", "DPD"]),
        (("cancel", "KV96R-719NK", "--reason", "can"), [r"canceled\ by\ the\ shop"]),
        (("checkout", "list", "--currency", "kw"), ["kwd"]),
        (("projections", "rebuild", "st"), ["stock"]),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_bash_completes_what_an_option_chooses_from(
    bash_script: Path, words: tuple[str, ...], offered: list[str]
) -> None:
    assert completed_by_bash(bash_script, *words) == offered


@pytest.mark.usefixtures("fulfill")
@pytest.mark.parametrize("setting", ["", "[products.prod_x]\ndelivery = 3\n"], ids=["no catalog", "a wrong one"])
def test_without_a_catalog_nothing_is_offered_and_nothing_is_said(
    script: Fulfill, tmp_path: Path, setting: str
) -> None:
    if setting:
        (tmp_path / "catalog.toml").write_text(setting)

    said = script("__complete", "stock", "count", "")

    assert (said.code, said.out.strip(" \n"), said.err) == (0, "\x1fbegin", "")


@pytest.mark.parametrize("shell", SYNTAX_CHECKS)
def test_every_shell_offers_closed_sets_by_itself_and_asks_for_the_catalog(fulfill: Fulfill, shell: str) -> None:
    script = fulfill("completion", shell).out

    for name in ("parcel_to_pack", "keys_replaced", "to_do_by_hand", "black-friday"):
        assert name in script
    assert "__complete" in script


def test_bash_completes_commands_their_verbs_and_options(bash_script: Path) -> None:
    assert completed_by_bash(bash_script, "che") == ["checkout"]
    assert completed_by_bash(bash_script, "stock", "") == ["count", "list"]
    assert "--carrier" in completed_by_bash(bash_script, "ship", "--ca")


@pytest.mark.parametrize(
    "shell", [shell if shell == "bash" else pytest.param(shell, marks=pytest.mark.long) for shell in SYNTAX_CHECKS]
)
def test_the_script_of_each_shell_has_every_command(fulfill: Fulfill, tmp_path: Path, shell: str) -> None:
    result = fulfill("completion", shell)

    assert result.code == 0
    for name in ("checkout", "withdraw", "completion", "carrier"):
        assert name in result.out
    assert fulfill("completion", shell, "--json").json == {"shell": shell, "script": result.out}
    if shutil.which(shell):
        (tmp_path / "script").write_text(result.out)
        done = subprocess.run([*SYNTAX_CHECKS[shell], tmp_path / "script"], capture_output=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, b"")


def test_another_shell_is_wrong_usage(fulfill: Fulfill) -> None:
    result = fulfill("completion", "tcsh")

    assert result.code == 2
    assert "'tcsh'" in result.err or '"tcsh"' in result.err
