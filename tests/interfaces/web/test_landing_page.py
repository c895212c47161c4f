"""What the landing page shows in every state of an order."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import a_checkout, a_line_item
from customer_language import ENGLISH, SHOP, TEXTS, render
from kinds import SHIPMENT
from landing_orders import (
    COURSE,
    ENGRAVING,
    KEY,
    KEYS,
    MUG,
    PAID_AT,
    PLATE,
    blocked,
    delivered,
    fulfillment,
    page_of,
    page_of_lines,
    paid,
    retrieved,
    session,
    shipped,
)
from scenario import planned
from typed_ids import as_event

from application.reading.checkout_state import CheckoutState
from domain import reasons
from domain.checkout import PaymentAddress, Presentment
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.line import LineState
from domain.park_reason import ParkReason
from domain.personal import Personal
from interfaces.web.landing_lines import planned as sections_of
from interfaces.web.landing_page import LandingPage, as_json

UNPAID = a_checkout(payment_status="unpaid")
REFRESH = '<meta http-equiv="refresh"'


def headings(page: LandingPage) -> list[str]:
    return [section.heading for section in page.sections]


def test_an_order_that_is_whole_shows_what_there_is_and_where() -> None:
    page = page_of_lines(delivered(COURSE, link="https://example.com/course"), plan=[COURSE])

    assert page.state is CheckoutState.FULFILLED
    html = render(page)
    assert "your order is complete" in html
    assert 'href="https://example.com/course"' in html
    assert "Bread course" in html


def test_what_the_customer_does_not_have_shows_neither_its_link_nor_its_keys() -> None:
    facts = [delivered(COURSE, link="https://example.com/course", keys=KEYS), blocked(COURSE, LineState.MANUAL)]

    (section,) = page_of_lines(*facts, plan=[COURSE]).sections

    assert [(item.link, item.keys, item.has_hidden_keys) for item in section.items] == [(None, (), False)]


def test_a_parcel_shows_its_carrier_and_tracking_number() -> None:
    html = render(page_of_lines(*shipped(1, MUG, PLATE), plan=[MUG, PLATE]))

    assert "On its way to you" in html
    assert "Postbote" in html
    assert "PB 123" in html
    assert "Mug, blue" in html


def test_a_parcel_without_a_tracking_number_promises_none() -> None:
    html = render(page_of_lines(*shipped(1, MUG, tracking=None), plan=[MUG]))

    assert "Postbote" in html
    assert "Tracking" not in html


def test_a_tracking_address_is_a_link() -> None:
    html = render(page_of_lines(*shipped(1, MUG, tracking="https://track.example/PB123"), plan=[MUG]))

    assert 'href="https://track.example/PB123"' in html


def test_parcels_are_distinguished_and_every_line_is_in_its_own() -> None:
    page = page_of_lines(*shipped(1, MUG), *shipped(2, PLATE, carrier="Eilbote"), plan=[MUG, PLATE])

    assert headings(page) == ["Parcel 1 of 2 is on its way", "Parcel 2 of 2 is on its way"]
    assert [[item.title for item in section.items] for section in page.sections] == [["Mug, blue"], ["Plate"]]


def test_an_order_that_is_paid_but_not_planned_yet_shows_what_was_bought() -> None:
    page = page_of(paid(a_checkout(line_items=[a_line_item(description="Teapot", quantity=2)])), refresh_seconds=60)

    assert page.state is CheckoutState.FULFILLING
    assert "Teapot" in render(page)
    assert page.refresh_seconds == 60


def test_what_is_not_in_stock_says_that_it_follows() -> None:
    page = page_of_lines(
        delivered(COURSE), blocked(PLATE, LineState.BACKORDERED), plan=[COURSE, PLATE], refresh_seconds=None
    )

    assert page.state is CheckoutState.PARTIALLY_FULFILLED
    assert headings(page) == ["Ready for you", "Takes a little longer"]
    assert "You will get it as soon as it is back." in render(page)


@pytest.mark.parametrize("state", [LineState.MANUAL, LineState.GIVEN_UP])
def test_what_needs_a_person_asks_nothing_of_the_customer(state: LineState) -> None:
    page = page_of_lines(blocked(ENGRAVING, state), plan=[ENGRAVING], refresh_seconds=None)

    assert page.state is CheckoutState.BLOCKED
    html = render(page)
    assert "We are taking care of it." in html
    assert "There is nothing you need to do." in html
    assert headings(page) == ["Prepared by our team"]
    assert "A detail for staff only" not in html


def test_a_delayed_payment_is_waited_for() -> None:
    page = page_of(session(retrieved(UNPAID)), refresh_seconds=90)

    assert page.state is CheckoutState.AWAITING_PAYMENT
    html = render(page)
    assert "We have not received your payment yet" in html
    assert f'{REFRESH} content="90">' in html
    assert "Paid" not in html


def test_an_authorized_payment_is_not_shown_as_on_its_way() -> None:
    authorized = replace(UNPAID, intent_status="requires_capture")

    page = page_of(session(retrieved(authorized)))

    assert page.state is CheckoutState.AWAITING_PAYMENT
    assert (
        page.words.message
        == "Your payment is authorized and has not been charged yet. There is nothing you need to do."
    )


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("sepa_debit", "Your bank has not confirmed your payment yet."),
        ("multibanco", "Please pay with the payment instructions that you received."),
        ("of_tomorrow", "If you received payment instructions, please follow them."),
        (None, "If you received payment instructions, please follow them."),
    ],
)
def test_an_unpaid_order_says_who_has_to_act(method: str | None, expected: str) -> None:
    page = page_of(session(retrieved(replace(UNPAID, payment_method_type=method))))

    assert expected in page.words.message


@pytest.mark.parametrize(("status", "is_paid"), [("paid", True), ("no_payment_required", False)])
def test_a_trial_is_not_shown_as_paid(status: str, is_paid: bool) -> None:
    page = page_of(paid(a_checkout(payment_status=status)))

    assert ("<span>Paid</span>" in render(page)) is is_paid


def test_a_payment_that_was_canceled_does_not_claim_what_was_charged() -> None:
    page = page_of(session(retrieved(replace(UNPAID, intent_status="canceled"))))

    assert page.state is CheckoutState.PAYMENT_FAILED
    assert "charged" not in page.words.message


def test_a_payment_that_failed_does_not_claim_what_was_charged() -> None:
    page = page_of(session(retrieved(UNPAID), CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_1"))))

    assert page.state is CheckoutState.PAYMENT_FAILED
    html = render(page)
    assert "We did not receive a payment for this order, and nothing will be sent." in html
    assert "charged" not in html
    assert page.total is None
    assert REFRESH not in html


def test_a_session_that_expired_says_so() -> None:
    page = page_of(session(retrieved(a_checkout(status="expired", payment_status="unpaid"))))

    assert page.state is CheckoutState.EXPIRED
    assert "has expired" in render(page)
    assert REFRESH not in render(page)


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param([CheckoutSession.Canceled(notifies=False)], id="canceled"),
        pytest.param([CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_1"))], id="failed"),
        pytest.param([retrieved(replace(UNPAID, status="expired"))], id="expired"),
    ],
)
def test_an_unpaid_order_of_which_nothing_comes_lists_nothing_as_ordered(facts: list[Event]) -> None:
    page = page_of(session(retrieved(UNPAID), *facts))

    assert (page.words.mark, page.sections) == ("stopped", ())


def test_a_session_that_is_open_is_not_completed_yet() -> None:
    page = page_of(session(retrieved(a_checkout(status="open", payment_status="unpaid"))), refresh_seconds=90)

    assert page.state is CheckoutState.OPEN
    assert "not complete yet" in render(page)
    assert page.total is None
    assert page.refresh_seconds == 90


def test_who_may_have_paid_is_not_asked_to_pay() -> None:
    """Nothing is known when Stripe can't be asked or the log can't be written, which says nothing of the customer."""
    still_open = retrieved(a_checkout(status="open", payment_status="unpaid"))
    completed = CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="paid")
    arrived = CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_2"))

    for known in (session(), session(completed), session(still_open, completed), session(still_open, arrived)):
        html = render(page_of(known, refresh_seconds=5))
        assert "We are confirming your payment" in html
        assert "please do not pay again" in html
        assert REFRESH in html


def test_an_order_of_nothing_is_done() -> None:
    setup = a_checkout(mode="setup", payment_status="no_payment_required", currency="", line_items=[])

    page = page_of(paid(setup))

    assert page.state is CheckoutState.NOTHING_TO_FULFILL
    assert "There is nothing to send" in render(page)
    assert page.total is None


def test_a_parked_order_asks_nothing_of_the_customer() -> None:
    parked = CheckoutSession.Parked(
        why=ParkReason.UNKNOWN_PAYMENT_STATUS, detail=reasons.as_written("A detail for staff only")
    )

    page = page_of(session(retrieved(a_checkout(payment_status="novel")), parked))

    assert page.state is CheckoutState.PARKED
    html = render(page)
    assert "We are looking into your order" in html
    assert "There is nothing you need to do" in html
    assert "A detail for staff only" not in html


@pytest.mark.parametrize(
    ("after", "is_shown"),
    [(timedelta(0), True), (timedelta(minutes=60, microseconds=-1), True), (timedelta(minutes=60), False)],
)
def test_license_keys_are_shown_for_an_hour_after_they_were_delivered(after: timedelta, is_shown: bool) -> None:
    page = page_of_lines(delivered(KEY, keys=KEYS), plan=[KEY], after=after)

    html, answer = render(page), json.dumps(as_json(page, SHOP))

    for key in KEYS:
        assert (key.text in html, key.text in answer) == (is_shown, is_shown)
    assert ("Your license keys are in the email we sent you." in html) is not is_shown


def test_keys_that_come_days_after_the_payment_are_shown_then() -> None:
    late = replace(delivered(KEY, keys=KEYS), occurred_at=PAID_AT + timedelta(days=3))

    assert KEYS[0].text in render(page_of_lines(late, plan=[KEY], after=timedelta(days=3, minutes=5)))


@pytest.mark.parametrize("after", [timedelta(0), timedelta(hours=1)])
def test_no_customer_is_sent_to_a_mail_that_was_not_sent(after: timedelta) -> None:
    html = render(page_of_lines(delivered(KEY, keys=KEYS), plan=[KEY], after=after, is_mailed=False))

    assert "mail" not in html
    assert ("Please contact us to receive them." in html) is (after > timedelta(0))


def test_keys_that_are_in_a_mail_and_keys_that_are_not_are_distinguished() -> None:
    other = replace(KEY, item=a_line_item("li_other"), name="Another app")
    lines = fulfillment([KEY, other], delivered(KEY, keys=KEYS[:1]), delivered(other, keys=KEYS[1:]))

    [section] = sections_of(lines, ENGLISH, keys_since=PAID_AT, mailed={other.id})

    assert {item.title: item.are_keys_mailed for item in section.items} == {KEY.name: False, "Another app": True}


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "€12.00"), ("de", "12,00\N{NO-BREAK SPACE}€"), ("nl", "€\N{NO-BREAK SPACE}12,00")]
)
def test_the_total_is_written_as_in_the_customers_language(language: str, shown: str) -> None:
    checkout = a_checkout(line_items=[a_line_item(amount_total=1200)])

    assert shown in render(page_of(paid(checkout), language=TEXTS.language(language)))


def test_what_was_paid_in_another_currency_than_the_shops_is_shown_in_that() -> None:
    checkout = a_checkout(
        line_items=[a_line_item(amount_total=1000)], presentment=Presentment(amount=1123, currency="usd")
    )

    html = render(page_of(paid(checkout)))

    assert "<span>Paid</span> <strong>$11.23</strong>" in html
    assert '<span>Total</span> <span class="amount">€10.00</span>' in html


def test_an_order_that_is_free_was_not_paid() -> None:
    html = render(page_of(paid(a_checkout(line_items=[a_line_item(amount_total=0)]))))

    assert "Paid" not in html
    assert "€0.00" in html


def test_equal_lines_are_one_with_their_quantities_and_keys_together() -> None:
    more = replace(KEY, item=a_line_item("li_more", quantity=3))
    page = page_of_lines(delivered(KEY, keys=KEYS[:1]), delivered(more, keys=KEYS[1:]), plan=[KEY, more])

    (item,) = page.sections[0].items
    assert (item.title, item.quantity, item.keys) == ("Recipe app Pro", 5, tuple(key.text for key in KEYS))


def test_an_order_of_120_lines_folds_and_loses_none_of_them() -> None:
    plan = [planned(f"li_{number}", SHIPMENT, name=f"Postcard no. {number:03}") for number in range(120)]

    html = render(page_of_lines(*shipped(1, *plan), plan=plan))

    assert all(f"Postcard no. {number:03}" in html for number in range(120))
    before_folding, _, folded = html.partition("<details>")
    assert (before_folding.count("Postcard no."), folded.count("Postcard no.")) == (6, 114)
    assert "<summary>114 more</summary>" in html


TO_PAY = PaymentAddress(url=Personal("https://checkout.stripe.example/1"), until=PAID_AT + timedelta(hours=1))


@pytest.mark.parametrize(("status", "label"), [("open", "Go to the payment page"), ("expired", "Order again")])
def test_an_order_that_is_not_paid_leads_to_the_payment_page_while_it_is_open(status: str, label: str) -> None:
    unfinished = session(retrieved(replace(UNPAID, status=status, payment_page=TO_PAY)))

    assert f'href="https://checkout.stripe.example/1">{label}</a>' in render(page_of(unfinished))
    assert page_of(unfinished, after=timedelta(hours=1)).payment_page is None


def test_an_order_that_may_be_paid_leads_to_no_payment_page() -> None:
    completed = CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="unpaid", occurred_at=PAID_AT)
    arrived = CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_2"), occurred_at=PAID_AT)
    still_open = retrieved(replace(UNPAID, status="open", payment_page=TO_PAY))
    foreign = replace(TO_PAY, url=Personal("javascript:alert(1)"))

    for reported in (completed, arrived):
        assert page_of(session(still_open, reported)).payment_page is None
    assert page_of(paid(a_checkout(payment_page=TO_PAY))).payment_page is None
    assert page_of(session(retrieved(replace(UNPAID, status="open", payment_page=foreign)))).payment_page is None


def test_items_have_prices_and_the_parts_of_the_total_add_up() -> None:
    items = [
        a_line_item(description="Mug", quantity=2, amount_total=1800),
        a_line_item("li_2", description="Mug", quantity=1, amount_total=900),
    ]
    checkout = a_checkout(
        line_items=items, amount_subtotal=3000, amount_discount=300, amount_shipping=490, amount_tax=0
    )

    page = page_of(paid(replace(checkout, amount_total=3190)))

    (item,) = page.sections[0].items
    assert (item.quantity, item.amount, item.price) == (3, 2700, "€27.00")
    assert page.total is not None
    assert [(each.label, each.amount) for each in page.total.sums] == [
        ("Subtotal", "€30.00"),
        ("Discount", "-€3.00"),
        ("Shipping", "€4.90"),
    ]
    html = render(page)
    for shown in ("€27.00", "Subtotal", "-€3.00", "€4.90", "€31.90", "Item amounts include discounts."):
        assert shown in html


def test_the_json_says_what_the_page_says() -> None:
    page = page_of_lines(*shipped(1, MUG), delivered(KEY, keys=KEYS[:1]), plan=[MUG, KEY])

    assert json.loads(json.dumps(as_json(page, SHOP))) == {
        "shop": {
            "name": "Pottery & Co.",
            "url": "https://pottery.example",
            "email": "help@pottery.example",
            "phone": "+49 (0)30 1234567",
        },
        "state": "fulfilled",
        "order_number": page.order_number,
        "headline": page.words.headline,
        "message": page.words.message,
        "refresh_seconds": None,
        "is_paid": True,
        "payment_page": None,
        "total": {
            "amount": 2000,
            "currency": "eur",
            "shown": "€20.00",
            "in_own_currency": None,
            "is_paid": True,
            "sums": [],
            "sums_note": None,
        },
        "sections": [
            {
                "kind": "ready",
                "heading": "Ready for you",
                "text": "",
                "items": [
                    {
                        "title": "Recipe app Pro",
                        "quantity": 2,
                        "amount": 1000,
                        "currency": "eur",
                        "price": "€10.00",
                        "link": None,
                        "keys": [KEYS[0].text],
                        "has_hidden_keys": False,
                        "are_keys_mailed": True,
                    }
                ],
                "carrier": None,
                "tracking": None,
                "tracking_link": None,
            },
            {
                "kind": "parcel",
                "heading": "On its way to you",
                "text": "",
                "items": [
                    {
                        "title": "Mug, blue",
                        "quantity": 1,
                        "amount": 1000,
                        "currency": "eur",
                        "price": "€10.00",
                        "link": None,
                        "keys": [],
                        "has_hidden_keys": False,
                        "are_keys_mailed": False,
                    }
                ],
                "carrier": "Postbote",
                "tracking": "PB 123",
                "tracking_link": None,
            },
        ],
    }
