"""Whatever standard input and output are: pipes that close, disks that are full, letters that can't be written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sample_log import SHOP

Script = Callable[..., Any]
ORDER = "cs_test_a1Q7xK2mVd"
SETTINGS = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_example"}
BY = "--as kim --reason asked"
ON_A_FULL_DISK = {
    "a story": (f"checkout {SHOP}", 1),
    "what is not there": ("checkout cs_test_stranger", 1),
    "wrong usage": ("stock count a/b 1 --as kim --reason asked", 2),
    "what was recorded": (f"note {SHOP} called {BY}", 1),
}


@pytest.mark.long
@pytest.mark.usefixtures("log_file")
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("form", ["", "--json"], ids=["words", "json"])
@pytest.mark.parametrize(("arguments", "code"), ON_A_FULL_DISK.values(), ids=list(ON_A_FULL_DISK))
def test_a_full_disk_is_reported_however_it_is_written_to(
    script: Script, arguments: str, code: int, form: str, unbuffered: str
) -> None:
    result = script(line=f"fulfill {arguments} {form} >/dev/full", PYTHONUNBUFFERED=unbuffered, **SETTINGS)

    assert result.code == code
    assert result.err.startswith("fulfill: ")
    assert all(line.startswith("fulfill: ") for line in result.err.splitlines()), "no traceback"


@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize("form", ["", pytest.param("--json", marks=pytest.mark.long)], ids=["words", "json"])
def test_a_reader_that_has_gone_away_does_no_harm(script: Script, form: str) -> None:
    result = script(line=f"exec 3> >(true); wait $!; fulfill checkout {ORDER} {form} >&3")

    assert (result.code, result.out, result.err) == (1, "", "")


@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize(
    "closed", ["1>&-", *(pytest.param(each, marks=pytest.mark.long) for each in ("2>&-", "0<&-", "1>&- 2>&-"))]
)
def test_closed_streams_do_no_harm(script: Script, closed: str) -> None:
    assert script(line=f"fulfill queue {closed}").code == 0
    assert script(line=f"fulfill bogus {closed}").code == 2


def test_keys_can_come_through_a_pipe(script: Script) -> None:
    result = script(line=rf"printf 'K-1\nK-2\n' | fulfill keys import pro - {BY}", **SETTINGS)

    assert (result.code, result.out) == (0, "Imported 2 keys into pro. Skipped 0 known keys.\n")


@pytest.mark.long
def test_no_keys_come_through_what_is_closed(script: Script, tmp_path: Path) -> None:
    result = script(line=f"fulfill keys import pro - {BY} 0<&-", **SETTINGS)

    assert (result.code, result.err) == (
        2,
        "fulfill: FILE is - (standard input), but standard input is closed. Name a file instead.\n",
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.usefixtures("small_shop")
def test_letters_that_the_encoding_lacks_are_written_otherwise(script: Script) -> None:
    result = script("checkout", ORDER, PYTHONIOENCODING="ascii")

    assert (result.code, r"\u201cMug, blue\u201d" in result.out) == (0, True)


@pytest.mark.long
@pytest.mark.usefixtures("small_shop")
def test_a_document_stays_one_whatever_letters_the_encoding_lacks(script: Script) -> None:
    result = script("checkout", "💥", "--json", PYTHONIOENCODING="ascii")

    assert "💥" in result.json["error"]["message"]


def test_an_argument_that_is_no_text_is_wrong_usage(script: Script) -> None:
    result = script(line=r"fulfill search $'\xff'")

    assert (result.code, "UTF-8" in result.err) == (2, True)
