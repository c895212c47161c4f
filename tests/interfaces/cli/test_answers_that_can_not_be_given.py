"""An answer that nobody can take, and an address that nobody named: a sentence and a code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sample_log import SHOP

SETTINGS = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_example"}
BY = ("--as", "kim", "--reason", "asked")
ON_A_FULL_DISK = {
    "a story": ("checkout", SHOP),
    "what is not there": ("checkout", "cs_test_nobody"),
    "wrong usage": ("checkout", "x"),
    "what was recorded": ("note", SHOP, "called", *BY),
}


def onto_a_full_disk(directory: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3]), **SETTINGS, **variables}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "interfaces.cli.main", *arguments],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    return done.returncode, done.stderr


@pytest.mark.usefixtures("log_file")
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["words", "json"])
@pytest.mark.parametrize("arguments", ON_A_FULL_DISK.values(), ids=list(ON_A_FULL_DISK))
def test_a_full_disk_is_told_however_it_is_written_to(
    tmp_path: Path, arguments: tuple[str, ...], form: tuple[str, ...], unbuffered: str
) -> None:
    code, err = onto_a_full_disk(tmp_path, *arguments, *form, PYTHONUNBUFFERED=unbuffered)

    assert code in {1, 2}
    assert "Traceback" not in err
    assert all(line.startswith("fulfill: ") for line in err.splitlines())
