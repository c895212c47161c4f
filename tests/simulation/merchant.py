"""Payments that end without an event of their session: captured or canceled by the merchant, or with lost events."""

from typing import TYPE_CHECKING, Literal

from interfaces.sandbox.model.intents import intent_of_charge
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import Event

if TYPE_CHECKING:
    from simulation.world import World

Later = Literal["captured", "canceled"]
_WAITS_SECONDS_MAX = 30 * 3600.0
_ENDS = ("async_payment_", "payment_intent.", "charge.captured")
"""Parts of the types of those events that show how a payment ends."""


def session_of_event(event: Event, state: State) -> str | None:
    """Return the session that the event is about, or that its payment belongs to."""
    if event.object_id in state.sessions:
        return event.object_id
    intent = state.payment_intents.get(event.object_id) or intent_of_charge(state, event.object_id)
    return intent.session_id if intent else None


def is_lost_for_good(event_id: str, world: "World") -> bool:
    """True if no webhook delivery of the event ever arrives, however often Stripe sends it."""
    with world.sandbox.reading() as state:
        event = state.event(event_id)
        shows_the_end = any(end in event.type for end in _ENDS)
        return shows_the_end and session_of_event(event, state) in world.silent


def end_authorization(world: "World", session_id: str) -> None:
    """The merchant captures or cancels an authorized payment."""
    payment = world.sandbox.session(session_id).payment_intent_id or ""
    end = world.sandbox.capture if world.later[session_id] == "captured" else world.sandbox.cancel
    end(payment)
    world.say(f"the payment of {world.customer_of(session_id)} is {world.later[session_id]}")


def end_authorizations(world: "World") -> None:
    """Days later, the merchant captures or cancels every authorized payment."""
    for session_id in list(world.later):
        if world.sandbox.books.of(session_id).is_authorized:
            place = f"{world.customer_of(session_id)} waits for the merchant"
            world.scheduler.sleep(world.chance.amount(place, 0.0, _WAITS_SECONDS_MAX))
            end_authorization(world, session_id)
