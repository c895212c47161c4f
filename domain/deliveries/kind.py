"""The kinds of delivery, by their names.

The built-in kinds are a closed set: a new one fails type checking in every place that must handle it. Every other name
is a kind of the merchant's own, and all of those share one implementation.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import assert_never


class DeliveryKind(StrEnum):
    """A built-in kind, by its name in the catalog."""

    ACCESS = "access"
    SHIPMENT = "shipment"
    LICENSE_KEY = "license_key"
    HTTP = "http"
    MANUAL = "manual"


def built_in(name: str) -> DeliveryKind | None:
    """The built-in kind of this name; None for a merchant's own."""
    return _BY_NAME.get(name)


def is_with_others(kind: DeliveryKind | None) -> bool:
    """True if staff who pack, or a service outside, handle a line that waits for no stock, so the customer can be
    notified. `kind` is None for a merchant's own."""
    match kind:
        case DeliveryKind.SHIPMENT | DeliveryKind.HTTP | None:
            return True
        case DeliveryKind.ACCESS | DeliveryKind.LICENSE_KEY | DeliveryKind.MANUAL:
            return False
        case _:
            assert_never(kind)


def is_parcel(kind: DeliveryKind | None) -> bool:
    """True if staff pack and ship the line. `kind` is None for a merchant's own."""
    match kind:
        case DeliveryKind.SHIPMENT:
            return True
        case DeliveryKind.ACCESS | DeliveryKind.LICENSE_KEY | DeliveryKind.HTTP | DeliveryKind.MANUAL | None:
            return False
        case _:
            assert_never(kind)


def draws_keys(kind: DeliveryKind | None) -> bool:
    """True if the line gets license keys from a pool. `kind` is None for a merchant's own."""
    match kind:
        case DeliveryKind.LICENSE_KEY:
            return True
        case DeliveryKind.ACCESS | DeliveryKind.SHIPMENT | DeliveryKind.HTTP | DeliveryKind.MANUAL | None:
            return False
        case _:
            assert_never(kind)


BUILT_IN: frozenset[str] = frozenset(DeliveryKind)
_BY_NAME: Mapping[str, DeliveryKind] = {kind.value: kind for kind in DeliveryKind}
