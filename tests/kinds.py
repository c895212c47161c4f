"""The built-in kinds of delivery, by their short names."""

from domain.deliveries.kind import DeliveryKind

ACCESS = DeliveryKind.ACCESS
SHIPMENT = DeliveryKind.SHIPMENT
LICENSE_KEY = DeliveryKind.LICENSE_KEY
HTTP = DeliveryKind.HTTP
MANUAL = DeliveryKind.MANUAL
