"""Autovacuum that is always at work, and its results in the server's log."""

import re
from collections import Counter

from postgres_server import PostgresServer
from soak.report import Report

BUSY = {
    "autovacuum_naptime": "1s",
    "autovacuum_vacuum_insert_threshold": "50",
    "autovacuum_vacuum_insert_scale_factor": "0",
    "autovacuum_analyze_threshold": "50",
    "autovacuum_analyze_scale_factor": "0",
    "autovacuum_vacuum_cost_delay": "2ms",
    "log_autovacuum_min_duration": "0",
}
"""Settings of a server that vacuums the log each second."""
_EVENTS = "fulfillment.fulfillment_events"
_FINISHED = re.compile(rf'automatic (vacuum|analyze) of table "\w+\.{re.escape(_EVENTS)}"')
_CANCELED = re.compile(
    rf'canceling autovacuum task\n.*automatic (?:vacuum|analyze) of table "\w+\.{re.escape(_EVENTS)}"'
)


def report_maintenance(report: Report, postgres: PostgresServer) -> None:
    """Autovacuum of the log finishes, and no writer cancels it."""
    server_log = (postgres.directory / "server.log").read_text(errors="replace")
    canceled = len(_CANCELED.findall(server_log))
    finished = Counter(_FINISHED.findall(_CANCELED.sub("", server_log)))
    report.demand(canceled == 0, f"a writer canceled autovacuum {canceled} times")
    report.demand(finished["vacuum"] > 0, "autovacuum never finished")
    report.numbers["autovacuum of the log"] = f"{dict(finished)} finished, {canceled} canceled"
