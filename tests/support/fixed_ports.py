"""No test listens on a port that it has chosen itself, or connects to one: a developer's own server may be there.

`forbid` holds for what this process does by Python's sockets, and the processes that tests start forbid it too, where
`PYTHON_PATH_OF_PROCESSES` is their PYTHONPATH.
"""

import errno
import sys
import traceback
from pathlib import Path

FIXED = range(10, 20_000)
"""Below the ports that an operating system gives away, and those that `free_port` tries. 1 and 9 stand for a server
that is not there."""
PYTHON_PATH_OF_PROCESSES = str(Path(__file__).with_name("in_processes"))
_LINES = 8

_touched: list[str] = []


def forbid() -> None:
    """Refuse every fixed port from now on, for as long as this process runs."""
    sys.addaudithook(_refuse)


def touched() -> list[str]:
    """What was refused since the last call, and where: a sandbox, for instance, goes on when it can't deliver."""
    found = list(_touched)
    _touched.clear()
    return found


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event not in {"socket.connect", "socket.bind"}:
        return
    match arguments:
        case (_, (str() as host, int() as port, *_)) if port in FIXED:
            where = "".join(traceback.format_stack(limit=_LINES))
            _touched.append(f"{event} {host}:{port}\n{where}")
            raise OSError(errno.EACCES, f"A test must not use the fixed port {port}")
