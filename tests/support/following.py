"""Followers and a writer over a store, with one policy that counts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from builders import a_checkout
from every_store import log_environment
from fakes.crash import CrashPoints, open_crashing_log
from fakes.outside import BEGINNING, FixedClock, MemoryLocks
from typed_ids import as_session, as_stream

from application.log.log import Log
from application.running.followers import Followers
from application.text.reason_wording import in_words
from application.writing.recent_states import RecentStates
from application.writing.unit_of_work import Stamp
from application.writing.writer import Writer
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.identifiers import SessionId
from domain.policy import NOTHING_FURTHER, Begin, Policy
from domain.source import Source
from domain.stock_item import StockItem
from domain.streams import Streams
from infrastructure.event_store.topics import TOPICS


@dataclass
class Counting:
    """Whenever a checkout is noted, one piece more is on the shelf."""

    name: str = "counting"
    begins: Begin = Begin.AT_THE_BEGINNING
    reads: frozenset[type[Event]] = frozenset(TOPICS.values())
    further: Mapping[type[Event], Begin] = field(default_factory=lambda: NOTHING_FURTHER)
    refuses: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def likely(self, event: Event) -> Sequence[str]:
        return ()

    def decide(self, event: Event, do: Streams) -> None:
        if not isinstance(event, CheckoutSession.Noted):
            return
        sku = f"sku_{event.session_id}"
        on_hand = do.load(StockItem, as_stream(sku)).on_hand
        self.before()
        if event.text.text in self.refuses:
            raise ValueError(f"can't handle {event.text.text}")
        self.seen.append(event.text.text)
        do.command(StockItem, as_stream(sku), StockItem.count, on_hand + 1)


class Process:
    """Followers and a writer over a store that others may use too."""

    def __init__(self, url: str, *policies: Policy, held: dict[str, object] | None = None) -> None:
        self.points = CrashPoints()
        self.log: Log = open_crashing_log(log_environment(url), self.points)
        self.locks = MemoryLocks({} if held is None else held)
        self.recent = RecentStates(self.log.store)
        self.followers = Followers(self.log, policies, self.recent, self.locks, FixedClock())
        self.writer = Writer(self.log, self.recent)

    def note(self, text: str, session: SessionId = as_session("cs_test_a")) -> None:
        stamp = Stamp(actor="staff:kim", now=BEGINNING, session_id=session)
        self.writer.run(
            stamp, [session], lambda unit: unit.command(CheckoutSession, session, CheckoutSession.note, text)
        )

    def count(self, pieces: int, session: str = "cs_test_a") -> None:
        sku, stamp = f"sku_{session}", Stamp(actor="staff:kim", now=BEGINNING)
        self.writer.run(stamp, [sku], lambda unit: unit.command(StockItem, as_stream(sku), StockItem.count, pieces))

    def pay(self, session: SessionId) -> None:
        stamp, source = Stamp(actor="customer", now=BEGINNING, session_id=session), Source.LANDING_PAGE
        self.writer.run(
            stamp,
            [session],
            lambda unit: unit.command(
                CheckoutSession, session, CheckoutSession.learn, a_checkout(), source=source, at=BEGINNING
            ),
        )

    def retry(self, session: SessionId = as_session("cs_test_a")) -> None:
        stamp = Stamp(actor="staff:kim", now=BEGINNING + timedelta(hours=1), session_id=session)
        self.writer.run(
            stamp, [session], lambda unit: unit.command(CheckoutSession, session, CheckoutSession.request_retry)
        )

    def rest(self) -> None:
        for _ in range(1000):
            if not self.followers.turn():
                return
        raise AssertionError("it does not finish")

    def close(self) -> None:
        self.log.close()

    def counted(self, session: str = "cs_test_a") -> int:
        return self.log.get(StockItem, f"sku_{session}").on_hand

    def parked(self) -> list[tuple[int, str, str]]:
        return [
            (entry.position, entry.subject, in_words(entry.error)) for entry in self.log.store.select_parked_events()
        ]
