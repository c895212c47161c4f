"""Why a target was missed, by how its name begins. Found out by a person, and shown while it is missed."""

from collections.abc import Mapping

_INGEST = (
    "Ingest: beside what the floor does, the engine looks for redeliveries, makes a typed event with the headers that "
    "every event has, and writes a log line. The line alone takes about 13 µs of CPU; how much each of the others "
    "takes has not been taken apart."
)

REASONS: Mapping[str, str] = {
    "Ingest on SQLite, 64 connections": _INGEST,
    "Ingest on PostgreSQL, 64 connections": _INGEST,
    "End to end": (
        "End to end: one Python process does everything, and all its threads together use no more than one core. Of "
        "the CPU of a checkout the writer (commands, policies and their inserts) takes half, the views nearly a third, "
        "and claiming effects less than a tenth. The milliseconds were set on a machine on which (a) the floor takes "
        "53 µs for each request from 64 connections; the table of the ingest says what it takes here."
    ),
    "Growth": (
        "Growth: the thread that folds a long stream shares the interpreter with the writer, which waits for it some "
        "ten times for each webhook, and pauses for it only before each event, of which an import of a thousand keys "
        "takes some 10 ms of CPU. Other programs that use the same cores add to every wait: the columns of the engine "
        "at rest show how much."
    ),
    "Catch-up": (
        "Catch-up: `ProjectionRunner` did about 600 events a second where the target was set, and does more here, "
        "while the follower's share is reading and decoding, which depends little on the disk."
    ),
}
