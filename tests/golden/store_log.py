"""Stores the sample log permanently, or writes down again what is read in the stored logs. From the root:

    PYTHONPATH=tests:tests/support .venv/bin/python -m golden.store_log log
        after a new event class, or a new version of one, is in tests/support/sample_log.py: a further log, beside the
        others
    PYTHONPATH=tests:tests/support .venv/bin/python -m golden.store_log readings
        after the version of a projection was raised, or the document has grown: look at the difference in git

A stored log itself is never written again: it stands for the logs that merchants have.
"""

import sys

from eventsourcing.persistence import JSONTranscoder
from golden.stored_logs import HERE, stored_logs, write_log, write_reading
from sample_log import sample_log

from infrastructure.event_store.codec import JsonMapper


def main(what: str) -> None:
    if what == "log":
        mapper = JsonMapper(JSONTranscoder())
        write_log(
            HERE / f"log-v{len(stored_logs()) + 1}.jsonl", [mapper.to_stored_event(each) for each in sample_log()]
        )
    elif what != "readings":
        sys.exit(__doc__)
    for log in stored_logs():
        write_reading(log)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else "")
