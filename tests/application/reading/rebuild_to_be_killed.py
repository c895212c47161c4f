"""A process that rebuilds the timeline of a directory and is killed as it begins its n-th change of the views' file."""

import os
import signal
import sqlite3
import sys
from itertools import count
from pathlib import Path

from application.log.log import Log
from application.reading.rebuild import Rebuild
from infrastructure.event_store.sqlite import sqlite_environment
from infrastructure.sqlite_file import Synchronous, connect
from infrastructure.views.sqlite import SQLiteViews, scratch_views, views_path


def main(directory: str, at: int, batch_max: int) -> None:
    numbers = count(1)

    def look(statement: str) -> None:
        if statement in {"BEGIN IMMEDIATE", "COMMIT"} and next(numbers) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def connect_and_look(path: str) -> sqlite3.Connection:
        connection = connect(path, Synchronous.NORMAL)
        connection.set_trace_callback(look)
        return connection

    path = Path(directory, "fulfillment.db")
    log = Log(dict(sqlite_environment(path, create_tables=False)))
    views = SQLiteViews(views_path(path), connect_and_look)
    Rebuild(log, views, scratch_views, batch_max=batch_max).rebuild("timeline")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
