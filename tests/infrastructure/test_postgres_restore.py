"""`fulfill backup` prints the command of PostgreSQL's own program. It runs as printed, and so does the restore."""

import os
import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from postgres_databases import Databases
from postgres_server import client_program
from read_side import open_read_side
from sample_log import sample_log

from application.reading.registry import PROJECTIONS
from domain.errors import Refused
from infrastructure.database import parse_database
from infrastructure.stores import stores


def printed_command(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    found = re.search(r"`([^`]+)`", str(refused.value))
    assert found is not None
    return shlex.split(found[1])


def run(url: str, command: list[str]) -> None:
    environment = {**os.environ, "PGPASSWORD": urlsplit(url).password or ""}
    subprocess.run([client_program(command[0]), *command[1:]], env=environment, check=True)


def test_a_dump_is_restored_by_the_commands_that_are_printed(
    databases: Databases, postgres_url: str, tmp_path: Path
) -> None:
    dump, elsewhere = tmp_path / "shop.dump", databases.create_empty()
    with open_read_side(postgres_url) as before:
        before.append(sample_log()[:20])
        before.projector.catch_up()
        rows = {each.name: before.rows(each) for each in PROJECTIONS}
    with pytest.raises(Refused) as backing_up:
        stores(parse_database(postgres_url)).back_up(dump, lambda _: None)
    run(postgres_url, printed_command(backing_up))
    with pytest.raises(Refused) as restoring:
        stores(parse_database(elsewhere)).open_backup(dump)

    run(elsewhere, printed_command(restoring))

    with open_read_side(elsewhere) as after:
        assert {each.name: after.rows(each) for each in PROJECTIONS} == rows
        last = sample_log()[19]
        after.append([replace(last, originator_version=last.originator_version + 1)])
        after.projector.catch_up()
        assert all(after.rebuild.verify(each.name).is_right for each in PROJECTIONS)


def test_views_of_a_log_that_was_restored_beside_them_are_rebuilt(postgres_url: str, tmp_path: Path) -> None:
    dump = tmp_path / "log.dump"
    with open_read_side(postgres_url) as before:
        before.append(sample_log()[:20])
        before.projector.catch_up()
    part = ["--schema=fulfillment", f"--dbname={postgres_url}"]
    run(postgres_url, ["pg_dump", "--format=custom", f"--file={dump}", *part])
    with open_read_side(postgres_url) as meanwhile:
        meanwhile.append(sample_log()[20:])
        meanwhile.projector.catch_up()

    run(postgres_url, ["pg_restore", "--clean", "--no-owner", "--exit-on-error", *part, str(dump)])

    with open_read_side(postgres_url) as after:
        assert [view.name for view in after.projector.check()] == sorted(each.name for each in PROJECTIONS)
        after.projector.catch_up()
        assert all(after.rebuild.verify(each.name).is_right for each in PROJECTIONS)
