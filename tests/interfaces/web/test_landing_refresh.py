"""When the landing page looks again by itself, and how often."""

from datetime import timedelta

import pytest
from builders import a_checkout
from customer_language import render
from landing_orders import HOOK, MUG, PAID_AT, PLATE, page_of, page_of_lines, retrieved, session
from typed_ids import as_event

from application.reading.checkout_state import CheckoutState
from domain.checkout_session import CheckoutSession
from domain.plan import PlannedLine

UNPAID = a_checkout(payment_status="unpaid")
REFRESH = '<meta http-equiv="refresh"'


def test_a_parcel_that_is_packed_by_people_is_no_reason_to_look_again() -> None:
    page = page_of_lines(plan=[MUG])

    assert page.state is CheckoutState.FULFILLING
    assert [section.heading for section in page.sections] == ["Being packed"]
    assert REFRESH not in render(page)


@pytest.mark.parametrize("line", [HOOK, PLATE], ids=["called by machine", "waiting for stock"])
def test_a_line_that_changes_by_itself_is_looked_at_again(line: PlannedLine) -> None:
    html = render(page_of_lines(plan=[line], after=timedelta(0)))

    assert f'{REFRESH} content="5">' in html
    assert "updates automatically" in html


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        (timedelta(seconds=-5), 5),
        (timedelta(seconds=17), 5),
        (timedelta(seconds=18), 6),
        (timedelta(minutes=1), 20),
        (timedelta(minutes=30), 600),
        (timedelta(days=10), 600),
    ],
)
def test_the_longer_it_takes_the_less_often_a_page_looks_again(after: timedelta, seconds: int) -> None:
    bank_debit = CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="unpaid", occurred_at=PAID_AT)

    paid_for = page_of_lines(plan=[HOOK], after=after)
    awaited = page_of(session(bank_debit, retrieved(UNPAID)), after=after, refresh_seconds=5)

    assert (paid_for.refresh_seconds, awaited.refresh_seconds) == (seconds, seconds)


def test_a_customer_who_may_have_paid_this_moment_waits_a_minute_at_most() -> None:
    page = page_of(session(retrieved(a_checkout(status="open"))), after=timedelta(hours=5), refresh_seconds=5)

    assert page.refresh_seconds == 60
