"""License keys: imported from files and pipes, up to a bound, shown and withdrawn."""

import io
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from processes import stop

from interfaces.cli.arguments.key_file import BYTES_MAX, read_key_file
from interfaces.cli.usage import UsageError, shown

Fulfill = Callable[..., Any]
BY = ("--as", "kim", "--reason", "a delivery came")
ORDER = "cs_test_a1Q7xK2mVd"
SETTINGS = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_example"}
Start = Callable[..., "Popen[str]"]


@pytest.mark.usefixtures("small_shop")
def test_imported_keys_serve_who_waited_and_are_imported_once(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / "keys.txt").write_text("\ufeffAAAA-1111\r\n\r\n  BBBB-2222  \nAAAA-1111\n")

    result, again = (fulfill("keys", "import", "pro", "keys.txt", *BY) for _ in range(2))

    assert (result.code, result.out) == (
        0,
        "Imported 2 keys into pro. Skipped 0 known keys and 1 repeat within the file.\n",
    )
    assert (again.code, again.out) == (
        0,
        "Imported 0 keys into pro. Skipped 2 known keys and 1 repeat within the file.\n",
    )
    items = {item["id"]: item["state"] for item in fulfill("checkout", ORDER, "--json").json["line_items"]}
    assert items["li_key"] == "delivered"
    reported = fulfill("checkout", ORDER).out + fulfill("checkout", ORDER, "--json").out
    assert "AAAA" not in reported, "a key is the customer's"


@pytest.mark.usefixtures("small_shop")
def test_a_key_twice_in_a_file_is_withdrawn_once_and_counted_as_a_repeat(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / "keys.txt").write_text("AAAA-1111\nBBBB-2222\nAAAA-1111\n")

    result = fulfill("keys", "withdraw", "pro", "keys.txt", *BY)
    again = fulfill("keys", "withdraw", "pro", "keys.txt", *BY, "--json").json

    assert result.out.endswith("Skipped 0 keys withdrawn before and 1 repeat within the file.\n")
    assert (again["withdrawn"], again["withdrawn_already"], again["repeated_in_file"]) == (0, 2, 1)


def test_a_key_that_is_in_another_pool_is_not_imported_into_a_second_one(fulfill: Fulfill, tmp_path: Path) -> None:
    rules = [f'[products.prod_{pool}]\ndelivery = "license_key"\npool = "{pool}"\n' for pool in ("basic", "pro")]
    (tmp_path / "catalog.toml").write_text("".join(rules))
    (tmp_path / "basic.txt").write_text("A-1\nB-2\n")
    (tmp_path / "pro.txt").write_text("C-3\nB-2\n")
    fulfill("keys", "import", "basic", "basic.txt", *BY)

    result = fulfill("keys", "import", "pro", "pro.txt", *BY)
    again = fulfill("keys", "import", "basic", "basic.txt", *BY)

    assert result.code == 1
    assert "The pool basic already has 1 of these keys (by position: 2), which would be sold twice." in result.err
    assert "B-2" not in result.err
    assert again.out == "Imported 0 keys into basic. Skipped 2 known keys.\n"


def test_a_key_is_in_another_pool_that_no_rule_draws_from(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / "keys.txt").write_text("A-1\n")
    fulfill("keys", "import", "basic", "keys.txt", *BY)

    typed = fulfill("keys", "import", "basics", "keys.txt", *BY)
    result = fulfill("keys", "import", "pro", "keys.txt", *BY, "--new")

    assert (typed.code, "Did you mean basic? If it is new, add --new." in typed.err) == (2, True)
    assert result.code == 1
    assert "The pool basic already has 1 of these keys" in result.err


