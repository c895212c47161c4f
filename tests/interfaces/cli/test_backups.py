"""`fulfill backup` and `fulfill restore`: what they say, and what they refuse."""

import shlex
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from every_store import change

from application.log.log import COPYING, MOVED
from infrastructure.locks.files import FileLocks

Fulfill = Callable[..., Any]
ORDER = "cs_test_a1Q7xK2mVd"
STAFF = ("--as", "kim", "--reason", "tried")
EVENTS = 48
POSTGRES = "postgresql://shop:hunter2@127.0.0.1:1/shop"


@pytest.fixture
def backed_up(fulfill: Fulfill, small_shop: Path) -> str:
    """A backup, after which the shop went on."""
    assert fulfill("backup", "backup.db").code == 0
    assert fulfill("note", ORDER, "after the backup", *STAFF).code == 0
    return "backup.db"


def test_a_backup_says_what_it_holds(fulfill: Fulfill, small_shop: Path) -> None:
    result = fulfill("backup", "backup.db")

    assert result.code == 0
    assert result.out.startswith(f"Backed up {EVENTS} events up to event {EVENTS} (")
    assert "verified and synced" in result.out
    assert "copying: " in result.err


def test_the_document_of_a_backup(fulfill: Fulfill, small_shop: Path) -> None:
    document = fulfill("backup", "backup.db", "--json").json

    assert set(document) == {"database", "file", "events", "end", "bytes", "is_closed", "seconds"}
    assert (document["events"], document["end"]["position"]) == (EVENTS, EVENTS)
    assert document["bytes"] == Path("backup.db").stat().st_size


def test_a_file_that_exists_is_refused(fulfill: Fulfill, backed_up: str) -> None:
    result = fulfill("backup", backed_up, "--json")

    assert (result.code, result.json["error"]["kind"]) == (1, "refused")
    assert result.err.endswith("backup.db already exists. Name a new file: a backup never replaces one.\n")


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_an_empty_name_is_refused(fulfill: Fulfill, small_shop: Path, command: str) -> None:
    result = fulfill(command, "", "--json")

    assert (result.code, result.json["error"]["kind"]) == (2, "wrong_usage")
    assert "FILE must name a file, such as backups/shop.db (got '')." in result.err


def test_without_a_log_there_is_nothing_to_back_up(fulfill: Fulfill, tmp_path: Path) -> None:
    result = fulfill("backup", "backup.db", "--json")

    assert (result.code, result.json["error"]["kind"]) == (1, "not_found")
    assert list(tmp_path.iterdir()) == []


def test_a_check_reports_what_a_restore_would_lose_and_changes_nothing(fulfill: Fulfill, backed_up: str) -> None:
    before = sorted(each.name for each in Path().iterdir())

    result = fulfill("restore", backed_up, "--check", "--json")

    assert result.code == 0
    document = result.json
    assert (document["events"], document["is_right"], document["problems"]) == (EVENTS, True, [])
    assert document["end"]["position"] == EVENTS
    lost = document["lost"]
    assert (lost["agree_until"], lost["events"], lost["checkouts"], lost["stripe_events"]) == (EVENTS, 1, 1, 0)
    assert lost["first_at"] == lost["last_at"] is not None
    assert sorted(each.name for each in Path().iterdir()) == before
    shown = fulfill("restore", backed_up, "--check")
    assert f"The backup lacks 1 event after event {EVENTS}, recorded from " in shown.out
    assert "It concerns 1 checkout and 0 Stripe events" in shown.out


def test_a_restore_puts_the_backup_in_place_and_keeps_what_was_there(fulfill: Fulfill, backed_up: str) -> None:
    result = fulfill("restore", backed_up, "--json")

    assert result.code == 0
    assert "after the backup" not in fulfill("checkout", ORDER).out
    assert Path(result.json["replaced"]).is_file()
    again = fulfill("restore", result.json["replaced"], "--check", "--json").json
    assert (again["events"], again["lost"]["events"]) == (EVENTS + 1, 0)
    assert fulfill("note", ORDER, "after the restore", *STAFF).code == 0
    assert fulfill("projections", "verify", "timeline").code == 0


def test_a_restore_reports_what_is_lost_and_where_the_old_log_is(fulfill: Fulfill, backed_up: str) -> None:
    result = fulfill("restore", backed_up)

    assert result.code == 0
    assert "Restored fulfillment.db from backup.db: event 48 (" in result.out
    assert "The previous log is kept as fulfillment.db.replaced-" in result.out
    assert "The backup lacks 1 event after event 48" in result.out


