"""The closed sets that options choose from, as literals, and what a shell offers where any text is allowed.

Help and completion show literals. They are written out here, since the enums behind them load what no help should wait
for; tests compare both.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cyclopts.completion import CompletionContext

    from domain.plan import Rule

Task = Literal[
    "parcel_to_pack",
    "manual_line",
    "backordered_line",
    "given_up_line",
    "awaited_keys",
    "mail_failed",
    "mail_without_address",
    "retrieval_failed",
    "failing_effect",
    "stripe_key_refused",
    "payment_overdue",
    "payment_to_capture",
    "contradicted",
    "parked_session",
    "paid_twice",
    "failed_stripe_event",
    "parked_event",
    "incomplete_view",
    "waiting_effect",
    "low_stock",
    "low_keys",
]
RetriedTask = Literal[
    "given_up_line",
    "mail_failed",
    "retrieval_failed",
    "failing_effect",
    "stripe_key_refused",
    "payment_overdue",
    "parked_session",
    "failed_stripe_event",
    "parked_event",
]
MailName = Literal[
    "receipt",
    "payment_pending",
    "payment_failed",
    "shipped",
    "backordered",
    "delivered",
    "keys_replaced",
    "canceled",
]
ScenarioName = Literal["quiet-day", "black-friday", "stormy-day", "bad-day-at-stripe"]

_CARRIERS = ("DHL", "DPD", "FedEx", "GLS", "Hermes", "La Poste", "PostNL", "Royal Mail", "UPS", "USPS")
_REASONS = ("customer asked", "typing error", "returned to sender", "lost in the post", "ordered twice", "test order")


def one_of(choices: Iterable[object]) -> str:
    """What a value must be, as every error of a choice says it."""
    return f"must be one of {', '.join(map(str, choices))}"


def skus(_context: "CompletionContext") -> Sequence[str]:
    """The SKUs of the catalog."""
    return sorted({each.sku for each in _rules() if each.sku})


def pools(_context: "CompletionContext") -> Sequence[str]:
    """The key pools of the catalog."""
    return sorted({str(each.settings["pool"]) for each in _rules() if "pool" in each.settings})


def carriers(_context: "CompletionContext") -> Sequence[str]:
    """Common carriers. Any other name is taken as well."""
    return _CARRIERS


def reasons(context: "CompletionContext") -> Sequence[str]:
    """The reason that the command records by default, and others that are common. Any other text is taken as well."""
    default = context.argument.field_info.default
    return list(dict.fromkeys([*([default] if isinstance(default, str) else []), *_REASONS]))


def currencies(_context: "CompletionContext") -> Sequence[str]:
    """The codes of all currencies, as Stripe spells them."""
    from infrastructure.customer_texts.formatting import currencies

    return sorted(code.lower() for code in currencies())


def views(_context: "CompletionContext") -> Sequence[str]:
    """The names of all views, those of the merchant's own included."""
    from interfaces.cli.usage import SettingsSource
    from interfaces.databases import projections

    return sorted(each.name for each in projections(SettingsSource().time_zone()))


def _rules() -> Iterator["Rule"]:
    """The rules of the catalog that the settings name."""
    from interfaces.cli.usage import SettingsSource
    from interfaces.databases import catalog_of

    catalog = catalog_of(SettingsSource().catalog())
    yield from catalog.prices.values()
    yield from catalog.products.values()