def test_a_pool_that_no_rule_draws_from_is_warned_of(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / "keys.txt").write_text("A-1\n")

    result = fulfill("keys", "import", "sku-license_key", "keys.txt", *BY)

    assert result.code == 0
    assert "sku-license_key is a new pool, and no catalog rule uses it." in result.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "one key per line"),
        (b"\n \n", "one key per line"),
        (b"\xff\xfe\x00K", "not valid UTF-8"),
        (b"a\x1b[2Jb\n", "printable"),
        (b"x" * 1001, "1 to 1000 printable"),
        (b"k\n" * (BYTES_MAX // 2 + 1), "larger than 16 MiB"),
    ],
    ids=["nothing", "blank lines", "no text", "control characters", "a long line", "too much"],
)
def test_a_file_that_holds_no_keys_is_wrong_usage_and_records_nothing(
    fulfill: Fulfill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, words: str
) -> None:
    (tmp_path / "keys.txt").write_bytes(content)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))

    file, pipe = fulfill("keys", "import", "pro", "keys.txt", *BY), fulfill("keys", "import", "pro", "-", *BY)

    assert (file.code, pipe.code) == (2, 2)
    assert words in file.err
    assert words in pipe.err
    assert [path.name for path in tmp_path.iterdir()] == ["keys.txt"]


@pytest.mark.parametrize("name", ["missing.txt", ".", "keys.txt/x"])
def test_a_file_that_can_not_be_read_is_named(fulfill: Fulfill, tmp_path: Path, name: str) -> None:
    (tmp_path / "keys.txt").write_text("K")

    result = fulfill("keys", "import", "pro", name, *BY, "--json")

    assert (result.code, result.json["error"]["kind"]) == (1, "system")
    assert result.err.startswith(f"fulfill: {name}: ")


@pytest.mark.usefixtures("small_shop")
def test_keys_are_shown_to_who_says_why_and_that_is_in_the_story(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / "keys.txt").write_text("AAAA-1111\n")
    fulfill("keys", "import", "pro", "keys.txt", *BY)
    why = ("--as", "kim", "--reason", "the customer lost the mail")

    result, document = fulfill("keys", "show", ORDER, *why), fulfill("keys", "show", ORDER, *why, "--json").json

    assert result.out.splitlines()[1].split() == ["li_key", "License", "for", "Pro", "1", "AAAA-1111", "valid"]
    [item] = document["line_items"]
    assert (document["session_id"], item["id"], item["title"]) == (ORDER, "li_key", "License for Pro")
    assert (item["keys"], item["all_keys"]) == (["AAAA-1111"], [{"number": 1, "key": "AAAA-1111", "state": "valid"}])
    story = fulfill("checkout", ORDER, "--json").json["story"]
    looks = [(each["actor"], each["reason"]) for each in story if each["type"] == "Fulfillment.KeysShown"]
    assert looks == [("staff:kim", "the customer lost the mail")] * 2


@pytest.mark.usefixtures("small_shop")
def test_a_revoked_key_is_shown_as_such_under_the_number_that_it_had(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / "keys.txt").write_text("AAAA-1111\n")
    fulfill("keys", "import", "pro", "keys.txt", *BY)
    why = ("--as", "kim", "--reason", "posted in a forum")

    result = fulfill("keys", "revoke", ORDER, "--line", "li_key", "--number", "1", *why)
    again = fulfill("keys", "revoke", ORDER, "--number", "1", *why)
    [item] = fulfill("keys", "show", ORDER, *BY, "--json").json["line_items"]

    assert (result.code, result.out) == (
        0,
        f"KV96R-719NK ({ORDER}): Revoked 1 license key of “License for Pro”. Block it where it is checked, too. "
        "The line gets no new ones.\n",
    )
    assert (again.code, "is revoked already" in again.err) == (1, True)
    assert (item["keys"], item["all_keys"]) == ([], [{"number": 1, "key": "AAAA-1111", "state": "revoked"}])
    document = fulfill("checkout", ORDER, "--json").json
    [recorded] = [each for each in document["story"] if each["type"] == "Fulfillment.KeysRevoked"]
    assert (recorded["text"], recorded["actor"], recorded["reason"]) == (
        "Revoked 1 license key of “License for Pro”",
        "staff:kim",
        "posted in a forum",
    )
    [level] = fulfill("keys", "list", "--json").json
    assert (level["given"], level["revoked"]) == (0, 1)


