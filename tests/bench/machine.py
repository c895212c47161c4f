"""What it was measured on."""

import os
import platform
import re
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import psycopg
from bench.figures import percentile
from bench.stores import Store, fresh

_PACKAGES = (
    "eventsourcing",
    "stripe",
    "starlette",
    "uvicorn",
    "httptools",
    "uvloop",
    "msgspec",
    "psycopg",
    "structlog",
)
_POSTGRES_SETTINGS = "server_version fsync synchronous_commit shared_buffers default_toast_compression".split()
_SYNCS = 300
_SYNC_BYTES = 4096


def describe(stores: Sequence[Store]) -> Sequence[tuple[str, str]]:
    return [
        ("machine", f"{_processor()}, {os.cpu_count()} CPUs, {_memory_gib():.0f} GiB"),
        ("disk", f"writing 4 KiB and synchronizing takes {_sync_text()}"),
        ("system", f"{platform.system()} {platform.release().split('-')[0]}"),
        ("Python", platform.python_version()),
        ("SQLite", f"{sqlite3.sqlite_version}, WAL, `synchronous=FULL` for the log"),
        ("PostgreSQL", _postgres(stores)),
        ("packages", ", ".join(f"{package} {version(package)}" for package in _PACKAGES)),
    ]


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3


def _sync_text() -> str:
    with tempfile.TemporaryFile(prefix="fulfill-bench-", buffering=0) as file:
        taken = []
        for _ in range(_SYNCS):
            started = time.perf_counter()
            file.write(bytes(_SYNC_BYTES))
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - started) * 1e6)
    return f"{percentile(taken, 0.5):,.0f} µs at p50, {percentile(taken, 0.99):,.0f} µs at p99"


def _postgres(stores: Sequence[Store]) -> str:
    """Its version and those settings that matter here."""
    for store in stores:
        if store.name == "PostgreSQL":
            with fresh(store) as database, psycopg.connect(database.url) as connection:
                rows = connection.execute(
                    "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s) ORDER BY name",
                    [list(_POSTGRES_SETTINGS)],
                ).fetchall()
            return "on the same machine; " + ", ".join(f"`{name}={value}`" for name, value in rows)
    return "none"