@pytest.fixture
def keys_given(fulfill: Fulfill, small_shop: Path) -> str:
    """A backup, after which a customer got a key, and another one was withdrawn."""
    assert fulfill("backup", "backup.db").code == 0
    Path("keys.txt").write_text("AAAA-1111\nBBBB-2222\n")
    Path("old.txt").write_text("CCCC-3333\n")
    assert fulfill("keys", "import", "pro", "keys.txt", *STAFF).code == 0
    assert fulfill("keys", "withdraw", "old", "old.txt", "--new", *STAFF).code == 0
    return "backup.db"


def test_keys_that_were_given_since_the_backup_are_reported(fulfill: Fulfill, keys_given: str) -> None:
    checked = fulfill("restore", keys_given, "--check")
    document = fulfill("restore", keys_given, "--check", "--json").json

    assert (document["lost"]["keys"], document["keys_to"]) == ({"old": 1, "pro": 1}, None)
    reported = "That part gave 2 license keys to customers or withdrew them (1 of old, 1 of pro). Withdraw them before"
    assert reported in checked.out
    restored = fulfill("restore", keys_given)
    assert reported in restored.out
    variable, command = restored.out.partition("`")[2].partition("`")[0].split(" ", 1)
    assert command == "fulfill restore backup.db --check --keys-to DIR"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(*variable.split("=", 1))
        assert fulfill(*shlex.split(command)[1:], "--json").json["keys_to"].keys() == {"old", "pro"}
    assert Path("DIR/pro.txt").read_text() == "AAAA-1111\n"


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_keys_that_were_given_since_the_backup_go_into_private_files(
    fulfill: Fulfill, keys_given: str, options: tuple[str, ...]
) -> None:
    result = fulfill("restore", keys_given, *options, "--keys-to", "given")

    assert result.code == 0
    assert stat.S_IMODE(Path("given").stat().st_mode) == 0o700
    assert {each.name: each.read_text() for each in Path("given").iterdir()} == {
        "old.txt": "CCCC-3333\n",
        "pro.txt": "AAAA-1111\n",
    }
    assert {stat.S_IMODE(each.stat().st_mode) for each in Path("given").iterdir()} == {0o600}
    assert "AAAA" not in result.out + result.err
    if options:
        assert fulfill("restore", keys_given).code == 0
    commands = [line for line in result.out.splitlines() if line.startswith("fulfill keys withdraw ")]
    for command in commands:
        words = shlex.split(command.replace("NAME", "kim").replace("TEXT", "restored"))
        assert fulfill(*words[1:]).code == 0
    assert fulfill("keys", "import", "pro", "keys.txt", *STAFF, "--json").json["imported"] == 1
    [item] = fulfill("keys", "show", ORDER, *STAFF, "--json").json["line_items"]
    assert item["keys"] == ["BBBB-2222"]


def test_a_restore_that_fails_leaves_no_keys_behind(fulfill: Fulfill, keys_given: str) -> None:
    locks = FileLocks(Path("fulfillment.db"))
    assert locks.lead()

    assert fulfill("restore", keys_given, "--keys-to", "given").code == 1

    assert not Path("given").exists()
    locks.release()
    Path("given").mkdir()
    result = fulfill("restore", keys_given, "--keys-to", "given")
    assert (result.code, "given exists already" in result.err) == (1, True)
    assert fulfill("restore", keys_given, "--check", "--json").json["lost"]["events"] > 0, "it is as it was"


def test_without_a_key_given_since_the_backup_no_file_is_written(fulfill: Fulfill, backed_up: str) -> None:
    result = fulfill("restore", backed_up, "--check", "--keys-to", "given", "--json")

    assert (result.code, result.json["keys_to"], result.json["lost"]["keys"]) == (0, {}, {})
    assert not Path("given").exists()


def test_keys_of_a_log_that_can_not_be_read_are_not_promised(fulfill: Fulfill, backed_up: str) -> None:
    Path("fulfillment.db").write_bytes(b"broken" * 10_000)

    result = fulfill("restore", backed_up, "--keys-to", "given")

    assert result.code == 1
    assert "The license keys that were given away since the backup are unknown: " in result.err
    assert "restore without --keys-to" in result.err
    assert not Path("given").exists()


def test_a_log_that_is_gone_is_restored(fulfill: Fulfill, backed_up: str) -> None:
    for each in Path().glob("fulfillment*"):
        each.unlink()

    checked = fulfill("restore", backed_up, "--check", "--json").json
    restored = fulfill("restore", backed_up, "--json").json

    assert (checked["lost"], checked["not_compared"]) == (None, "There is no log at fulfillment.db yet.")
    assert restored["replaced"] is None
    assert fulfill("checkout", ORDER).code == 0


def test_a_log_that_is_damaged_is_replaced(fulfill: Fulfill, backed_up: str) -> None:
    Path("fulfillment.db").write_bytes(b"broken" * 10_000)

    assert "is something else" in fulfill("restore", backed_up, "--check", "--json").json["not_compared"]
    assert fulfill("restore", backed_up).code == 0
    assert fulfill("checkout", ORDER).code == 0


