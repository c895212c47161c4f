from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from every_store import sqlite_url
from hypothesis import given
from hypothesis import strategies as st
from kinds import MANUAL
from log_parts import BEGINNING, COURSE, KEY, MUG, LogWriter, checkout, item
from read_side import ReadSide, open_read_side
from typed_ids import as_line, as_session, as_stream

from application.reading.projections.daily_sales import DAILY_SALES, daily_sales
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.plan import PlannedLine
from domain.source import Source

EVENING_IN_NEW_YORK = datetime(2026, 11, 24, 22, 0, tzinfo=timezone(timedelta(hours=-5)))
MIDNIGHT = datetime(2026, 11, 25, tzinfo=UTC)
REQUESTED = Fulfillment.Requested(
    plan=(MUG, KEY),
    catalog="c0ffee",
    currency="eur",
    amount_shipping=490,
    amount_tax=420,
    paid_at=EVENING_IN_NEW_YORK,
)
ONE_COURSE = replace(REQUESTED, plan=(COURSE,), amount_shipping=0, amount_tax=171)


def sales(*requested: Event) -> list[Event]:
    """Each of them in a session of its own."""
    log = LogWriter()
    for number, each in enumerate(requested):
        log.add(as_stream(f"ful_cs_test_{number}"), each, session_id=as_session(f"cs_test_{number}"))
    return log.events


def test_each_product_is_counted_on_the_utc_day_of_the_payment(read_side: ReadSide) -> None:
    rows = read_side.fold(DAILY_SALES, sales(REQUESTED))

    assert [list(row.values()) for row in rows] == [
        ["2026-11-25", "eur", "prod_li_mug", 1000, 100, 171, 0, 2, "Mug, blue", 900, 171, 0],
        ["2026-11-25", "eur", "shipping", 0, 0, 78, 490, 0, None, 568, 0, 78],
        ["2026-11-25", "eur", "unknown", 1000, 100, 171, 0, 1, None, 900, 171, 0],
    ]


def test_tax_in_the_price_and_tax_on_top_of_it_stay_apart(read_side: ReadSide) -> None:
    inside = replace(COURSE, item=replace(COURSE.item, amount_discount=0, amount_tax=190, amount_total=1000))
    on_top = replace(inside, item=replace(inside.item, amount_total=1190))
    requested = replace(REQUESTED, amount_shipping=0, amount_tax=190)

    (row,) = read_side.fold(
        DAILY_SALES,
        sales(
            replace(requested, plan=(inside,), amount_total=1000), replace(requested, plan=(on_top,), amount_total=1190)
        ),
    )

    assert (row["gross"], row["tax"], row["tax_inclusive"], row["tax_exclusive"]) == (2000, 380, 190, 190)
    assert row["paid"] == 2190


@pytest.mark.parametrize(
    ("amount_total", "paid", "inclusive", "exclusive"),
    [(900 + 490, 490, 78, 0), (900 + 490 + 78, 568, 0, 78), (900 + 490 + 30, 520, 48, 30), (None, 568, 0, 78)],
)
def test_the_total_of_the_checkout_shows_how_its_shipping_is_taxed(
    read_side: ReadSide, amount_total: int | None, paid: int, inclusive: int, exclusive: int
) -> None:
    requested = replace(REQUESTED, plan=(COURSE,), amount_tax=171 + 78, amount_total=amount_total)

    _, row = read_side.fold(DAILY_SALES, sales(requested))

    assert (row["product"], row["tax"], row["shipping"]) == ("shipping", 78, 490)
    assert (row["paid"], row["tax_inclusive"], row["tax_exclusive"]) == (paid, inclusive, exclusive)


def test_free_shipping_without_tax_has_no_row(read_side: ReadSide) -> None:
    requested = replace(ONE_COURSE, amount_total=900)

    assert [row["product"] for row in read_side.fold(DAILY_SALES, sales(requested))] == ["prod_li_course"]


def test_a_product_has_the_name_under_which_it_was_last_sold_that_day(read_side: ReadSide) -> None:
    renamed = replace(ONE_COURSE, plan=(replace(COURSE, name="Drawing trees"),))

    (row,) = read_side.fold(DAILY_SALES, sales(ONE_COURSE, renamed))

    assert (row["name"], row["gross"]) == ("Drawing trees", 2000)


