"""What the small shop sells, as Stripe and as the catalog know it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from interfaces.sandbox.sandbox import Sandbox

MUG_SKU, PRINT_SKU, KEY_POOL = "mug-blue", "print-signed", "studio"
MUGS_ON_HAND = 20
KEYS = tuple(f"STUDIO-{number:04d}-{number * 7919 % 100000:05d}" for number in range(1, 41))
COURSE_LINK = "https://shop.example.com/courses/trees"
CURRENCY = "eur"


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """A product with its one price, in cents."""

    slug: str
    name: str
    about: str
    unit_amount: int
    rule: str
    """Its lines in `catalog.toml`."""
    is_parcel: bool = False
    price_id: str = ""
    product_id: str = ""


_GOODS = (
    Good(
        slug="course",
        name="Online course: drawing trees",
        about="Open to you at once",
        unit_amount=4900,
        rule=f'delivery = "access"\nlink = "{COURSE_LINK}"',
    ),
    Good(
        slug="mug",
        name="Mug, blue",
        about="Sent as a parcel; there are a few",
        unit_amount=1450,
        rule=f'delivery = "shipment"\nsku = "{MUG_SKU}"\ntrack_stock = true',
        is_parcel=True,
    ),
    Good(
        slug="print",
        name="Signed print, the last ones",
        about="Sent as a parcel; when it is sold out, later buyers have to wait",
        unit_amount=8000,
        rule=f'delivery = "shipment"\nsku = "{PRINT_SKU}"\ntrack_stock = true',
        is_parcel=True,
    ),
    Good(
        slug="license",
        name="Studio software, license",
        about="A license key of your own",
        unit_amount=2900,
        rule=f'delivery = "license_key"\npool = "{KEY_POOL}"',
    ),
    Good(
        slug="consultation",
        name="Consultation, one hour",
        about="A person of the shop gets in touch with you",
        unit_amount=12000,
        rule='delivery = "manual"',
    ),
    Good(
        slug="sample",
        name="Sample lesson",
        about="For free",
        unit_amount=0,
        rule='delivery = "access"\nlink = "https://shop.example.com/courses/sample"',
    ),
)


def stocked(sandbox: Sandbox) -> dict[str, Good]:
    """The goods with the IDs that Stripe gave them, by slug."""
    goods = {}
    for good in _GOODS:
        product = sandbox.create_product({"name": good.name})
        price = sandbox.create_price({"product": product.id, "currency": CURRENCY, "unit_amount": good.unit_amount})
        goods[good.slug] = replace(good, price_id=price.id, product_id=product.id)
    return goods


def catalog_text(goods: Mapping[str, Good]) -> str:
    """The shop's `catalog.toml`."""
    return "\n\n".join(f"[products.{good.product_id}]\n{good.rule}" for good in goods.values()) + "\n"
