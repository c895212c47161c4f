"""Reading needs no setting; acting says which one is missing, and finds them in a file beside the log."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Script = Callable[..., Any]
ORDER = "cs_test_a1Q7xK2mVd"
COUNT = ("stock", "count", "mug", "1", "--as", "kim", "--reason", "x")


@pytest.mark.usefixtures("small_shop")
def test_reading_needs_no_setting_at_all(script: Script) -> None:
    result = script("checkout", ORDER, "--json")

    assert (result.code, result.json["session_id"], result.err) == (0, ORDER, "")


def test_acting_needs_settings_and_says_which(script: Script, tmp_path: Path) -> None:
    result = script(*COUNT, "--json")

    assert (result.code, result.json["error"]["kind"]) == (2, "wrong_setting")
    assert "STRIPE_API_KEY is not set" in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_acting_in_a_directory_without_a_shop_says_where_to_go(script: Script) -> None:
    result = script(*COUNT)

    assert result.err == (
        "fulfill: STRIPE_API_KEY is not set. Set it in the environment or in a file named .env. There is none here: "
        "run commands in the directory of your shop.\n"
    )


def test_settings_are_read_from_a_file_beside_the_log(script: Script, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("STRIPE_API_KEY=sk_test_example1234\nSTRIPE_WEBHOOK_SECRET=whsec_example\n")

    result = script(*COUNT)

    assert (result.code, result.out) == (0, "mug: 1 on hand, 0 reserved, 1 available.\n")
