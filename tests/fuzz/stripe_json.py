"""A session as Stripe's API says it, written by us."""

from typing import Any

_ADDRESS = {
    "line1": "1 Example Road",
    "line2": None,
    "city": "Exampleton",
    "postal_code": "1",
    "state": "",
    "country": "DE",
}
_PRODUCT = {"id": "prod_1", "object": "product", "metadata": {"delivery": "access", "sku": "COURSE"}}
_ITEM: dict[str, Any] = {
    "id": "li_1", "object": "item", "currency": "eur", "amount_total": 4900, "amount_subtotal": 4900,
    "amount_discount": 0, "amount_tax": 0, "description": "Online course", "quantity": 1,
    "price": {"id": "price_1", "object": "price", "product": _PRODUCT},
}  # fmt: skip
LINE_ITEMS: dict[str, Any] = {
    "object": "list",
    "data": [_ITEM, {**_ITEM, "id": "li_2", "quantity": 3, "price": {"id": "price_2", "product": "prod_2"}}],
    "has_more": False,
}
SESSION: dict[str, Any] = {
    "id": "cs_test_a1", "object": "checkout.session", "mode": "payment", "payment_status": "paid", "status": "complete",
    "livemode": False, "created": 1_795_510_000, "currency": "eur", "amount_subtotal": 9800, "amount_total": 10390,
    "total_details": {"amount_discount": 0, "amount_shipping": 590, "amount_tax": 0}, "line_items": LINE_ITEMS,
    "payment_intent": "pi_1", "payment_method_types": ["card"], "customer": "cus_1", "customer_email": None,
    "customer_details": {"name": "Ada Example", "email": "ada@example.com", "phone": "+490000000", "address": _ADDRESS},
    "collected_information": {"shipping_details": {"name": "Ada Example", "address": _ADDRESS}},
    "custom_fields": [{"key": "gift", "label": {"custom": "Card", "type": "custom"}, "text": {"value": "With love"}}],
    "metadata": {"basket": "7"}, "client_reference_id": "order-7", "payment_link": None, "subscription": None,
    "invoice": None, "locale": "en",
}  # fmt: skip
