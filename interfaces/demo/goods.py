"""What the small shop sells, as Stripe and as the catalog know it."""

from dataclasses import dataclass

from interfaces.sandbox.sandbox import Sandbox

MUG_SKU, PRINT_SKU, KEY_POOL = "mug-blue", "print-signed", "studio"
KEYS = tuple(f"STUDIO-{number:04d}-{number * 7919 % 100000:05d}" for number in range(1, 41))


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """A product with its one price, in cents."""

    slug: str
    name: str
    unit_amount: int
    rule: str
    price_id: str = ""
    product_id: str = ""


_GOODS = (
    Good(
        slug="course",
        name="Online course: drawing trees",
        unit_amount=4900,
        rule='delivery = "access"\nlink = "https://shop.example.com/courses/trees"',
    ),
    Good(
        slug="mug",
        name="Mug, blue",
        unit_amount=1450,
        rule=f'delivery = "shipment"\nsku = "{MUG_SKU}"\ntrack_stock = true',
    ),
    Good(
        slug="print",
        name="Signed print, the last ones",
        unit_amount=8000,
        rule=f'delivery = "shipment"\nsku = "{PRINT_SKU}"\ntrack_stock = true',
    ),
    Good(
        slug="licence",
        name="Studio software, licence",
        unit_amount=2900,
        rule=f'delivery = "license_key"\npool = "{KEY_POOL}"',
    ),
    Good(
        slug="sample",
        name="Sample lesson",
        unit_amount=0,
        rule='delivery = "access"\nlink = "https://shop.example.com/courses/sample"',
    ),
)


def stocked(sandbox: Sandbox) -> dict[str, Good]:
    """The goods with the IDs that Stripe gave them, by slug."""
    goods = {}
    for good in _GOODS:
        product = sandbox.create_product({"name": good.name})
        price = sandbox.create_price({"product": product.id, "currency": "eur", "unit_amount": good.unit_amount})
        goods[good.slug] = Good(
            slug=good.slug,
            name=good.name,
            unit_amount=good.unit_amount,
            rule=good.rule,
            price_id=price.id,
            product_id=product.id,
        )
    return goods


def catalog_text(goods: dict[str, Good]) -> str:
    """The shop's `catalog.toml`."""
    return "\n\n".join(f"[products.{good.product_id}]\n{good.rule}" for good in goods.values()) + "\n"
