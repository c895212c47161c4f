"""What a person sees of the sandbox on its own page, and does there with plain forms."""

from collections.abc import Iterator
from dataclasses import replace

import httpx2
import loopback
import pytest

from interfaces.sandbox.faults.requests import Fault
from interfaces.sandbox.faults.weather import CALM, STORM, Weather
from interfaces.sandbox.model.values import PayBy, Session
from interfaces.sandbox.pages.control_forms import FAULTS
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.webhooks.courier import Pace
from interfaces.sandbox.webhooks.inbox import Inbox

FAST = Pace(retry_first_seconds=0.01, attempts_max=2)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(pace=FAST, seed=1)) as server:
        yield server


@pytest.fixture
def sandbox(server: SandboxServer) -> Sandbox:
    return server.sandbox


@pytest.fixture
def browser(server: SandboxServer) -> Iterator[httpx2.Client]:
    with loopback.client(base_url=server.url, headers={"Origin": server.url}) as browser:
        yield browser


def sold(sandbox: Sandbox, by: PayBy | None = None, *, currency: str = "eur", amount: int = 500) -> Session:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Mug"}}
    session = sandbox.create_session(
        {"mode": "payment", "success_url": "http://localhost/x", "line_items": [{"price_data": price, "quantity": 1}]}
    )
    return session if by is None else sandbox.pay(session.id, by=by)


def text_of(page: httpx2.Response) -> str:
    return " ".join(page.text.split())


def test_the_page_shows_the_state_of_the_sandbox(sandbox: Sandbox, browser: httpx2.Client) -> None:
    sandbox.hold_clock()
    sandbox.change_weather(Weather(lose=0.25))
    sandbox.faults.add_chance(Fault(status=503, path="/v1/checkout"), 0.1)
    secret = sandbox.add_webhook("http://localhost:1/webhook", api_version="2024-06-20").secrets[-1].value

    page = browser.get("/")

    for text in (">held<", "lose 25 %", "seed 1", "10 %</span> <code>/v1/checkout", secret, "2024-06-20"):
        assert text in text_of(page)


def test_the_books_add_up_by_currency_and_by_what_came_of_it(sandbox: Sandbox, browser: httpx2.Client) -> None:
    sandbox.hold_clock()
    sold(sandbox, "card")
    sold(sandbox, "card", amount=250)
    sold(sandbox, "debit_succeeds", amount=111)
    sandbox.fail(sold(sandbox, "debit_fails", amount=222).id)
    sandbox.expire(sold(sandbox, amount=333).id)
    sold(sandbox, amount=444)
    sold(sandbox, "card", currency="jpy", amount=1950)

    live = text_of(browser.get("/live"))

    euros = live.partition("EUR")[2].partition("</tr>")[0]
    amounts = ["€7.50", "€1.11", "€2.22", "€3.33", "€4.44"]
    assert [amount for amount in amounts if amount in euros] == amounts
    assert sorted(amounts, key=euros.index) == amounts
    assert "¥1,950" in live.partition("JPY")[2]


def test_each_attempt_is_shown_with_what_was_done_to_it_and_who_was_fooled(
    sandbox: Sandbox, browser: httpx2.Client
) -> None:
    sandbox.change_weather(Weather(corrupt=1, corrupt_as=("truncated",)))
    with Inbox() as careful, Inbox() as careless:
        careful.answer_with(400)
        sandbox.add_webhook(careful.url, events=["checkout.session.completed"])
        sandbox.add_webhook(careless.url, events=["checkout.session.completed"])
        sold(sandbox, "card")
        assert sandbox.wait_for_deliveries()

    live = text_of(browser.get("/live"))

    first, second = live.split('<div class="delivery">')[1:]
    assert '<strong class="good">400</strong> <span class="mishaps">cut off</span>' in first
    assert '<strong class="good">200</strong> <span class="mishaps"></span></li>' in first
    assert "believed" not in first
    assert '<span class="mishaps">cut off</span> <strong class="bad">Your endpoint believed it!</strong>' in second


