"""Measurements that run in a process of their own: a plan goes in as a line of JSON, the outcome comes out as one."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from python_path import PYTHON_PATH

P = TypeVar("P")
T = TypeVar("T")


def start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """`python -m bench.MODULE`, with its input and output in our hands."""
    environment = {**os.environ, "PYTHONPATH": PYTHON_PATH}
    command = [sys.executable, "-m", f"bench.{module}", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)


def write_line(child: subprocess.Popen[bytes], line: bytes) -> None:
    assert child.stdin is not None
    child.stdin.write(line + b"\n")
    child.stdin.flush()


def read_line(child: subprocess.Popen[bytes]) -> bytes:
    """
    Raises:
        RuntimeError: it ended instead.
    """
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise RuntimeError(f"{child.args!r} ended with {child.wait()}")
    return line


def run(module: str, plan: Any, outcome: type[T]) -> T:
    """Have a module carry out a plan, from its start to its end."""
    with start(module) as child:
        write_line(child, msgspec.json.encode(plan))
        line = read_line(child)
    return msgspec.json.decode(line, type=outcome)


def carry_out(plan: type[P], measure: Callable[[P], Any]) -> None:
    """The other side of `run`."""
    outcome = measure(msgspec.json.decode(sys.stdin.readline(), type=plan))
    sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")
    sys.stdout.flush()