def test_sales_add_up_and_currencies_stay_apart(read_side: ReadSide) -> None:
    rows = read_side.fold(DAILY_SALES, sales(ONE_COURSE, ONE_COURSE, replace(ONE_COURSE, currency="usd")))

    assert [(row["currency"], row["product"], row["gross"], row["units"]) for row in rows] == [
        ("eur", "prod_li_course", 2000, 2),
        ("usd", "prod_li_course", 1000, 1),
    ]


@pytest.mark.parametrize(
    ("paid_at", "day"),
    [
        (MIDNIGHT - timedelta(microseconds=1), "2026-11-24"),
        (MIDNIGHT, "2026-11-25"),
        (MIDNIGHT.astimezone(timezone(timedelta(hours=-11))), "2026-11-25"),
        ((MIDNIGHT - timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=14))), "2026-11-24"),
    ],
)
def test_a_day_begins_at_midnight_utc_to_the_microsecond(read_side: ReadSide, paid_at: datetime, day: str) -> None:
    (row,) = read_side.fold(DAILY_SALES, sales(replace(ONE_COURSE, paid_at=paid_at)))

    assert row["day"] == day


BERLIN, NEW_YORK, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")


@pytest.mark.parametrize(
    ("zone", "first", "hours", "day"),
    [
        (BERLIN, datetime(2026, 10, 31, 23, 0, tzinfo=UTC), 24, "2026-11-01"),
        (BERLIN, datetime(2026, 3, 28, 23, 0, tzinfo=UTC), 23, "2026-03-29"),
        (BERLIN, datetime(2026, 10, 24, 22, 0, tzinfo=UTC), 25, "2026-10-25"),
        (NEW_YORK, datetime(2026, 3, 8, 5, 0, tzinfo=UTC), 23, "2026-03-08"),
        (NEW_YORK, datetime(2026, 11, 1, 4, 0, tzinfo=UTC), 25, "2026-11-01"),
        (APIA, datetime(2026, 11, 23, 11, 0, tzinfo=UTC), 24, "2026-11-24"),
    ],
)
def test_a_day_of_the_shop_has_23_or_25_hours_where_its_clocks_change(
    read_side: ReadSide, zone: ZoneInfo, first: datetime, hours: int, day: str
) -> None:
    end, tick = first + timedelta(hours=hours), timedelta(microseconds=1)
    times = [first - tick, *(first + timedelta(hours=hour) for hour in range(hours)), end - tick, end]
    local = replace(read_side, projections=[daily_sales(zone)])

    rows = local.fold(daily_sales(zone), sales(*(replace(ONE_COURSE, paid_at=at) for at in times)))

    assert [(row["day"] == day, row["units"]) for row in rows] == [(False, 1), (True, hours + 1), (False, 1)]


def test_the_day_is_that_of_the_payment_not_of_its_recording(read_side: ReadSide) -> None:
    (row,) = read_side.fold(DAILY_SALES, sales(replace(ONE_COURSE, paid_at=BEGINNING - timedelta(days=2))))

    assert row["day"] == "2026-11-22"


def test_a_session_counts_once_whatever_is_retrieved_replanned_or_delivered_of_it(read_side: ReadSide) -> None:
    log = LogWriter()
    retrieved = CheckoutSession.Retrieved(checkout=checkout(COURSE), source=Source.WEBHOOK)
    paid = CheckoutSession.Paid(payment_status="paid", amount_total=900, currency="eur")
    by_hand = replace(COURSE, delivery=MANUAL)
    log.add(as_stream("cs_test_1"), retrieved, paid, session_id=as_session("cs_test_1"))
    log.add(as_stream("ful_cs_test_1"), ONE_COURSE, session_id=as_session("cs_test_1"))
    log.add(
        as_stream("cs_test_1"), replace(retrieved, source=Source.STAFF), retrieved, session_id=as_session("cs_test_1")
    )
    replanned = Fulfillment.Replanned(lines=(by_hand,), replaced=(COURSE,), catalog="beef")
    delivered = Fulfillment.LineItemDelivered(line_item=as_line("li_course"))
    log.add(
        as_stream("ful_cs_test_1"), replanned, delivered, Fulfillment.Completed(), session_id=as_session("cs_test_1")
    )

    (row,) = read_side.fold(DAILY_SALES, log.events)

    assert (row["gross"], row["units"]) == (1000, 1)


