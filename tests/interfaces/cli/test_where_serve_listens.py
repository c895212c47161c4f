"""Everybody is served only where that is asked for in so many words."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SETTINGS = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_example"}


@pytest.mark.parametrize("host", ["", " "])
def test_no_address_is_not_every_address(tmp_path: Path, host: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "interfaces.cli.main", "serve", "--host", host, "--port", "0", "--json"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3]), **SETTINGS},
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (done.returncode, json.loads(done.stdout)["error"]["kind"]) == (2, "wrong_usage")
    assert "--host 127.0.0.1" in done.stderr
    assert list(tmp_path.iterdir()) == [], "nothing was begun"
