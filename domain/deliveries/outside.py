"""Deliveries by code outside, carried out by an effect with retries. All kinds of the merchant's own are such."""

from typing import TypeAlias, assert_never

from domain.deliveries.line_delivery import LineDelivery
from domain.effect import Effect
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, fulfillment_id
from domain.line import Line, LineState
from domain.personal import Personal
from domain.reason import Reason
from domain.step import DeliverStep, effect_id
from domain.streams import Streams

DeliveryOutcome: TypeAlias = Effect.Succeeded | Effect.GivenUp | Effect.RetryRequested | Effect.Withdrawn


class Outside(LineDelivery):
    def hand_over(self, session_id: SessionId, line: Line, do: Streams) -> None:
        step, plan = DeliverStep.of(line), line.plan
        effect = do.command(Effect, effect_id(session_id, step), Effect.request, plan.delivery, step, line=plan)
        if effect.given_up is not None:  # it was given up while the line waited for stock
            id = fulfillment_id(session_id)
            do.command(Fulfillment, id, Fulfillment.block, plan.id, LineState.GIVEN_UP, effect.given_up)

    def take_over(self, session_id: SessionId, line: Line, why: Reason, do: Streams) -> tuple[Personal, ...]:
        """A delivery that has not been tried yet is left to the engine.

        Raises:
            Refused: an attempt has no outcome yet, or it has just succeeded.
        """
        id = effect_id(session_id, DeliverStep.of(line))
        is_pending = line.state is LineState.PENDING
        if is_pending and do.load(Effect, id).attempt == 0:
            return ()
        do.command(Effect, id, Effect.take_over, why)
        if is_pending:
            block = Fulfillment.block
            do.command(Fulfillment, fulfillment_id(session_id), block, line.plan.id, LineState.MANUAL, why)
        return ()

    def cancel(self, session_id: SessionId, line: Line, why: Reason, do: Streams) -> None:
        do.command(Effect, effect_id(session_id, DeliverStep.of(line)), Effect.take_over, why)

    def redirect(self, session_id: SessionId, line: Line, why: Reason, do: Streams) -> None:
        """Request it again: a worker that is about to claim it meets a conflict, and then reads the new contact."""
        effect = do.load(Effect, effect_id(session_id, DeliverStep.of(line)))
        requested, step = effect.requested, DeliverStep.of(line)
        if effect.is_open and requested is not None:
            do.command(Effect, effect.id, Effect.take_over, why)
            do.command(Effect, effect.id, Effect.request, requested.kind, step, line=requested.line)

    def retry(self, session_id: SessionId, line: Line, do: Streams) -> None:
        do.command(Effect, effect_id(session_id, DeliverStep.of(line)), Effect.request_retry)


OWN = Outside()


def follow_delivery(event: DeliveryOutcome, do: Streams) -> None:
    """Record the outcome of a delivery at its line, unless the line has been replanned."""
    requested = do.load(Effect, event.originator_id).requested
    id = fulfillment_id(event.session)
    if requested is None or requested.line is None:
        return
    line = do.load(Fulfillment, id).lines.get(requested.line.id)
    if line is None or not requested.is_for(line):
        return
    match event:
        case Effect.Succeeded():
            do.command(Fulfillment, id, Fulfillment.deliver, line.plan.id, note=event.note)
        case Effect.GivenUp():
            do.command(Fulfillment, id, Fulfillment.block, line.plan.id, LineState.GIVEN_UP, event.error)
        case Effect.RetryRequested():
            do.command(Fulfillment, id, Fulfillment.resume, line.plan.id)
        case Effect.Withdrawn():
            if line.is_to_hand_over:  # the stock was promised again during the withdrawal
                OWN.hand_over(event.session, line, do)
        case _:
            assert_never(event)
