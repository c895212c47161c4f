"""Why a target was missed, by how its name begins. Found out by a person, and shown while it is missed."""

from collections.abc import Mapping

_EFFECTS = (
    "End to end: the effects bound it, not the log. 16 retrievals and 4 mails are under way at once, so that a commit "
    "carries about ten events instead of a hundred, and every look for due effects reads up to 500 rows to choose a "
    "few. With 64 of each under way it took half the CPU. Then come log lines, states that are loaded again right "
    "after they were written, and on PostgreSQL the rows of the views, which cost three times as much there."
)
_BELOW_THE_FLOOR = (
    "Ingest on PostgreSQL, against (b) and (c): a tenth of what they cost is less than the floor costs, so nothing in "
    "Python that verifies and inserts can reach it. They cost less than was expected, since they too have httptools, "
    "uvloop, psycopg's C implementation and a core of their own here."
)

REASONS: Mapping[str, str] = {
    "Ingest on PostgreSQL, 64 connections: CPU of the engine, in times of (b)": _BELOW_THE_FLOOR,
    "Ingest on PostgreSQL, 64 connections: CPU of the engine, in times of (c)": _BELOW_THE_FLOOR,
    "End to end": _EFFECTS,
}
