"""`POST /webhook` from the request to the log: refused without a trace, or recorded byte for byte and then handled."""

import hmac
import json

from fakes.outside import BEGINNING
from fuzz.asgi import Request, ask
from fuzz.json_mutation import json_mutator
from fuzz.shops import SECRET, Shops, check_nothing_is_parked, plain_shop, position
from fuzz.target import Target
from shop import Shop

from domain.stripe_event import StripeEvent
from interfaces.web.webhook import Webhook

_NOW = int(BEGINNING.timestamp())
_shops = Shops(plain_shop)


def check(data: bytes) -> str:
    """A line with the signature, in which `{SIG}` stands for the right one; a line with the length; the body."""
    signature, _, rest = data.partition(b"\n")
    length, _, body = rest.partition(b"\n")
    right = hmac.digest(SECRET.encode(), b"%d." % _NOW + body, "sha256").hex().encode()
    header = signature.replace(b"{T}", b"%d" % _NOW).replace(b"{SIG}", right)
    headers = [(b"stripe-signature", header), *([(b"content-length", length)] if length else [])]
    shop = _shops.one()
    runtime, before = shop.runtime, position(shop)

    webhook = Webhook(runtime.writer, runtime.webhook_reader, runtime.clock)
    answer = ask(webhook, Request(method="POST", target=b"/webhook", headers=headers, body=body), runtime.writer.turn)

    if answer.status != 200:
        assert answer.status in {400, 413}, answer
        assert position(shop) == before
        return "refused"
    _check_it_is_kept(shop, header, body, before)
    shop.rest()
    check_nothing_is_parked(shop)
    return "accepted"


def _check_it_is_kept(shop: Shop, header: bytes, body: bytes, before: int) -> None:
    id = json.loads(body)["id"]
    received = shop.runtime.log.get(StripeEvent, id).received
    assert received is not None
    if position(shop) > before:
        assert received.body.encode() == body
        assert received.signature.encode("latin-1") == header


def _snapshot(**changes: object) -> bytes:
    session = {"id": "cs_test_a1", "object": "checkout.session", "payment_status": "paid"}
    whole = {
        "id": "evt_1", "object": "event", "type": "checkout.session.completed", "api_version": "2026-10-28.endive",
        "created": _NOW, "livemode": False, "account": None, "data": {"object": session}, **changes,
    }  # fmt: skip
    return json.dumps(whole).encode()


_THIN = {
    "id": "evt_test_2", "object": "v2.core.event", "type": "v1.checkout.session.completed", "context": "acct_1",
    "created": "2026-11-24T09:00:00.000Z", "livemode": True, "related_object": {"id": "cs_live_a1"},
}  # fmt: skip
_SIGNED = b"t={T},v1={SIG}\n"

TARGET = Target(
    check=check,
    runs=5000,
    mutate=json_mutator(b"\n", 2),
    seeds=[
        b"",
        _SIGNED + b"\n" + _snapshot(),
        _SIGNED + b"300\n" + _snapshot(type="checkout.session.async_payment_failed", id="evt_3"),
        _SIGNED + b"\n" + _snapshot(type="charge.refunded", data={"object": {"id": "ch_1"}}, id="evt_4"),
        _SIGNED + b"\n" + _snapshot(data={"object": {"id": "cs_test_\ud83d"}}, id="evt_5"),
        _SIGNED + b"\n" + json.dumps(_THIN).encode(),
        _SIGNED + b"\n[",
        _SIGNED + b"9999999\n{}",
        _SIGNED + b"\xb2\n{}",
        b"t={T},v1=00\n\n{}",
    ],
)
