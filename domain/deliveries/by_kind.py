"""The delivery of each kind."""

from typing import assert_never

from domain.deliveries.access import ACCESS
from domain.deliveries.http import HTTP
from domain.deliveries.kind import DeliveryKind
from domain.deliveries.license_key import LICENSE_KEY
from domain.deliveries.line_delivery import LineDelivery
from domain.deliveries.manual import MANUAL
from domain.deliveries.outside import OWN
from domain.deliveries.shipment import SHIPMENT


def delivery_of(kind: DeliveryKind | None) -> LineDelivery:
    """`kind` is None for a merchant's own."""
    match kind:
        case DeliveryKind.ACCESS:
            return ACCESS
        case DeliveryKind.SHIPMENT:
            return SHIPMENT
        case DeliveryKind.LICENSE_KEY:
            return LICENSE_KEY
        case DeliveryKind.HTTP:
            return HTTP
        case DeliveryKind.MANUAL:
            return MANUAL
        case None:
            return OWN
        case _:
            assert_never(kind)
