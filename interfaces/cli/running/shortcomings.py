"""What a shop in live mode lacks: `serve` and `worker` warn of it at the start, and `fulfill queue` each time."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.catalog import Catalog
    from infrastructure.settings import LiveShop


def shortcomings(shop: "LiveShop", catalog: "Catalog | None") -> Iterator[str]:
    """Yield a sentence for each. `catalog` is None if it can't be read, which is reported elsewhere."""
    if shop.mails_reach_no_one:
        yield "Live mode without SMTP_URL: customers get no mails. Set SMTP_URL and MAIL_FROM."
    if not shop.is_named:
        yield (
            "Live mode without a shop name: mails and the landing page show the domain of your shop at most. Set "
            "FULFILL_SHOP_NAME to the name that customers know."
        )
    if catalog is not None and catalog.is_empty:
        path = shop.catalog.absolute()
        yield (
            f"Live mode without a catalog: {path} {'has no rules' if path.exists() else 'does not exist'}, so every "
            "product without `delivery` in its metadata at Stripe waits for a person. Write the file, or set "
            "FULFILL_CATALOG."
        )
