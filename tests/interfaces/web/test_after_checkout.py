"""`GET /after-checkout`, on a real server, with the sandbox in Stripe's place."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from running import RunningShop, running_shop
from typed_ids import as_session

from application.log.log import StoredEvent
from domain.fulfillment import Fulfillment
from domain.identifiers import fulfillment_id
from interfaces.web.serve import VISITS_PER_MINUTE


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    with running_shop(tmp_path_factory.mktemp("landing")) as shop:
        shop.sandbox.drop_deliveries = True
        yield shop


def paid(shop: RunningShop, by: str = "card", **more: str) -> str:
    product = {"name": "Online course", "metadata": {"delivery": "access"}}
    item = {"price_data": {"currency": "eur", "unit_amount": 4900, "product_data": product}, "quantity": 1}
    values = {"mode": "payment", "success_url": "http://localhost/x", "line_items": [item], **more}
    session = shop.sandbox.create_session(values)
    shop.sandbox.pay(session.id, by=by, email="ada@example.com", name="Ada Example")  # type: ignore[arg-type]
    return session.id


def test_the_visit_alone_fulfills_and_shows_what_was_fulfilled(shop: RunningShop) -> None:
    answer = shop.visit(paid(shop))

    assert answer.status_code == 200
    assert "Online course" in answer.text
    assert "€49.00" in answer.text
    assert "ada" not in answer.text.lower()


def test_the_address_may_end_in_a_slash(shop: RunningShop) -> None:
    answer = shop.client.get("/after-checkout/", params={"session_id": paid(shop)})

    assert answer.status_code == 200
    assert "Online course" in answer.text
    files = [answer.url.join(link) for link in re.findall(r'<link [^>]*href="([^"]*)"', answer.text)]
    assert files
    assert [shop.client.get(str(file)).status_code for file in files] == [200] * len(files)


def test_a_session_of_another_application_gets_the_page_of_unknown_ones(tmp_path: Path) -> None:
    with running_shop(tmp_path, catalog='[sessions]\npayment_links = ["plink_ours"]') as shop:
        theirs, unknown = shop.visit(paid(shop)), shop.visit("cs_test_unknown")

    assert theirs.status_code == 404
    assert theirs.content == unknown.content


def test_many_visits_at_once_fulfill_once(shop: RunningShop) -> None:
    session = paid(shop)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: shop.visit(session).status_code, range(10)))

    assert answers == [200] * 10
    events = shop.runtime.log.streams([fulfillment_id(as_session(session))])[fulfillment_id(as_session(session))]
    assert [type(event) for event in events] == [
        Fulfillment.Requested,
        Fulfillment.LineItemDelivered,
        Fulfillment.Completed,
    ]


def test_unknown_foreign_and_malformed_ids_get_one_and_the_same_page(shop: RunningShop) -> None:
    ids = [
        "cs_test_unknown",
        "cs_live_foreign",
        "nonsense",
        "",
        "cs_test_" + "x" * 500,
        "../../etc/passwd",
        "cs_test_é",
    ]

    answers = [shop.visit(id) for id in ids] + [shop.client.get("/after-checkout")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(name for name in answer.headers if name != "date")) for answer in answers}) == 1


@pytest.mark.parametrize(
    ("locale", "accepted", "language", "headline"),
    [
        ("auto", "fr-CA,fr;q=0.9,en;q=0.8", "fr-CA", "Merci, votre commande est complète"),
        ("ja", "fr", "ja", "ありがとうございます。ご注文が完了しました"),
        ("pl", "fr", "en", "Thank you, your order is complete"),
    ],
)
def test_the_page_is_in_the_language_of_the_checkout_or_the_browser(
    shop: RunningShop, locale: str, accepted: str, language: str, headline: str
) -> None:
    session = paid(shop, locale=locale)

    page, answer = (
        shop.visit(session, **{"accept-language": accepted, "accept": accept})
        for accept in ("text/html", "application/json")
    )

    assert f'<html lang="{language}" dir="ltr">' in page.text
    assert f"<h1>{headline}</h1>" in page.text
    assert answer.json()["headline"] == headline


def test_a_page_about_no_order_is_in_the_language_of_the_browser(shop: RunningShop) -> None:
    answer = shop.visit("cs_test_unknown", **{"accept-language": "nl"})

    assert "We konden deze bestelling niet vinden" in answer.text


def test_programs_get_json(shop: RunningShop) -> None:
    page = shop.visit(paid(shop), accept="application/json").json()
    missing = shop.visit("cs_test_unknown", accept="application/json")

    assert page["state"] == "fulfilled"
    assert (missing.status_code, missing.json()) == (404, {"error": "not_found"})


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("application/json", True),
        ("text/html, Application/JSON ; q=0.5", True),
        ("application/json;q=0, text/html", False),
        ("application/json; q=0.000", False),
        ("application/jsonlines", False),
        ("text/html,*/*", False),
    ],
)
def test_json_is_for_those_who_want_it(shop: RunningShop, accept: str, is_json: bool) -> None:
    answer = shop.visit("nonsense", accept=accept)

    assert (answer.headers["content-type"] == "application/json") is is_json


def test_every_answer_keeps_the_address_to_itself(shop: RunningShop) -> None:
    for answer in (shop.visit(paid(shop)), shop.visit("nonsense")):
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "location" not in answer.headers


def test_a_payment_that_is_on_its_way_is_shown_so_and_the_page_reloads(shop: RunningShop) -> None:
    shop.sandbox.hold_clock()
    answer = shop.visit(paid(shop, by="debit_succeeds"))
    shop.sandbox.release_clock()

    assert answer.status_code == 200
    assert "http-equiv" in answer.text


def test_a_customer_never_waits_long_for_stripe(shop: RunningShop) -> None:
    session = paid(shop)
    shop.sandbox.fail_next_requests(1, status=None, delay_seconds=7.0)
    started = time.monotonic()

    answer = shop.visit(session)

    assert answer.status_code == 200
    assert time.monotonic() - started < 6.5


def test_a_checkout_that_this_version_can_not_read_gets_a_page_that_says_to_come_back(shop: RunningShop) -> None:
    session = paid(shop)
    state = b'{"session_id":"%s"}' % session.encode()
    shop.runtime.log.store.insert_events([StoredEvent(session, 1, "CheckoutSession.FlownOut", state)])

    answer = shop.visit(session)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert "We could not look up your order" in answer.text
    as_json = shop.visit(session, accept="application/json")
    assert (as_json.status_code, as_json.json()) == (503, {"error": "unavailable"})
    assert as_json.headers["retry-after"] == "30"
    assert as_json.headers["cache-control"] == "no-store"
    assert shop.visit(paid(shop)).status_code == 200


def test_an_address_that_asks_too_often_is_asked_to_wait(shop: RunningShop) -> None:
    began = time.monotonic()
    answers = [shop.visit("nonsense")]
    while answers[-1].status_code != 429 and len(answers) < 2000:  # on a slow machine the bucket fills meanwhile
        answers.append(shop.visit("nonsense"))

    assert answers[-1].status_code == 429
    assert answers[-1].headers["retry-after"]
    assert 60 < len(answers) <= VISITS_PER_MINUTE * (1 + (time.monotonic() - began) / 60) + 1
    as_json = shop.visit("nonsense", accept="application/json")
    assert (as_json.status_code, as_json.json()) == (429, {"error": "too_many_visits"})
    assert as_json.headers["retry-after"] == "30"
