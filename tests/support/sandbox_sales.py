"""Sales in Stripe's stand-in."""

from interfaces.sandbox.sandbox import Sandbox


def paid(sandbox: Sandbox, *deliveries: str) -> str:
    """A paid session with a product for each of these deliveries, as the products' metadata says."""
    items = [
        {
            "price_data": {
                "currency": "eur",
                "unit_amount": 500,
                "product_data": {
                    "name": delivery.title(),
                    "metadata": {"delivery": delivery, "sku": f"sku-{delivery}"},
                },
            },
            "quantity": 1,
        }
        for delivery in deliveries
    ]
    session = sandbox.create_session({"mode": "payment", "success_url": "http://localhost/x", "line_items": items})
    sandbox.pay(session.id)
    return session.id
