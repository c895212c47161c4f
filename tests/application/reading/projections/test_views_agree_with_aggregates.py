"""Whatever happens to an aggregate, the view of it says what the aggregate itself says."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from every_store import sqlite_url
from hypothesis import given
from hypothesis import strategies as st
from kinds import MANUAL, SHIPMENT
from log_parts import BEGINNING, COURSE, KEY, MUG, SERVICE, WRAP, LogWriter
from read_side import open_read_side
from sample_log import SHOP
from typed_ids import as_line, as_session, as_stream

from application.reading.projection import Projection, Row, rfc3339
from application.reading.projections.due_effects import DUE_EFFECTS
from application.reading.projections.key_pools import KEY_POOLS
from application.reading.projections.stock import STOCK
from application.reading.projections.work_queue import WORK_QUEUE
from application.reading.work import Work
from domain import reasons
from domain.effect import Effect
from domain.errors import Refused
from domain.event import A, Event
from domain.fulfillment import Fulfillment
from domain.key_pool import KeyPool
from domain.line import LineState
from domain.stock_item import LineRef, StockItem

Decision = Callable[[Any], Sequence[Event]]


def live(state: A, decisions: Sequence[Decision]) -> tuple[A, list[Event]]:
    """An aggregate to which all this is commanded, and what it decided."""
    log = LogWriter()
    for decide in decisions:
        with suppress(Refused):
            before = len(log.events)
            facts = decide(state)
            for fact in facts:
                log.add(state.id, fact, session_id=as_session(fact.session_id or SHOP))
            for event in log.events[before:]:
                state = state.evolve(event)
    return state, log.events


def rows_of(projection: Projection, events: Sequence[Event]) -> list[Row]:
    with (
        TemporaryDirectory() as directory,
        open_read_side(sqlite_url(Path(directory)), [projection], batch_max=5) as read_side,
    ):
        return read_side.fold(projection, events)


claims = st.builds(LineRef, st.sampled_from(["cs_test_a", "cs_test_b"]), st.sampled_from(["li_1", "li_2"]))
stock_decisions: st.SearchStrategy[Decision] = st.one_of(
    st.builds(lambda claim, quantity: lambda item: item.reserve(claim, quantity), claims, st.integers(1, 5)),
    st.builds(lambda claim: lambda item: item.release(claim), claims),
    st.builds(lambda claim: lambda item: item.dispatch(claim), claims),
    st.builds(lambda on_hand: lambda item: item.count(on_hand), st.integers(0, 9)),
)


@pytest.mark.long
@given(decisions=st.lists(stock_decisions, max_size=20))
def test_the_stock(decisions: list[Decision]) -> None:
    item, events = live(StockItem(id=as_stream("sku_mug")), decisions)

    rows = rows_of(STOCK, events)

    claimed = {(row["session_id"], row["line_item"]): row for row in rows if row["session_id"]}
    assert sum(int(row["on_hand"] or 0) for row in rows) == item.on_hand
    assert {
        LineRef(as_session(str(key[0])), as_line(str(key[1]))): (row["reserved"], row["backordered"])
        for key, row in claimed.items()
    } == {claim: (need.quantity, 0) if need.is_promised else (0, need.quantity) for claim, need in item.needs.items()}


pieces_of_keys = st.lists(st.sampled_from("ABCDEFGH"), max_size=4)
pool_decisions: st.SearchStrategy[Decision] = st.one_of(
    st.builds(lambda keys: lambda pool: pool.import_keys(keys), pieces_of_keys),
    st.builds(lambda keys: lambda pool: pool.withdraw(keys), pieces_of_keys),
    st.builds(lambda claim, quantity: lambda pool: pool.assign(claim, quantity), claims, st.integers(1, 3)),
    st.builds(lambda claim: lambda pool: pool.stop_waiting(claim), claims),
)


@pytest.mark.long
@given(decisions=st.lists(pool_decisions, max_size=20))
def test_the_key_pools(decisions: list[Decision]) -> None:
    pool, events = live(KeyPool(id=as_stream("keys_pro")), decisions)

    rows = rows_of(KEY_POOLS, events)

    given = sum(map(len, pool.ledger.values()))
    sums = {name: sum(int(row[name] or 0) for row in rows) for name in ("free", "given", "withdrawn", "waiting")}
    assert sums == {
        "free": len(pool.supply),
        "given": given,
        "withdrawn": len(pool.known) - len(pool.supply) - given,
        "waiting": sum(pool.waiting.values()),
    }


NO = reasons.port_failed("no")
workers = st.sampled_from(["w1", "w2"])
hours = st.integers(0, 48).map(lambda number: BEGINNING + timedelta(hours=number))
numbers = st.integers(0, 4)
effect_decisions: st.SearchStrategy[Decision] = st.one_of(
    st.builds(lambda worker, now: lambda effect: effect.start(worker, now=now), workers, hours),
    st.builds(lambda number: lambda effect: effect.succeed(number), numbers),
    st.builds(lambda number, at: lambda effect: effect.fail(number, NO, retry_at=at), numbers, hours | st.none()),
    st.just(lambda effect: effect.withdraw(NO)),
    st.just(lambda effect: effect.give_up(NO)),
    st.just(lambda effect: effect.request_retry()),
)


@pytest.mark.long
@given(decisions=st.lists(effect_decisions, max_size=20))
def test_the_due_effects(decisions: list[Decision]) -> None:
    request: Decision = lambda effect: effect.request("mail", "mail_receipt")  # noqa: E731 - one of many
    effect, events = live(Effect(id=as_stream(f"eff_{SHOP}_mail_receipt")), [request, *decisions])

    rows = rows_of(DUE_EFFECTS, events)

    if effect.is_done or effect.withdrawn:
        assert rows == []
        return
    (row,) = rows
    assert row["worker"] == effect.worker
    assert (row["due_at"] is None) == (effect.given_up is not None)
    if effect.due_at and row["due_at"] is not None:
        assert row["due_at"] == rfc3339(effect.due_at)


TRACKED, UNTRACKED = MUG, replace(MUG, item=replace(MUG.item, id=as_line("li_hat")), track_stock=False)
PLAN = (TRACKED, UNTRACKED, COURSE, KEY, SERVICE, WRAP)
lines = st.sampled_from([line.id for line in PLAN])
blocked = st.sampled_from([LineState.MANUAL, LineState.BACKORDERED, LineState.GIVEN_UP])
plans = st.lists(st.sampled_from(PLAN), unique_by=lambda line: line.id).map(
    lambda chosen: [replace(line, delivery=MANUAL if line.delivery == SHIPMENT else SHIPMENT) for line in chosen]
)
fulfillment_decisions: st.SearchStrategy[Decision] = st.one_of(
    st.builds(lambda line: lambda ful: ful.reserve(line), lines),
    st.builds(lambda line, state: lambda ful: ful.block(line, state, NO), lines, blocked),
    st.builds(lambda line: lambda ful: ful.resume(line), lines),
    st.builds(lambda line: lambda ful: ful.deliver(line), lines),
    st.builds(lambda plan: lambda ful: ful.replan(plan, "beef"), plans),
    st.builds(lambda line: lambda ful: ful.ship([line], carrier="DHL", tracking=None), lines),
    st.just(lambda ful: ful.ship([], carrier="DHL", tracking=None)),
    st.builds(lambda line: lambda ful: ful.complete([line]), lines),
)
WAITING = {
    LineState.MANUAL: Work.MANUAL_LINE,
    LineState.BACKORDERED: Work.BACKORDERED_LINE,
    LineState.GIVEN_UP: Work.GIVEN_UP_LINE,
}


@given(decisions=st.lists(fulfillment_decisions, max_size=20))
def test_the_work_queue(decisions: list[Decision]) -> None:
    requested = Fulfillment.Requested(
        plan=PLAN, catalog="c0ffee", currency="eur", amount_shipping=0, amount_tax=0, paid_at=BEGINNING
    )
    request: Decision = lambda ful: ful.request(requested)  # noqa: E731 - one of many
    ful, events = live(Fulfillment(id=as_stream(f"ful_{SHOP}")), [request, *decisions])

    rows = rows_of(WORK_QUEUE, events)

    expected = {(id, WAITING[line.state]) for id, line in ful.lines.items() if line.state in WAITING}
    expected |= {(id, Work.PARCEL_TO_PACK) for id, line in ful.lines.items() if line.is_to_pack}
    assert {(row["item"], row["kind"]) for row in rows if row["is_open"]} == expected
