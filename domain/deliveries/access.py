"""`access`: the customer may use something, often behind a link. Delivered as soon as it is paid and in stock."""

from domain.deliveries.line_delivery import LineDelivery
from domain.handing_over import deliver
from domain.identifiers import SessionId
from domain.line import Line
from domain.streams import Streams


class Access(LineDelivery):
    def hand_over(self, session_id: SessionId, line: Line, do: Streams) -> None:
        link = line.plan.settings.get("link")
        deliver(session_id, line.plan.id, do, link=str(link) if link else None)


ACCESS = Access()