def test_what_is_not_paid_is_no_sale(read_side: ReadSide) -> None:
    log = LogWriter()
    unpaid = CheckoutSession.Retrieved(checkout=checkout(MUG, payment_status="unpaid"), source=Source.WEBHOOK)
    log.add(as_stream("cs_test_1"), unpaid, session_id=as_session("cs_test_1"))
    log.add(as_stream("ful_cs_test_1"), Fulfillment.StockHeld(lines=(MUG,)), session_id=as_session("cs_test_1"))

    assert read_side.fold(DAILY_SALES, log.events) == []


def test_what_cost_nothing_counts_its_units(read_side: ReadSide) -> None:
    free = replace(COURSE.item, amount_discount=1000, amount_tax=0, amount_total=0)
    requested = replace(ONE_COURSE, plan=(replace(COURSE, item=free),), amount_tax=0)

    (row,) = read_side.fold(DAILY_SALES, sales(requested))

    assert (row["gross"], row["discounts"], row["tax"], row["units"]) == (1000, 1000, 0, 1)


def test_two_lines_of_one_product_are_one_row(read_side: ReadSide) -> None:
    other = replace(COURSE, item=replace(COURSE.item, id=as_line("li_other"), price="price_other", quantity=3))

    (row,) = read_side.fold(DAILY_SALES, sales(replace(ONE_COURSE, plan=(COURSE, other), amount_tax=342)))

    assert (row["gross"], row["tax"], row["units"]) == (2000, 342, 4)


def test_a_large_sum_is_exact(read_side: ReadSide) -> None:
    large = replace(COURSE, item=replace(COURSE.item, amount_subtotal=2**53 + 1))

    (row,) = read_side.fold(DAILY_SALES, sales(replace(ONE_COURSE, plan=(large,)), replace(ONE_COURSE, plan=(large,))))

    assert row["gross"] == 2 * (2**53 + 1)


amounts = st.integers(0, 10**9)
lines = st.builds(
    lambda product, quantity, gross, discount, tax, on_top: PlannedLine(
        item=replace(
            item("li_x"),
            product=product,
            quantity=quantity,
            amount_subtotal=gross,
            amount_discount=discount,
            amount_tax=tax,
            amount_total=gross - discount + (tax if on_top else 0),
        ),
        delivery=MANUAL,
    ),
    st.sampled_from([None, "prod_a", "prod_b"]),
    st.integers(1, 999),
    amounts,
    amounts,
    amounts,
    st.booleans(),
)
requests = st.builds(
    lambda plan, currency, shipping, tax, on_top, hours: replace(
        REQUESTED,
        plan=tuple(plan),
        currency=currency,
        amount_shipping=shipping,
        amount_tax=tax + sum(line.item.amount_tax for line in plan),
        amount_total=sum(line.item.amount_total for line in plan) + shipping + (tax if on_top else 0),
        paid_at=MIDNIGHT + timedelta(hours=hours),
    ),
    st.lists(lines, max_size=4),
    st.sampled_from(["eur", "jpy"]),
    amounts,
    amounts,
    st.booleans(),
    st.integers(-30, 30),
)


@given(requested=st.lists(requests, min_size=1, max_size=8))
def test_nothing_is_lost_and_nothing_is_counted_twice(requested: list[Fulfillment.Requested]) -> None:
    expected: Counter[tuple[str, str, str]] = Counter()
    for each in requested:
        day = each.paid_at.date().isoformat()
        items = [line.item for line in each.plan]
        expected[day, each.currency, "gross"] += sum(item.amount_subtotal for item in items)
        expected[day, each.currency, "discounts"] += sum(item.amount_discount for item in items)
        expected[day, each.currency, "tax"] += each.amount_tax
        expected[day, each.currency, "shipping"] += each.amount_shipping
        expected[day, each.currency, "paid"] += each.amount_total or 0
        expected[day, each.currency, "units"] += sum(item.quantity for item in items)

    found: Counter[tuple[str, str, str]] = Counter()
    with TemporaryDirectory() as directory, open_read_side(sqlite_url(Path(directory)), [DAILY_SALES]) as read_side:
        for row in read_side.fold(DAILY_SALES, sales(*requested)):
            paid = {name: int(row[name] or 0) for name in ("gross", "discounts", "shipping", "tax_exclusive", "paid")}
            assert paid["paid"] == paid["gross"] - paid["discounts"] + paid["shipping"] + paid["tax_exclusive"]
            assert int(row["tax"] or 0) == int(row["tax_inclusive"] or 0) + int(row["tax_exclusive"] or 0)
            for column in ("gross", "discounts", "tax", "shipping", "paid", "units"):
                found[str(row["day"]), str(row["currency"]), column] += int(row[column] or 0)

    assert +found == +expected
