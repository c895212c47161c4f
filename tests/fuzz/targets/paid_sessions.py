"""Whatever Stripe says that a session is, the whole engine gets on with it: no policy stumbles, every page can be shown
and every mail be written."""

import json
from itertools import count
from pathlib import Path

from fakes.outside import BEGINNING, Outside
from fuzz.asgi import Request, ask
from fuzz.json_mutation import json_mutator
from fuzz.shops import Shops, check_nothing_is_parked, web_of
from fuzz.stripe_json import SESSION
from fuzz.target import Target
from shop import Shop, SQLiteStore
from typed_ids import as_session

from application.ports import Permanent
from domain.identifiers import SessionId
from infrastructure.mail.addresses import Sender
from infrastructure.mail.message import mail_message
from infrastructure.stripe.translation import Unintelligible, checkout_of, read_session

_CATALOG = """
[products.prod_1]
delivery = "shipment"
sku = "MUG"
track_stock = true
[prices.price_2]
delivery = "license_key"
pool = "pro"
[products.prod_3]
delivery = "courier"
[products.prod_4]
delivery = "access"
link = "https://example.com/"
"""
_SENDER = Sender.parse("Shop <orders@example.com>")
_numbers = count(1)


def _open(directory: Path) -> Shop:
    return Shop(directory, SQLiteStore(), Outside(), catalog=_CATALOG)


_shops = Shops(_open, uses_max=60)


def check(data: bytes) -> str:
    try:
        session = read_session(data)
        checkout = checkout_of(session, session.line_items.data if session.line_items else [])
    except Unintelligible:
        return "refused"
    shop = _shops.one()
    id = f"cs_test_{next(_numbers)}"
    shop.outside.checkouts[id] = checkout
    shop.visit(as_session(id))
    shop.rest()

    check_nothing_is_parked(shop)
    _check_pages(shop, as_session(id))
    _check_mails(shop)
    return str(shop.state(as_session(id)))


def _check_pages(shop: Shop, id: SessionId) -> None:
    for accept in (b"text/html", b"application/json"):
        target = b"/after-checkout?session_id=" + id.encode()
        answer = ask(web_of(shop), Request(method="GET", target=target, headers=[(b"accept", accept)]))
        assert answer.status in {200, 404}, answer
    document = shop.runtime.queries.checkout(id)
    assert document is not None
    shop.runtime.queries.search(id, 10)


def _check_mails(shop: Shop) -> None:
    for message_id, mail in shop.outside.mailbox.items():
        try:
            message = mail_message(mail, shop.runtime.texts, message_id=message_id, sender=_SENDER, at=BEGINNING)
        except Permanent:
            continue
        assert message.as_bytes().partition(b"\r\n\r\n")[0].count(b"\r\nTo: ") == 1
    shop.outside.mailbox.clear()


def _with_product(product: str) -> bytes:
    items = SESSION["line_items"]
    item = items["data"][0]
    return json.dumps(
        {**SESSION, "line_items": {**items, "data": [{**item, "price": {"id": "price_9", "product": product}}]}}
    ).encode()


TARGET = Target(
    check=check,
    runs=600,
    bytes_max=8192,
    mutate=json_mutator(),
    seeds=[
        b"",
        json.dumps(SESSION).encode(),
        _with_product("prod_3"),
        _with_product("prod_4"),
        _with_product("prod_none"),
        json.dumps({**SESSION, "payment_status": "unpaid"}).encode(),
        json.dumps({**SESSION, "status": "expired", "payment_status": "unpaid"}).encode(),
        json.dumps({**SESSION, "mode": "setup", "line_items": None, "payment_status": "no_payment_required"}).encode(),
        json.dumps({**SESSION, "currency": "kwd", "locale": "de-CH"}).encode(),
    ],
)
