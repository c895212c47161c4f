"""`shipment`: a parcel. The line waits until staff mark it as shipped (`fulfill ship`)."""

from domain.deliveries.line_delivery import LineDelivery
from domain.identifiers import SessionId
from domain.line import Line
from domain.streams import Streams


class Shipment(LineDelivery):
    def hand_over(self, session_id: SessionId, line: Line, do: Streams) -> None:
        """Do nothing: the work queue lists a pending line that has its stock as a parcel to pack."""


SHIPMENT = Shipment()