def act(browser: httpx2.Client, part: str, **fields: str) -> None:
    answer = browser.post(f"/controls/{part}", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/#{part}")


def test_the_clock_goes_forward_and_is_held(sandbox: Sandbox, browser: httpx2.Client) -> None:
    act(browser, "clock", held="true")
    debit, left = sold(sandbox, "debit_succeeds"), sold(sandbox)

    act(browser, "clock", seconds="259200")
    assert sandbox.session(debit.id).payment_status == "unpaid"
    act(browser, "clock", held="false")

    assert sandbox.session(debit.id).payment_status == "paid"
    assert sandbox.session(left.id).status == "expired"


def test_weather_is_mixed_in_percent_and_calmed(sandbox: Sandbox, browser: httpx2.Client) -> None:
    endpoint = sandbox.add_webhook("http://localhost:1/webhook")
    skies = sandbox.post_office.skies

    act(browser, "weather", action="mix", lose="12.5", drop="0", delay_seconds="3", count="", seed="77", endpoint="")
    act(browser, "weather", action="mix", double="100", endpoint=endpoint.id, count="2")
    assert skies.weather() == {None: Weather(lose=0.125, delay_seconds=3), endpoint.id: Weather(double=1, count=2)}
    assert skies.seed == 77

    act(browser, "weather", action="storm")
    assert skies.weather()[None] == STORM
    act(browser, "weather", action="calm")
    assert skies.weather() == {None: CALM}


def test_deliveries_are_paused_dropped_and_sent_again(sandbox: Sandbox, browser: httpx2.Client) -> None:
    with Inbox() as inbox:
        sandbox.add_webhook(inbox.url)
        act(browser, "deliveries", dropped="true")
        sold(sandbox, "card")
        act(browser, "deliveries", dropped="false")
        assert inbox.is_empty()

        act(browser, "deliveries", resend=sandbox.events("checkout.session.completed")[0].id)
        inbox.next()

        act(browser, "deliveries", paused="true")
        sold(sandbox, "card")
        assert inbox.is_empty()
        act(browser, "deliveries", paused="false")
        inbox.next()


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_can_be_asked_for(sandbox: Sandbox, browser: httpx2.Client, kind: str) -> None:
    act(browser, "faults", kind=kind, count="2", percent="", path="/v1/prices")
    act(browser, "faults", kind=kind, percent="30", path="")

    assert sandbox.faults.remaining == 2
    assert sandbox.faults.take("/v1/prices") == replace(FAULTS[kind].fault, path="/v1/prices")
    assert sandbox.faults.chances == [(FAULTS[kind].fault, 0.3)]
    act(browser, "faults", action="clear")
    assert (sandbox.faults.remaining, sandbox.faults.chances) == (0, [])


def test_endpoints_are_added_disabled_rolled_and_deleted(sandbox: Sandbox, browser: httpx2.Client) -> None:
    act(browser, "endpoints", url="http://localhost:1/webhook", payload="thin", api_version="2022-08-01")
    (added,) = sandbox.endpoints()
    assert (added.is_thin, added.api_version, added.is_enabled) == (True, "2022-08-01", True)

    act(browser, "endpoints", id=added.id, action="disable")
    act(browser, "endpoints", id=added.id, action="roll")
    (changed,) = sandbox.endpoints()
    assert (changed.is_enabled, len(changed.secrets)) == (False, 2)
    act(browser, "endpoints", id=added.id, action="enable")
    assert sandbox.endpoints()[0].is_enabled

    act(browser, "endpoints", id=added.id, action="delete")
    assert sandbox.endpoints() == ()


@pytest.mark.parametrize(
    ("by", "action", "ends"),
    [
        (None, "pay", ("complete", "paid")),
        (None, "expire", ("expired", "unpaid")),
        ("debit_fails", "settle", ("complete", "paid")),
        ("debit_succeeds", "fail", ("complete", "unpaid")),
    ],
)
def test_a_checkout_is_ended_by_hand(
    sandbox: Sandbox, browser: httpx2.Client, by: PayBy | None, action: str, ends: tuple[str, str]
) -> None:
    sandbox.hold_clock()
    session = sold(sandbox, by)

    act(browser, "sessions", id=session.id, action=action)

    ended = sandbox.session(session.id)
    assert (ended.status, ended.payment_status, ended.debit) == (*ends, None)


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("clock", {"seconds": "soon"}),
        ("weather", {"drop": "101"}),
        ("weather", {"drop": "1", "endpoint": "we_unknown"}),
        ("faults", {"kind": "flood"}),
        ("endpoints", {"url": "https://example.com/webhook"}),
        ("endpoints", {"url": "http://localhost/x", "api_version": "latest"}),
        ("sessions", {"id": "cs_test_unknown"}),
        ("deliveries", {"resend": "evt_unknown"}),
    ],
)
def test_what_can_not_be_done_is_shown_on_the_page(
    sandbox: Sandbox, browser: httpx2.Client, part: str, fields: dict[str, str]
) -> None:
    answer = browser.post(f"/controls/{part}", data=fields)

    assert answer.status_code == 422
    assert "That was not done:" in answer.text
    assert sandbox.endpoints() == ()
    assert sandbox.post_office.skies.weather() == {None: CALM}


