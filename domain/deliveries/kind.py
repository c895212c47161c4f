"""The kinds of delivery, and the way in which each hands a line over.

The built-in kinds are a closed set: whoever adds one is led by type errors to each place that must know it. Every other
name is a merchant's own kind, and all of those follow one path.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum, auto
from typing import assert_never


class DeliveryKind(StrEnum):
    """A built-in kind, by its name in the catalog."""

    ACCESS = "access"
    SHIPMENT = "shipment"
    LICENSE_KEY = "license_key"
    HTTP = "http"
    MANUAL = "manual"


class Way(Enum):
    """How a line is handed over once it waits for no stock."""

    AT_ONCE = auto()
    """It is delivered in the moment in which it stops waiting."""
    FROM_A_POOL = auto()
    """It gets keys from a pool, or waits for an import."""
    BY_CODE_OUTSIDE = auto()
    """An effect calls a service of the merchant's or code of an installed package."""
    IN_A_PARCEL = auto()
    """Staff pack it, and say that it was shipped."""
    BY_A_PERSON = auto()
    """Staff see to it, and say that it is complete."""

    @property
    def waits_for_others(self) -> bool:
        """Whether staff who pack or code outside have the line in hand, so that the customer can be told of it."""
        match self:
            case Way.IN_A_PARCEL | Way.BY_CODE_OUTSIDE:
                return True
            case Way.AT_ONCE | Way.FROM_A_POOL | Way.BY_A_PERSON:
                return False
            case _:
                assert_never(self)


def built_in(name: str) -> DeliveryKind | None:
    """The built-in kind of this name; None for a merchant's own."""
    return _BY_NAME.get(name)


def way_of(kind: DeliveryKind | None) -> Way:
    """`kind` is None for a merchant's own."""
    match kind:
        case DeliveryKind.ACCESS:
            return Way.AT_ONCE
        case DeliveryKind.LICENSE_KEY:
            return Way.FROM_A_POOL
        case DeliveryKind.HTTP | None:
            return Way.BY_CODE_OUTSIDE
        case DeliveryKind.SHIPMENT:
            return Way.IN_A_PARCEL
        case DeliveryKind.MANUAL:
            return Way.BY_A_PERSON
        case _:
            assert_never(kind)


BUILT_IN: frozenset[str] = frozenset(DeliveryKind)
_BY_NAME: Mapping[str, DeliveryKind] = {kind.value: kind for kind in DeliveryKind}
