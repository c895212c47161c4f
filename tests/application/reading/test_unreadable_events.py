"""Events that this version can't read, since a later one wrote them or their bytes are garbled."""

from collections.abc import Callable

import pytest
from every_store import change, log_environment
from fakes.outside import BEGINNING
from following import Counting, Process
from typed_ids import as_session, as_stream

from application.log.log import Log, StoredEvent
from application.writing.unit_of_work import Stamp
from domain.checkout_session import CheckoutSession
from domain.errors import UnreadableEvent
from domain.event import Event
from domain.streams import Streams

pytestmark = pytest.mark.every_store

Open = Callable[..., Process]


class Looking(Counting):
    """As Counting, but it looks at the whole checkout first."""

    def decide(self, event: Event, do: Streams) -> None:
        do.load(CheckoutSession, as_stream(event.session_id or ""))
        super().decide(event, do)


def wrote_later(store_url: str, stream: str, version: int) -> None:
    """A later version of the engine was here."""
    later = Log(dict(log_environment(store_url)))
    state = b'{"occurred_at":"2026-11-24T09:00:00Z","session_id":"cs_test_a","how":"by drone"}'
    later.store.insert_events([StoredEvent(stream, version, "CheckoutSession.FlownOut", state)])
    later.close()


def garbled(store_url: str) -> None:
    assert change(store_url, "log", "UPDATE stored_events SET state=?", b"{broken") > 0


def test_its_checkout_is_parked_with_all_that_comes_later_and_others_flow(open_process: Open, store_url: str) -> None:
    process = open_process(Looking())
    process.note("before")
    process.rest()
    wrote_later(store_url, "cs_test_a", 2)
    wrote_later(store_url, "another_stream", 1)
    process.note("good", as_session("cs_test_b"))

    process.rest()

    text = "Event 2 of cs_test_a, CheckoutSession.FlownOut, is of a kind that this version does not know"
    assert process.parked() == [(3, "cs_test_a", text), (4, "cs_test_a", "It waits behind an earlier event")]
    assert (process.counted("cs_test_a"), process.counted("cs_test_b")) == (1, 1)


def test_an_event_of_the_same_batch_whose_checkout_has_one_is_parked(open_process: Open, store_url: str) -> None:
    """The stream is read whole, so what stands later in it is in the way of the first."""
    process = open_process(Looking())
    process.note("first")
    wrote_later(store_url, "cs_test_a", 2)
    process.note("good", as_session("cs_test_b"))

    process.rest()

    assert [(position, subject) for position, subject, _ in process.parked()] == [(1, "cs_test_a"), (2, "cs_test_a")]
    assert process.counted("cs_test_b") == 1


def test_without_a_readable_session_it_is_parked_with_its_stream(open_process: Open, store_url: str) -> None:
    open_process().note("a")
    garbled(store_url)
    process = open_process(Counting())

    process.rest()

    [(position, subject, error)] = process.parked()
    assert (position, subject) == (1, "cs_test_a")
    assert error.startswith("Event 1 of cs_test_a, CheckoutSession.Noted, can't be read: DecodeError")


def test_a_checkout_that_lost_an_event_is_parked_and_others_flow(open_process: Open, store_url: str) -> None:
    process = open_process(Looking())
    for text in ("first", "second", "third"):
        process.note(text)
    process.note("good", as_session("cs_test_b"))
    assert change(store_url, "log", "DELETE FROM stored_events WHERE originator_version=2") == 1
    process = open_process(Looking())

    process.rest()

    text = "Event 3 of cs_test_a, CheckoutSession.Noted, comes right after event 1: the log has lost the events between"
    assert [(subject, error.startswith(text)) for _, subject, error in process.parked()][:1] == [("cs_test_a", True)]
    assert (process.counted("cs_test_a"), process.counted("cs_test_b")) == (0, 1)


def test_only_commands_to_its_checkout_are_refused(open_process: Open, store_url: str) -> None:
    process = open_process()
    process.note("before")
    wrote_later(store_url, "cs_test_a", 2)
    ids = ["cs_test_a", "cs_test_b"]
    refused, taken = (
        process.writer.submit(
            Stamp(actor="staff:kim", now=BEGINNING, session_id=as_session(id)),
            ids,
            lambda unit, id=id: unit.command(CheckoutSession, id, CheckoutSession.note, "after"),  # type: ignore[misc]
        )
        for id in ids
    )

    assert process.writer.result(taken).version == 1
    with pytest.raises(UnreadableEvent, match="FlownOut"):
        process.writer.result(refused)