@pytest.mark.parametrize("role", ["leader", "worker"])
def test_where_a_process_works_nothing_is_restored(fulfill: Fulfill, backed_up: str, role: str) -> None:
    locks = FileLocks(Path("fulfillment.db"))
    assert locks.lead() if role == "leader" else locks.enlist()

    result = fulfill("restore", backed_up)

    assert result.code == 1
    assert "A process is using fulfillment.db. Stop every `fulfill serve`" in result.err
    assert fulfill("restore", backed_up, "--check").code == 0, "looking is always allowed"
    locks.release()


def test_a_backup_of_a_closed_log_is_reported_and_restored_once_it_is_open(fulfill: Fulfill, small_shop: Path) -> None:
    change("sqlite:///fulfillment.db", "log", "INSERT INTO tracking VALUES (?, 0)", MOVED)

    made = fulfill("backup", "my moved.db", "--json")

    assert (made.code, made.json["is_closed"]) == (0, True)
    assert "my moved.db is closed too, and can't be restored as it is." in made.err
    assert fulfill("reopen").code == 0
    result = fulfill("restore", "my moved.db")
    assert result.code == 1
    assert "my moved.db can't be restored: It is closed: a copy in another database had replaced its log." in result.err
    variable, command = result.err.partition("`")[2].partition("`")[0].split(" ", 1)
    assert (variable, command) == ("DATABASE_URL=sqlite:///my%20moved.db", "fulfill reopen")
    assert fulfill("restore", "my moved.db", "--check", "--json").json["is_closed"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(*variable.split("=", 1))
        assert fulfill("reopen", "--json").json["was_moved"]
    assert fulfill("restore", "my moved.db").code == 0


def test_a_closed_log_is_replaced_only_once_it_is_open_again(fulfill: Fulfill, backed_up: str) -> None:
    change("sqlite:///fulfillment.db", "log", "INSERT INTO tracking VALUES (?, 0)", MOVED)

    checked = fulfill("restore", backed_up, "--check")
    result = fulfill("restore", backed_up, "--json")

    assert "fulfillment.db is closed: a copy in another database has replaced its log." in " ".join(checked.out.split())
    assert fulfill("restore", backed_up, "--check", "--json").json["lost"]["is_closed"] is True
    assert (result.code, result.json["error"]["kind"]) == (1, "refused")
    assert "fulfillment.db is closed: a copy in another database has replaced its log." in result.err
    assert "run `fulfill reopen`, then restore." in result.err
    assert fulfill("reopen", "--json").json["was_moved"], "it is as it was"
    assert "is closed" not in fulfill("restore", backed_up, "--check").out
    assert fulfill("restore", backed_up).code == 0


def test_what_is_no_backup_is_refused(fulfill: Fulfill, small_shop: Path) -> None:
    Path("notes.txt").write_text("Dear shop,\n" * 1000)

    for arguments in (("notes.txt",), ("notes.txt", "--check")):
        result = fulfill("restore", *arguments, "--json")
        assert (result.code, result.json["error"]["kind"]) == (1, "not_a_backup")
        assert "notes.txt is not a SQLite database, or is damaged" in result.err
    assert fulfill("restore", "nowhere.db").err == "fulfill: nowhere.db: No such file or directory.\n"
    assert fulfill("checkout", ORDER).code == 0


@pytest.mark.parametrize("place", [".", "..", "/dev/null"])
def test_what_is_no_regular_file_is_refused(fulfill: Fulfill, small_shop: Path, place: str) -> None:
    for options in ((), ("--check",)):
        result = fulfill("restore", place, *options, "--json")
        assert (result.code, result.json["error"]["kind"]) == (1, "not_a_backup")
        assert f"{place} is not a regular file. Name a file made by `fulfill backup`." in result.err


def test_an_unfinished_copy_is_not_restored(fulfill: Fulfill, small_shop: Path) -> None:
    assert fulfill("backup", "backup.db").code == 0
    change("sqlite:///backup.db", "log", "INSERT INTO tracking VALUES (?, 3)", COPYING)
    Path("backup.db-wal").unlink(missing_ok=True)

    assert fulfill("restore", "backup.db", "--check").code == 1
    result = fulfill("restore", "backup.db")
    assert result.code == 1
    assert "backup.db can't be restored: The copy of another log into this database is not complete." in result.err


def test_an_event_that_can_not_be_read_is_reported_and_restored(fulfill: Fulfill, small_shop: Path) -> None:
    assert fulfill("backup", "backup.db").code == 0
    change("sqlite:///backup.db", "log", "UPDATE stored_events SET topic='Nothing.Known' WHERE rowid=5")

    checked = fulfill("restore", "backup.db", "--check", "--json")
    assert (checked.code, checked.json["is_right"], checked.json["problems"]) == (1, False, [])
    assert "Event 5: " in checked.json["unreadable"][0]
    restored = fulfill("restore", "backup.db")
    assert restored.code == 0
    assert "Event 5: " in restored.err


CHANGED_INSIDE = [
    ("UPDATE stored_events SET state=CAST(state || x'20' AS BLOB) WHERE rowid=?", 9),
    ("UPDATE stored_events SET topic='CheckoutSession.RetryRequested' WHERE rowid=?", 11),
    ("DELETE FROM stored_events WHERE rowid=?", 7),
]


@pytest.mark.parametrize(("statement", "position"), CHANGED_INSIDE)
@pytest.mark.parametrize("place", ["backup.db", "fulfillment.db"])
@pytest.mark.parametrize("is_behind", [True, False])
def test_an_event_that_differs_between_log_and_backup_is_reported(
    fulfill: Fulfill, small_shop: Path, statement: str, position: int, place: str, is_behind: bool
) -> None:
    assert fulfill("backup", "backup.db").code == 0
    assert not is_behind or fulfill("note", ORDER, "after the backup", *STAFF).code == 0
    assert change(f"sqlite:///{place}", "log", statement, position) == 1

    result = fulfill("restore", "backup.db", "--check", "--json")

    assert (result.code, result.json["is_right"]) == (1, False)
    lost = result.json["lost"]
    assert (lost["agree_until"], lost["events"]) == (EVENTS, int(is_behind))
    assert (lost["differing"], lost["first_differing"]) == (1, position)
    shown = fulfill("restore", "backup.db", "--check").out
    assert f"1 event differs between the log and the backup, the first at {position}: one of the two" in shown
    assert "holds all of it" not in shown


def test_a_backup_of_the_whole_log_is_reported(fulfill: Fulfill, small_shop: Path) -> None:
    assert fulfill("backup", "backup.db").code == 0

    result = fulfill("restore", "backup.db", "--check")

    assert result.code == 0
    assert "Nothing is lost: the backup holds every event of the log." in result.out
    assert f"comparing: {EVENTS} of {EVENTS} events (100 %)" in result.err


def test_a_log_that_went_on_otherwise_than_the_backup_is_compared_up_to_there(fulfill: Fulfill, backed_up: str) -> None:
    replaced = fulfill("restore", backed_up, "--json").json["replaced"]
    for text in ("otherwise", "and on"):
        assert fulfill("note", ORDER, text, *STAFF).code == 0

    lost = fulfill("restore", replaced, "--check", "--json").json["lost"]

    assert (lost["agree_until"], lost["events"], lost["differing"]) == (EVENTS, 2, 0)


def test_a_log_that_is_damaged_inside_is_replaced(fulfill: Fulfill, backed_up: str) -> None:
    log = Path("fulfillment.db")
    with log.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (log.stat().st_size - 4096))

    checked = fulfill("restore", backed_up, "--check", "--json")

    assert (checked.code, checked.json["lost"]) == (0, None)
    assert "the file is damaged" in checked.json["not_compared"]
    assert fulfill("restore", backed_up).code == 0
    assert fulfill("checkout", ORDER).code == 0


