"""A process that copies a log and is killed before or after its n-th transaction in the target."""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from typing import ParamSpec, TypeVar

from application.copies.copying import Copy
from infrastructure.database import parse_database
from interfaces.databases import open_copy

P = ParamSpec("P")
T = TypeVar("T")


def main(source: str, target: str, at: int, batch_max: int) -> None:
    numbers = count(1)

    def look() -> None:
        if next(numbers) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def looking(write: Callable[P, T]) -> Callable[P, T]:
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            look()
            done = write(*args, **kwargs)
            look()
            return done

        return call

    with open_copy(parse_database(source), parse_database(target)) as copy:
        here, there = copy.databases
        store = there.log.store
        for name in ("insert_copied", "replace_bookkeeping", "end_copy"):
            setattr(store, name, looking(getattr(store, name)))
        assert Copy(here, there, batch_max=batch_max)().is_same


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
