"""Stripe's JSON of a session and its line items: unintelligible, or a checkout that the log keeps as it is."""

import json

from fuzz.json_mutation import json_mutator
from fuzz.stripe_json import LINE_ITEMS, SESSION
from fuzz.target import Target

from infrastructure.stripe.translation import Unintelligible, checkout_of, read_line_items, read_session


def check(data: bytes) -> str:
    """A session; behind a NUL, another page of line items."""
    body, _, page = data.partition(b"\0")
    try:
        session = read_session(body)
        items = session.line_items.data if session.line_items else []
        checkout = checkout_of(session, [*items, *(read_line_items(page).data if page else [])])
    except Unintelligible as error:
        assert len(str(error)) <= 200
        return "refused"
    assert len(checkout.line_items) >= len(items)
    return "read"


TARGET = Target(
    check=check,
    runs=40_000,
    bytes_max=8192,
    mutate=json_mutator(),
    seeds=[
        b"",
        b"{}",
        json.dumps(SESSION).encode(),
        json.dumps(SESSION).encode() + b"\0" + json.dumps(LINE_ITEMS).encode(),
        json.dumps({**SESSION, "payment_status": "unpaid", "customer_details": None}).encode(),
        json.dumps({**SESSION, "created": 253_370_764_800}).encode(),
        b"[" * 3000,
        b'{"id": "\xff"}',
    ],
)
