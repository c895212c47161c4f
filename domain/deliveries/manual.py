"""`manual`: a person delivers it, and then marks it as delivered (`fulfill complete`)."""

from domain import reasons
from domain.deliveries.line_delivery import LineDelivery
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, fulfillment_id
from domain.line import Line, LineState
from domain.streams import Streams


class Manual(LineDelivery):
    def hand_over(self, session_id: SessionId, line: Line, do: Streams) -> None:
        detail = line.plan.remark or reasons.manual_by_rule()
        id = fulfillment_id(session_id)
        do.command(Fulfillment, id, Fulfillment.block, line.plan.id, LineState.MANUAL, detail)


MANUAL = Manual()