@pytest.mark.usefixtures("small_shop")
def test_withdrawn_keys_serve_no_line(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / "given.txt").write_text("AAAA-1111\nCCCC-3333\n")
    (tmp_path / "keys.txt").write_text("AAAA-1111\nBBBB-2222\nCCCC-3333\n")

    result = fulfill("keys", "withdraw", "pro", "given.txt", *BY)
    again = fulfill("keys", "withdraw", "pro", "given.txt", *BY, "--json").json
    imported = fulfill("keys", "import", "pro", "keys.txt", *BY)

    assert (result.code, result.out) == (
        0,
        "Withdrew 2 keys from pro, 2 of them never in it. Skipped 0 keys withdrawn before.\n",
    )
    assert (again["pool"], again["withdrawn"], again["unknown"], again["withdrawn_already"]) == ("pro", 0, 0, 2)
    assert imported.out == "Imported 1 key into pro. Skipped 2 known keys.\n"
    shown = fulfill("keys", "show", ORDER, *BY, "--json").json["line_items"]
    assert [item["keys"] for item in shown] == [["BBBB-2222"]]
    refused = fulfill("keys", "withdraw", "pro", "keys.txt", *BY)
    assert (refused.code, "by position: 2)" in refused.err) == (1, True)
    assert "BBBB" not in refused.err


@pytest.mark.usefixtures("small_shop")
def test_keys_that_are_not_there_yet_are_refused(fulfill: Fulfill) -> None:
    result = fulfill("keys", "show", ORDER, *BY)

    assert (result.code, result.out) == (1, "")
    assert "No line of this checkout is delivered with license keys." in result.err


def test_ctrl_c_is_130_and_quiet(start: Start, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "keys")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # or a child of `make test &` would be deaf to it
    process = start("keys", "import", "pro", "keys", *BY, **SETTINGS)
    signal.signal(signal.SIGINT, before)

    with (tmp_path / "keys").open("wb"):  # opens when the command has begun to read
        assert stop(process, signal.SIGINT) == (130, "", "")


@pytest.mark.usefixtures("small_shop")
def test_the_pools_are_listed_with_what_became_of_their_keys(fulfill: Fulfill, tmp_path: Path) -> None:
    waiting = fulfill("keys", "list", "--json").json
    (tmp_path / "keys.txt").write_text("AAAA-1111\nBBBB-2222\nCCCC-3333\n")
    (tmp_path / "withdrawn.txt").write_text("CCCC-3333\nDDDD-4444\n")
    fulfill("keys", "import", "pro", "keys.txt", *BY)
    fulfill("keys", "withdraw", "pro", "withdrawn.txt", *BY)

    document, shown = fulfill("keys", "list", "--json").json, fulfill("keys", "list").out

    rest = {"pool": "pro", "revoked": 0, "is_low": False, "is_complete": True}
    assert waiting == [{"free": 0, "given": 0, "withdrawn": 0, "waiting": 1, **rest}]
    assert document == [{"free": 1, "given": 1, "withdrawn": 2, "waiting": 0, **rest}]
    assert shown.splitlines()[1].split() == ["pro", "1", "1", "0", "2", "0"]
    assert "AAAA" not in shown


