from dataclasses import replace
from datetime import datetime, timedelta, timezone

from log_parts import COURSE, KEY, MUG, LogWriter
from read_side import ReadSide

from application.projections.daily_sales import DAILY_SALES
from domain.fulfillment import Fulfillment

EVENING_IN_NEW_YORK = datetime(2026, 11, 24, 22, 0, tzinfo=timezone(timedelta(hours=-5)))
REQUESTED = Fulfillment.Requested(
    plan=(MUG, KEY),
    catalog="c0ffee",
    currency="eur",
    amount_shipping=490,
    amount_tax=420,
    paid_at=EVENING_IN_NEW_YORK,
)


def sales(*requested: Fulfillment.Requested) -> LogWriter:
    log = LogWriter()
    for number, each in enumerate(requested):
        log.add(f"ful_cs_test_{number}", each, session_id=f"cs_test_{number}")
    return log


def test_each_product_is_counted_on_the_utc_day_of_the_payment(read_side: ReadSide) -> None:
    rows = read_side.fold(DAILY_SALES, sales(REQUESTED).events)

    assert [list(row.values()) for row in rows] == [
        ["2026-11-25", "eur", "prod_li_mug", 1000, 100, 171, 0, 2],
        ["2026-11-25", "eur", "shipping", 0, 0, 78, 490, 0],
        ["2026-11-25", "eur", "unknown", 1000, 100, 171, 0, 1],
    ]


def test_sales_add_up_and_currencies_stay_apart(read_side: ReadSide) -> None:
    no_shipping = replace(REQUESTED, plan=(COURSE,), amount_shipping=0, amount_tax=171)

    rows = read_side.fold(DAILY_SALES, sales(no_shipping, no_shipping, replace(no_shipping, currency="usd")).events)

    assert [(row["currency"], row["product"], row["gross"], row["units"]) for row in rows] == [
        ("eur", "prod_li_course", 2000, 2),
        ("usd", "prod_li_course", 1000, 1),
    ]
