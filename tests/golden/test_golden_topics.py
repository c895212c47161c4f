"""The names under which events are stored are a contract with every log ever written."""

from pathlib import Path

from infrastructure.event_store.topics import TOPICS

GOLDEN = Path(__file__).with_name("topics.txt")


def test_the_list_of_topics_is_the_one_that_logs_rely_on() -> None:
    listed = GOLDEN.read_text().split()

    gone = sorted(set(listed) - set(TOPICS))
    new = sorted(set(TOPICS) - set(listed))

    assert not gone, (
        f"{', '.join(gone)}: stored events have these topics, and no class reads them any more. A class may move and "
        f"be renamed in Python; its TOPIC stays as it is. Put it back, and leave {GOLDEN.name} alone."
    )
    assert not new, (
        f"{', '.join(new)}: new topics are a promise. If the names are right for good, add them to {GOLDEN.name} in "
        "alphabetical order, add an example to tests/support/sample_log.py, and store it (tests/golden/store_log.py)."
    )
    assert listed == sorted(set(listed)), f"{GOLDEN.name} is not in alphabetical order, or names a topic twice."
