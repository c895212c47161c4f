"""The products of such a day. Their metadata names their delivery, so no catalog is needed."""

from dataclasses import dataclass
from typing import Final

from interfaces.sandbox.model.values import Price
from interfaces.sandbox.sandbox import Sandbox

CURRENCIES: Final = ("eur", "usd", "jpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class StallProduct:
    name: str
    delivery: str
    sku: str
    amounts: tuple[int, int, int]
    """In the currencies' smallest units."""

    @property
    def is_parcel(self) -> bool:
        return self.delivery == "shipment"


GOODS: Final = (
    StallProduct(name="Course: drawing trees", delivery="access", sku="course-trees", amounts=(4900, 5400, 7800)),
    StallProduct(name="Course: drawing rivers", delivery="access", sku="course-rivers", amounts=(3900, 4299, 6200)),
    StallProduct(name="Mug, blue", delivery="shipment", sku="mug-blue", amounts=(1450, 1599, 2300)),
    StallProduct(name="Poster, signed", delivery="shipment", sku="poster", amounts=(2995, 3295, 4700)),
    StallProduct(name="An hour with the painter", delivery="manual", sku="hour", amounts=(12000, 13200, 19000)),
)
SAMPLE: Final = StallProduct(name="Sample lesson", delivery="access", sku="sample", amounts=(0, 0, 0))


def stocked(sandbox: Sandbox) -> dict[tuple[str, str], Price]:
    """The prices by SKU and currency."""
    prices = {}
    for good in (*GOODS, SAMPLE):
        metadata = {"delivery": good.delivery, "sku": good.sku}
        product = sandbox.create_product({"name": good.name, "metadata": metadata})
        for currency, amount in zip(CURRENCIES, good.amounts, strict=True):
            price = {"product": product.id, "currency": currency, "unit_amount": amount}
            prices[good.sku, currency] = sandbox.create_price(price)
    return prices