def test_a_control_that_is_not_there_is_not_found(browser: httpx2.Client) -> None:
    assert browser.post("/controls/gravity").status_code == 404


@pytest.mark.parametrize("origin", ["https://example.com", "null", "http://127.0.0.1:1", None])
def test_no_other_page_can_send_the_forms(server: SandboxServer, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}

    refused = loopback.post(f"{server.url}/controls/clock", data={"held": "true"}, headers=headers)

    assert refused.status_code == 403
    assert not server.sandbox.clock.is_held


def test_a_name_that_leads_here_from_elsewhere_is_no_page_of_ours(server: SandboxServer) -> None:
    name = "evil.example.com"
    headers = {"Host": name, "Origin": f"http://{name}"}

    for path in ("/controls/clock", "/sandbox/clock"):
        refused = loopback.post(f"{server.url}{path}", data={"held": "true"}, headers=headers)
        assert refused.status_code == 403
    assert not server.sandbox.clock.is_held


def test_a_name_that_leads_here_from_elsewhere_sees_no_secrets(server: SandboxServer) -> None:
    secret = server.sandbox.add_webhook("http://localhost:1/webhook").secrets[-1].value

    refused = loopback.get(server.url, headers={"Host": "evil.example.com"})

    assert (refused.status_code, secret in refused.text) == (403, False)
    assert secret in loopback.get(server.url).text


@pytest.mark.parametrize(("name", "status"), [(None, 200), ("evil.example.com", 403)])
def test_no_other_page_uses_the_api_either(server: SandboxServer, name: str | None, status: int) -> None:
    """A page whose name leads here may send any key."""
    headers = {} if name is None else {"Host": name, "Origin": f"http://{name}"}
    endpoint = {"url": "http://localhost:1/", "enabled_events[]": "*"}

    answer = loopback.post(f"{server.url}/v1/webhook_endpoints", data=endpoint, headers=headers, auth=("sk_test_x", ""))

    assert answer.status_code == status
    assert len(server.sandbox.endpoints()) == (status == 200)


@pytest.mark.parametrize(("origin", "status"), [(None, 200), ("https://example.com", 403), ("null", 403)])
def test_programs_steer_it_and_other_pages_do_not(server: SandboxServer, origin: str | None, status: int) -> None:
    headers = {} if origin is None else {"Origin": origin}

    answer = loopback.post(f"{server.url}/sandbox/clock", data={"held": "true"}, headers=headers)

    assert answer.status_code == status
    assert server.sandbox.clock.is_held == (status == 200)


@pytest.mark.parametrize(
    ("action", "status", "shown"), [("capture", "paid", "paid"), ("cancel", "unpaid", "payment failed")]
)
def test_a_card_that_is_authorized_is_captured_or_let_go_of(
    sandbox: Sandbox, browser: httpx2.Client, action: str, status: str, shown: str
) -> None:
    price = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Mug"}}
    session = sandbox.create_session(
        {
            "mode": "payment",
            "success_url": "http://localhost/x",
            "line_items": [{"price_data": price, "quantity": 1}],
            "payment_intent_data": {"capture_method": "manual"},
        }
    )
    sandbox.pay(session.id)
    assert f'id="{action}-{session.id}"' in browser.get("/live").text

    browser.post("/controls/sessions", data={"id": session.id, "action": action})

    assert sandbox.session(session.id).payment_status == status
    page = browser.get("/live").text
    assert f">{shown}<" in page
    assert f'id="{action}-{session.id}"' not in page


