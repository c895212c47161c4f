"""`fulfill completion`: the scripts for three shells."""

import shutil
import subprocess
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


def test_bash_completes_commands_their_verbs_and_options(bash_script: Path) -> None:
    assert completed_by_bash(bash_script, "che") == ["checkout"]
    assert completed_by_bash(bash_script, "stock", "") == ["count", "list"]
    assert "--carrier" in completed_by_bash(bash_script, "ship", "--ca")


@pytest.mark.parametrize("shell", SYNTAX_CHECKS)
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
