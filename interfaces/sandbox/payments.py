"""The fate of payments, and the events about it."""

from dataclasses import replace
from typing import Final

from interfaces.sandbox.model.disputes import changed_dispute, new_dispute
from interfaces.sandbox.model.intents import canceled, captured, new_intent, tried, with_method
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.payment_methods import method_named
from interfaces.sandbox.model.payment_values import Dispute, Outcome, PaymentIntent, PaymentMethod, Refund
from interfaces.sandbox.model.refunds import changed_refund, new_refund
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import Origin
from interfaces.sandbox.stripe_json.payment_shapes import PaymentShapes
from interfaces.sandbox.stripe_json.shapes import JsonObject
from interfaces.sandbox.webhooks.post_office import PostOffice

_CONFIRM_NAMES: Final = ("expand", "off_session", "payment_method", "payment_method_types", "return_url")
_DISPUTED: Final[tuple[Outcome, ...]] = ("is_disputed", "is_inquired")


class Payments:
    """Shares the state with the sandbox. Everything here is to be called while the sandbox is changing."""

    def __init__(self, state: State, post_office: PostOffice) -> None:
        self._state = state
        self._shapes = PaymentShapes(state)
        self._post_office = post_office

    def create(self, params: Params, making: Making, origin: Origin) -> PaymentIntent:
        """A payment intent, confirmed where the parameters ask for that."""
        intent, is_confirmed = new_intent(params, making), params.flag("confirm") is True
        method_id = params.required("payment_method") if is_confirmed else params.text("payment_method")
        if method_id is not None:
            intent = with_method(intent, method_named(method_id, making, param="payment_method"))
        self.keep(intent, origin)
        return self._try(intent, making, origin) if is_confirmed else intent

    def confirm(self, intent: PaymentIntent, params: Params, making: Making, origin: Origin) -> PaymentIntent:
        params.allow_only(_CONFIRM_NAMES)
        method_id = params.text("payment_method") or intent.method_id or params.required("payment_method")
        intent = with_method(intent, method_named(method_id, making, param="payment_method"))
        return self._try(intent, making, origin)

    def keep(self, intent: PaymentIntent, origin: Origin) -> None:
        """Store the payment intent and emit the events of its new status."""
        is_new = intent.id not in self._state.payment_intents
        self._state.payment_intents[intent.id] = intent
        if is_new:
            begun = replace(intent, status="requires_payment_method", is_declined=False)
            self._emit("payment_intent.created", self._shapes.intent(begun), origin)
        if intent.status == "succeeded":
            self._emit_try(intent, "charge.succeeded", "payment_intent.succeeded", origin)
        elif intent.status == "requires_capture":
            self._emit_try(intent, "charge.succeeded", "payment_intent.amount_capturable_updated", origin)
        elif intent.status == "processing":
            self._emit_try(intent, "charge.pending", "payment_intent.processing", origin)
        elif intent.is_declined:
            self._emit_try(intent, "charge.failed", "payment_intent.payment_failed", origin)

    def capture(self, intent: PaymentIntent, params: Params, origin: Origin) -> PaymentIntent:
        """The merchant takes what was authorized; its session is paid then, without an event of the session."""
        intent = captured(intent, params)
        self._state.payment_intents[intent.id] = intent
        if intent.session_id is not None:
            session = self._state.session(intent.session_id)
            self._state.sessions[session.id] = replace(session, payment_status="paid")
        self._emit_try(intent, "charge.captured", "payment_intent.succeeded", origin)
        return intent

    def cancel(self, intent: PaymentIntent, params: Params, making: Making, origin: Origin) -> PaymentIntent:
        """The merchant cancels it. Its session stays complete and unpaid."""
        intent = canceled(intent, params, making)
        self._state.payment_intents[intent.id] = intent
        self._emit("payment_intent.canceled", self._shapes.intent(intent), origin)
        return intent

    def follow_up(self, intent: PaymentIntent, method: PaymentMethod, making: Making) -> None:
        """What the customer's bank does by itself when this method was paid with."""
        if intent.status == "succeeded" and method.outcome in _DISPUTED:
            is_inquiry = method.outcome == "is_inquired"
            self.dispute(new_dispute(intent, making, is_inquiry=is_inquiry))

    def refund(self, params: Params, making: Making, origin: Origin) -> Refund:
        refund = new_refund(params, making)
        intent = self._state.payment_intent(refund.intent_id)
        before = self._shapes.charge(intent)
        self._state.refunds[refund.id] = refund
        self._emit("refund.created", self._shapes.refund(refund), origin)
        self._emit("charge.refunded", self._shapes.charge(intent), origin, before=before)
        return refund

    def change_refund(self, refund: Refund, params: Params, origin: Origin) -> Refund:
        changed = changed_refund(refund, params)
        before = self._shapes.refund(refund)
        self._state.refunds[refund.id] = changed
        for type in ("charge.refund.updated", "refund.updated"):
            self._emit(type, self._shapes.refund(changed), origin, before=before)
        return changed

    def dispute(self, dispute: Dispute) -> Dispute:
        """The bank has opened it."""
        self._state.disputes[dispute.id] = dispute
        self._emit("charge.dispute.created", self._shapes.dispute(dispute), Origin())
        if dispute.has_taken_money:
            self._emit("charge.dispute.funds_withdrawn", self._shapes.dispute(dispute), Origin())
        return dispute

    def change_dispute(self, dispute: Dispute, params: Params, origin: Origin) -> Dispute:
        return self.keep_dispute(changed_dispute(dispute, params), origin)

    def keep_dispute(self, dispute: Dispute, origin: Origin) -> Dispute:
        """Store a known dispute and emit the events of its changes."""
        known = self._state.disputes[dispute.id]
        before, shown = self._shapes.dispute(known), self._shapes.dispute(dispute)
        self._state.disputes[dispute.id] = dispute
        is_closed = known.is_open and not dispute.is_open
        if dispute.status == "won" and is_closed:
            self._emit("charge.dispute.funds_reinstated", shown, origin, before=before)
        self._emit(f"charge.dispute.{'closed' if is_closed else 'updated'}", shown, origin, before=before)
        return dispute

    def _try(self, intent: PaymentIntent, making: Making, origin: Origin) -> PaymentIntent:
        method = method_named(intent.method_id or "", making, param="payment_method")
        intent = tried(intent, method)
        self.keep(intent, origin)
        self.follow_up(intent, method, making)
        return intent

    def _emit_try(self, intent: PaymentIntent, charge_event: str, intent_event: str, origin: Origin) -> None:
        self._emit(charge_event, self._shapes.charge(intent), origin)
        self._emit(intent_event, self._shapes.intent(intent), origin)

    def _emit(self, type: str, shown: JsonObject, origin: Origin, *, before: JsonObject | None = None) -> None:
        previous = {name: before[name] for name in before if before[name] != shown[name]} if before else None
        self._post_office.emit(type, shown, origin, previous=previous)
