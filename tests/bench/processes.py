"""What processes cost, as the kernel counts it, and on which core they run."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(root: int) -> float:
    """User and system time of this process and of all its descendants, those that have ended included."""
    return sum(_cpu_ticks(pid) for pid in _tree(root)) / _TICKS_PER_SECOND


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


def pin(pid: int, core: int) -> None:
    """Keep a process and what it starts from now on to one core, if there are several."""
    if os.cpu_count() != 1:
        os.sched_setaffinity(pid, {core})


def _tree(root: int) -> Iterable[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _fields(int(entry.name))[1:2]
            if parent:
                children.setdefault(int(parent[0]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _cpu_ticks(pid: int) -> int:
    """Of the process and of its ended children."""
    return sum(map(int, _fields(pid)[11:15]))


def _fields(pid: int) -> list[str]:
    """Those of `/proc/PID/stat` after the name, from the state on; none if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
