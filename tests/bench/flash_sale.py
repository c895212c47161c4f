"""Many buyers for a few pieces, all at once: `python -m bench.flash_sale` is the process that is measured."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
from bench import children
from bench.bodies import signed_bodies
from bench.figures import Section, Spread, Table, Target
from bench.processes import cpu_seconds
from bench.shop import BY, Watch, deliver, open_shop
from bench.stores import Store, fresh
from typed_ids import as_sku

from application.log.log import Log
from domain.event import Event
from domain.identifiers import stock_id
from domain.stock_item import StockItem, StockItemFact

_SKU, _PRODUCT = as_sku("seat0"), "prod_seat0"
_SECONDS_MAX = 300.0
_PAGE = 5000
_METHOD = """
{buyers:,} buyers have paid for one piece each of the same SKU, of which there are {pieces:,}. All deliveries are handed
over as fast as they can be verified. It has settled when each customer has the piece or a backorder, and a mail that
reports it. Afterwards the log is read from its beginning: who was promised a piece, who got one, who waits, each once.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    buyers: int = 5000
    pieces: int = 500
    rounds: int = 2


class Plan(msgspec.Struct):
    url: str
    directory: str
    database_pid: int | None
    buyers: int
    pieces: int


class Outcome(msgspec.Struct):
    seconds: float
    engine_ms: float
    """CPU for each buyer."""
    database_ms: float
    reserved: int
    fulfilled: int
    backordered: int
    mails: int
    is_right: bool


def measure(stores: Sequence[Store], size: Size, say: Callable[[str], None]) -> Section:
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    for number in range(size.rounds):
        for store in stores:
            say(f"flash sale on {store.name}: round {number + 1} of {size.rounds}, {size.buyers:,} buyers")
            with fresh(store) as database:
                plan = Plan(database.url, str(database.directory), database.server_pid, size.buyers, size.pieces)
                outcomes[store.name].append(children.run("flash_sale", plan, Outcome))
    head = [
        "",
        "settled after s",
        "CPU ms a buyer: engine",
        "database",
        "promised",
        "fulfilled",
        "backordered",
        "mails",
    ]
    return Section(
        title="Flash sale",
        method=_METHOD.format(buyers=size.buyers, pieces=size.pieces),
        tables=[Table(head=head, rows=[_row(name, found) for name, found in outcomes.items()])],
        targets=[
            Target(
                what=f"Flash sale on {name}: pieces promised, of {size.pieces}",
                wanted=size.pieces,
                measured=max(each.reserved if each.is_right else float("inf") for each in found),
            )
            for name, found in outcomes.items()
        ],
    )


def _row(name: str, found: Sequence[Outcome]) -> list[str]:
    return [
        name,
        Spread.of([each.seconds for each in found]).text(1),
        Spread.of([each.engine_ms for each in found]).text(2),
        Spread.of([each.database_ms for each in found]).text(2),
        Spread.of([each.reserved for each in found]).text(),
        Spread.of([each.fulfilled for each in found]).text(),
        Spread.of([each.backordered for each in found]).text(),
        Spread.of([each.mails for each in found]).text(),
    ]


def _measured(plan: Plan) -> Outcome:
    runtime = open_shop(plan.directory, plan.url, lambda _: [_PRODUCT])
    watch = Watch(runtime.log)
    runtime.engine.start()
    runtime.staff.count(_SKU, plan.pieces, BY)
    bodies = list(signed_bodies("sale", plan.buyers))
    cpu, database, started = time.process_time(), _database_seconds(plan), time.perf_counter()
    for signed in bodies:
        deliver(runtime, signed)
    watch.wait(lambda: _is_settled(watch.topics, plan.buyers), _SECONDS_MAX)
    seconds = time.perf_counter() - started
    cpu, database = time.process_time() - cpu, _database_seconds(plan) - database
    outcome = _counted(runtime.log, plan, seconds, cpu, database)
    runtime.engine.stop()
    return outcome


def _is_settled(topics: Counter[str], buyers: int) -> bool:
    """Every buyer got the receipt, which also shows who has to wait."""
    answered = topics["StockItem.Reserved"] + topics["StockItem.Backordered"]
    return answered == buyers and topics["Effect.Succeeded"] == 2 * buyers


def _counted(log: Log, plan: Plan, seconds: float, cpu: float, database: float) -> Outcome:
    """The record of the log, read from its beginning."""
    sessions: dict[str, list[str]] = defaultdict(list)
    stock, least = StockItem(id=stock_id(_SKU)), plan.pieces
    for event in _events(log):
        sessions[event.TOPIC].append(event.session_id or "")
        if isinstance(event, StockItemFact):
            stock = stock.evolve(event)
            least = min(least, stock.available, stock.on_hand)
    promised, fulfilled = sessions["StockItem.Reserved"], sessions["Fulfillment.Completed"]
    backordered = sessions["StockItem.Backordered"]
    return Outcome(
        seconds=seconds,
        engine_ms=cpu / plan.buyers * 1000,
        database_ms=database / plan.buyers * 1000,
        reserved=len(promised),
        fulfilled=len(fulfilled),
        backordered=len(backordered),
        mails=len(sessions["Effect.Succeeded"]) - plan.buyers,
        is_right=least >= 0
        and stock.on_hand == 0
        and len({*promised, *backordered}) == len(promised) + len(backordered) == plan.buyers
        and sorted(promised) == sorted(fulfilled),
    )


def _events(log: Log) -> Iterator[Event]:
    position = 0
    while read := log.store.select_notifications(position, _PAGE, inclusive_of_start=False):
        yield from map(log.decode, read)
        position = read[-1].id


def _database_seconds(plan: Plan) -> float:
    return 0.0 if plan.database_pid is None else cpu_seconds(plan.database_pid)


if __name__ == "__main__":
    children.carry_out(Plan, _measured)
