"""The built-in kinds of delivery, by their short names."""

from domain.deliveries.kind import DeliveryKind

ACCESS = DeliveryKind.ACCESS.value
SHIPMENT = DeliveryKind.SHIPMENT.value
LICENSE_KEY = DeliveryKind.LICENSE_KEY.value
HTTP = DeliveryKind.HTTP.value
MANUAL = DeliveryKind.MANUAL.value