@pytest.mark.parametrize(
    ("verb", "done"),
    [
        ("import", "Imported 1 key into prp. Skipped 0 known keys.\n"),
        ("withdraw", "Withdrew 1 key from prp, 1 of them never in it. Skipped 0 keys withdrawn before.\n"),
    ],
)
@pytest.mark.usefixtures("small_shop")
def test_a_pool_that_is_unknown_is_asked_about(fulfill: Fulfill, tmp_path: Path, verb: str, done: str) -> None:
    (tmp_path / "keys.txt").write_text("A-1\n")

    result = fulfill("keys", verb, "prp", "keys.txt", *BY)
    kept = fulfill("keys", "list", "--json").json
    new = fulfill("keys", verb, "prp", "keys.txt", *BY, "--new")

    assert (result.code, result.err) == (
        2,
        "fulfill: Neither the catalog nor the log has the pool 'prp'. Did you mean pro? If it is new, add --new.\n",
    )
    assert [each["pool"] for each in kept] == ["pro"]
    assert (new.code, new.out) == (0, done)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("License key\nA-1\nB-2\n", "left out the header row 'License key'."),
        ("KEY\nA-1\nB-2\n", "left out the header row 'KEY'."),
        ('"A-1"\n"B-2"\n', "read 2 keys without the quotes around each."),
        ('"serial_number"\n"A-1"\n"B-2"\n', "left out the header row 'serial_number'."),
    ],
    ids=["a header", "a header in capitals", "quotes", "both"],
)
@pytest.mark.usefixtures("small_shop")
def test_a_header_and_quotes_of_a_spreadsheet_are_no_part_of_keys(
    fulfill: Fulfill, tmp_path: Path, content: str, words: str
) -> None:
    (tmp_path / "keys.csv").write_text(content)

    result = fulfill("keys", "import", "pro", "keys.csv", *BY)

    assert result.out == "Imported 2 keys into pro. Skipped 0 known keys.\n"
    assert f"fulfill: keys.csv: {words}\n" in result.err
    (tmp_path / "plain.txt").write_text("A-1\nB-2\n")
    assert fulfill("keys", "import", "pro", "plain.txt", *BY).out.endswith("Skipped 2 known keys.\n")


@pytest.mark.parametrize(
    "header",
    [
        *("prod_key", "LicenseKey", "CD-Key", "Steam key", "key:", "Key (Pro)", "Serial No.", "Registration code"),
        *("Unlock code", "License keys for Windows", "Seriennummer", "Lizenzschlüssel", "Lizenzschlu\u0308ssel"),
        *("LIZENZSCHLÜSSEL", "Freischaltcodes", "Clé de licence", "Clé d’activation", "Numéro de série"),
        *("Clave de producto", "Código de activación", "Chiave di licenza", "Codice", "Licentiesleutel", "Serienummer"),
        *("Chave de licença", "Código de ativação", "ライセンスキー", "シリアル番号", "プロダクトコード"),
    ],
)
@pytest.mark.parametrize("keys", [("A-1", "B-2"), ("A1 X", "B2 Y"), ("A-1",)], ids=["keys", "spaces", "one key"])
def test_a_header_in_a_language_of_the_customers_is_no_key(tmp_path: Path, header: str, keys: Sequence[str]) -> None:
    file = tmp_path / "keys.txt"
    file.write_text("\n".join([header, *keys]))

    read = read_key_file(str(file))

    assert read.keys == list(keys)
    assert read.remarks == [f"{file}: left out the header row {shown(header)}."]


HEADERS = [
    *("License key", "Lizenzschlüssel", "Clé de licence", "Clave de producto", "Chiave di licenza", "Licentiesleutel"),
    *("Chave de licença", "ライセンスキー", "Studio license key"),
]


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_between_the_keys_is_refused_with_its_line(tmp_path: Path, header: str) -> None:
    file = tmp_path / "keys.txt"
    file.write_text(f"A-1\nB-2\n\n{header}\nC-3\n")

    with pytest.raises(UsageError) as refused:
        read_key_file(str(file))

    assert str(refused.value) == (
        f"{shown(header)} in line 4 of {file} looks like a header, not like a key. Nothing was read. If it is a "
        "header, remove it. If it is a key, move it to a file of its own."
    )


def test_a_header_that_repeats_the_first_is_left_out_with_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    file.write_text('"Key"\n"A-1"\n"B-2"\n"Key"\n"C-3"\n"Key"\n')

    read = read_key_file(str(file))

    assert read.keys == ["A-1", "B-2", "C-3"]
    assert f"{file}: left out the header row 'Key', also in line 4, 6." in read.remarks


