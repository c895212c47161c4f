"""A standby that was behind takes the place of the log. Whatever a process does first, nothing that it remembers of the
lost end gets into the new log."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import BEGINNING, Outside
from following import Counting, Process
from postgres_databases import Databases
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_session, as_sku, as_stream

from application.reading.checkout_state import CheckoutState
from application.staff.by import By
from application.writing.unit_of_work import Stamp, UnitOfWork
from domain.checkout_session import CheckoutSession
from domain.errors import Refused
from domain.fulfillment import Fulfillment
from domain.stock_item import StockItem

ID = as_session("cs_test_mug")
CATALOG = '[products.prod_mug]\ndelivery = "shipment"\nsku = "mug"\ntrack_stock = true\n'
BY = By(name="ann", reason="a busy day")

Open = Callable[..., Shop]


@pytest.fixture
def store_url(postgres_url: str) -> str:
    return postgres_url


def gaps(shop: Shop) -> dict[str, list[int]]:
    """The versions of each stream that has a gap."""
    versions: dict[str, list[int]] = defaultdict(list)
    for event in shop.events():
        versions[event.originator_id].append(event.originator_version)
    return {stream: found for stream, found in versions.items() if found != list(range(1, len(found) + 1))}


def ship(shop: Shop) -> None:
    shop.runtime.staff.ship(ID, [], carrier="DHL", tracking=None, by=BY)


def note(shop: Shop) -> None:
    shop.runtime.staff.note(ID, "the customer called", BY)


def count(shop: Shop) -> None:
    shop.runtime.staff.count(as_sku("mug"), 1, BY)


def visit(shop: Shop) -> None:
    shop.visit(ID)


def follow(shop: Shop) -> None:
    shop.runtime.engine.run_until_quiet(effects=False)


@pytest.mark.parametrize("act", [ship, note, count, visit, follow])
def test_what_is_done_first_after_a_failover_is_decided_from_the_log_that_is_there(
    open_shop: Open, outside: Outside, databases: Databases, store_url: str, act: Callable[[Shop], None]
) -> None:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item(product="prod_mug")])
    shop = open_shop(catalog=CATALOG)
    shop.runtime.staff.count(as_sku("mug"), 1, BY)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.runtime.engine.run_until_quiet(effects=False)
    standby = databases.copy(store_url)
    shop.visit(ID)
    shop.runtime.engine.run_until_quiet(effects=False)
    assert shop.fulfillment(ID).lines[as_line("li_1")].is_to_pack
    databases.fail_over(store_url, standby)

    with suppress(Refused):
        act(shop)

    assert gaps(shop) == {}
    assert shop.events_of(Fulfillment.Shipped) == []
    shop.rest()
    ship(shop)
    shop.rest()
    assert shop.state(ID) is CheckoutState.FULFILLED
    assert (shop.stock("mug").on_hand, gaps(shop)) == (0, {})
    assert len(shop.events_of(Fulfillment.Requested)) == 1


Standby = Callable[[], Callable[[], None]]


@pytest.fixture
def policy() -> Counting:
    return Counting()


@pytest.fixture
def process(store_url: str, policy: Counting) -> Iterator[Process]:
    with closing(Process(store_url, policy)) as process:
        yield process


@pytest.fixture
def other(store_url: str) -> Iterator[Process]:
    with closing(Process(store_url)) as other:
        yield other


@pytest.fixture
def begin_to_lag(databases: Databases, store_url: str, process: Process) -> Standby:
    """From here on a standby is behind. Returns what lets it take the place of the log."""

    def begin_to_lag() -> Callable[[], None]:
        standby = databases.copy(store_url)
        process.rest()  # it finds that its connections were lost for the copy,
        process.rest()  # and begins again
        return lambda: databases.fail_over(store_url, standby)

    return begin_to_lag


def test_followers_do_not_pass_over_new_events_that_stand_where_lost_ones_stood(
    process: Process, other: Process, policy: Counting, begin_to_lag: Standby
) -> None:
    """What they have read leads to nothing, so only they know how far they have come."""
    process.note("before")
    process.rest()
    fail_over = begin_to_lag()
    other.count(3)
    assert process.followers.turn(), "it has read that"
    fail_over()
    other.note("after")

    process.rest()

    assert policy.seen == ["before", "after"]


def test_followers_decide_nothing_from_lost_events_that_they_have_in_memory(
    process: Process, begin_to_lag: Standby
) -> None:
    process.note("before")
    process.rest()
    fail_over = begin_to_lag()
    process.note("lost")
    fail_over()

    process.rest()
    assert process.counted() == 1

    process.note("after")
    process.rest()
    assert process.counted() == 2


def test_no_answer_is_made_of_what_is_remembered_of_one_log_and_what_another_says(
    process: Process, begin_to_lag: Standby
) -> None:
    """Though nothing is written, so that no insert could conflict."""
    fail_over = begin_to_lag()
    process.note("lost")
    failovers = [fail_over]

    def notes_and_pieces(unit: UnitOfWork) -> tuple[int, int]:
        session = unit.load(CheckoutSession, as_stream("cs_test_a"))
        for fail_over in [failovers.pop() for _ in failovers]:
            fail_over()
        return session.version, unit.load(StockItem, as_stream("sku_cs_test_a")).version

    asked_by = Stamp(actor="staff:kim", now=BEGINNING)
    assert process.writer.run(asked_by, ["cs_test_a"], notes_and_pieces) == (0, 0)