SALE = {
    "name": "Mug, blue",
    "price": "12.50",
    "currency": "EUR",
    "quantity": "2",
    "delivery": "shipment",
    "sku": "mug-blue",
}


def sale(browser: httpx2.Client, **changes: str) -> httpx2.Response:
    return browser.post("/controls/sell", data={**SALE, **changes})


def test_a_product_and_its_checkout_are_made_with_one_form(sandbox: Sandbox, browser: httpx2.Client) -> None:
    sandbox.add_webhook("http://localhost:9/webhook")

    answer = sale(browser)

    (entry,) = sandbox.books.entries.values()
    session = sandbox.session(entry.session_id)
    assert (answer.status_code, answer.headers["location"]) == (303, session.url)
    assert browser.get(session.url).status_code == 200
    assert (session.amount_total, session.currency) == (2500, "eur")
    assert session.success_url == "http://localhost:9/after-checkout?session_id={CHECKOUT_SESSION_ID}"
    assert session.wishes.shipping_countries
    with sandbox.reading() as state:
        product = state.product(entry.line_items[0].product_id)
    assert (product.name, product.metadata) == ("Mug, blue", {"delivery": "shipment", "sku": "mug-blue"})


def test_without_an_endpoint_the_customer_returns_to_the_page(
    server: SandboxServer, sandbox: Sandbox, browser: httpx2.Client
) -> None:
    sale(browser, delivery="")

    (entry,) = sandbox.books.entries.values()
    assert sandbox.session(entry.session_id).success_url == f"{server.url}/#{{CHECKOUT_SESSION_ID}}"


@pytest.mark.parametrize(
    ("price", "currency", "amount"),
    [("12", "EUR", 1200), ("12,5", "EUR", 1250), ("1200", "JPY", 1200), ("0", "EUR", 0), ("1.234", "KWD", 1234)],
)
def test_a_price_is_read_as_people_write_it(
    sandbox: Sandbox, browser: httpx2.Client, price: str, currency: str, amount: int
) -> None:
    sale(browser, price=price, currency=currency, quantity="1")

    (entry,) = sandbox.books.entries.values()
    assert entry.total is not None
    assert (entry.total.amount, entry.total.currency) == (amount, currency.lower())


@pytest.mark.parametrize("price", ["-1", "1.234", "free", "NaN", "Infinity", "1e30"])
def test_a_price_that_is_none_is_named(sandbox: Sandbox, browser: httpx2.Client, price: str) -> None:
    answer = sale(browser, price=price)

    assert answer.status_code == 422
    assert "That was not done" in answer.text
    assert sandbox.books.entries == {}


def test_a_refund_of_a_half_and_of_the_rest_is_in_the_books(sandbox: Sandbox, browser: httpx2.Client) -> None:
    session = sold(sandbox, "card", amount=501)
    act(browser, "sessions", id=session.id, action="refund_half")

    live = text_of(browser.get("/live"))
    assert "€2.50 refunded" in live
    assert "Refund half" not in live
    assert '<td data-label="Refunded"><span class="amount">€2.50</span> <span class="quiet">1</span></td>' in live

    act(browser, "sessions", id=session.id, action="refund")
    live = text_of(browser.get("/live"))
    assert "€5.01 refunded" in live
    assert ">Refund<" not in live.partition('id="sessions"')[2]


def test_only_a_payment_that_arrived_can_be_refunded(sandbox: Sandbox, browser: httpx2.Client) -> None:
    sandbox.hold_clock()
    sold(sandbox)
    sold(sandbox, "debit_succeeds")
    sandbox.dispute(sold(sandbox, "card").payment_intent_id or "")

    assert 'value="refund"' not in browser.get("/live").text