@pytest.mark.parametrize("keys", [("red-tree-rain", "blue-code-moon", "my-key-box"), ("KEY-1", "KEY-2", "KEY-3")])
def test_a_key_that_has_a_word_for_keys_is_a_key(tmp_path: Path, keys: Sequence[str]) -> None:
    file = tmp_path / "keys.txt"
    file.write_text("\n".join(keys))

    assert read_key_file(str(file)).keys == list(keys)


@pytest.mark.parametrize(
    "lines",
    [
        ("Windows", "A-1", "B-2"),
        ("Windows Pro 11", "A-1", "B-2"),
        ("Key 2026", "A-1", "B-2"),
        ("Bought in May", "ABC-DEF", "GHI-JKL"),
        ("blue-code-moon", "red-tree-rain"),
    ],
)
@pytest.mark.usefixtures("small_shop")
def test_a_first_line_unlike_the_others_is_refused(fulfill: Fulfill, tmp_path: Path, lines: Sequence[str]) -> None:
    (tmp_path / "keys.csv").write_text("\n".join(lines))

    result = fulfill("keys", "import", "pro", "keys.csv", *BY)

    assert (result.code, result.err) == (
        2,
        "fulfill: The first line of keys.csv looks like a header, not like a key. Nothing was read. If it is a header, "
        "remove it. If it is a key, move it to a file of its own.\n",
    )
    assert fulfill("keys", "list", "--json").json[0]["free"] == 0


@pytest.mark.parametrize(
    "lines",
    [
        ("A-1", "B-2", "C-3"),
        ("ABC-DEF", "GHI-JKL", "MNO-PQR"),
        ("KEY-1", "KEY-2", "KEY-3"),
        ("MONKEY-ABC", "DONKEY-DEF"),
        ("XKEYZ-PINQR", "ABCDE-FGHIJ", "CODEX-LMNOP"),
        ("ABC", "D-1", "EFG"),
        ("blue-code-moon",),
        ("Windows", "A-1"),
        ("A1 B2", "C3 D4", "E5 F6"),
        ("red-tree-rain", "blue-code-moon"),
    ],
)
def test_no_line_of_keys_is_lost(tmp_path: Path, lines: Sequence[str]) -> None:
    (tmp_path / "keys.txt").write_text("\n".join(lines))

    read = read_key_file(str(tmp_path / "keys.txt"))

    assert (read.keys, read.remarks) == (list(lines), [])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("A-1,free\nB-2,sold\n", "has several columns with commas between them."),
        ("key;state\nA-1;free\n", "has several columns with semicolons between them."),
        ("A-1\tfree\n", "has several columns with tabs between them."),
        ('"A-1","free"\n', "has several columns with commas between them."),
        ('"A-1"\nB-2\n', "has 1 line in quotes and 1 without."),
        ("key\n", "must have one key per line"),
        ('""\n', "must have one key per line"),
    ],
    ids=[
        "two columns",
        "a header of two columns",
        "tabs",
        "quoted columns",
        "half quoted",
        "only a header",
        "an empty key",
    ],
)
@pytest.mark.usefixtures("small_shop")
def test_a_table_is_no_list_of_keys_and_is_refused(fulfill: Fulfill, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "keys.csv").write_text(content)

    result = fulfill("keys", "import", "pro", "keys.csv", *BY)

    assert (result.code, words in result.err) == (2, True)
    assert "A-1" not in result.err
    assert fulfill("keys", "list", "--json").json[0]["free"] == 0


@pytest.mark.usefixtures("small_shop")
def test_a_key_may_have_a_comma_or_quotes_inside(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / "keys.csv").write_text('"A,1"\n"say ""hi"""\n')
    (tmp_path / "same.txt").write_text('A,1\nsay "hi"\n')

    assert fulfill("keys", "import", "pro", "keys.csv", *BY).out.startswith("Imported 2 keys")
    assert fulfill("keys", "import", "pro", "same.txt", *BY).out.endswith("Skipped 2 known keys.\n")