def test_a_stream_that_lacks_an_event_is_reported(fulfill: Fulfill, small_shop: Path) -> None:
    assert fulfill("backup", "backup.db").code == 0
    lost = "DELETE FROM stored_events WHERE originator_id=? AND originator_version=2"
    assert change("sqlite:///backup.db", "log", lost, ORDER) == 1

    checked = fulfill("restore", "backup.db", "--check", "--json")

    assert (checked.code, checked.json["is_right"]) == (1, False)
    [gap] = checked.json["unreadable"]
    assert gap.endswith(f" is event 3 of {ORDER}, but event 2 of that stream is missing before it")
    assert f"problems   {gap}" in fulfill("restore", "backup.db", "--check").out
    assert gap in fulfill("restore", "backup.db").err
    assert fulfill("checkout", ORDER).code == 1


@pytest.mark.parametrize(("command", "program"), [("backup", "pg_dump"), ("restore", "pg_restore")])
def test_on_postgresql_its_own_program_is_named_without_the_password(
    fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch, command: str, program: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", POSTGRES)

    result = fulfill(command, "my shop.dump")

    assert result.code == 1
    words = shlex.split(result.err.partition("`")[2].partition("`")[0])
    assert words[0] == program
    assert any("my shop.dump" in word for word in words)
    assert "user=shop dbname=shop host=127.0.0.1 port=1" in words[1]
    assert "hunter2" not in result.err + result.out
