"""Payment methods, payment intents and charges."""

from interfaces.sandbox.api.call import ApiCall
from interfaces.sandbox.api.paging import PAGING, created_within, newest_first, page_json
from interfaces.sandbox.model.errors import declined_card, missing_resource
from interfaces.sandbox.model.intents import intent_of_charge
from interfaces.sandbox.model.payment_methods import new_payment_method
from interfaces.sandbox.model.payment_values import PaymentIntent
from interfaces.sandbox.stripe_json.payment_shapes import INTENT_EXPANDS, PaymentShapes, payment_method_json
from interfaces.sandbox.stripe_json.shapes import JsonObject

_CHARGE_EXPANDS = ("payment_intent",)


def create_payment_method(call: ApiCall) -> JsonObject:
    with call.sandbox.changing() as making:
        return payment_method_json(new_payment_method(call.params, making))


def retrieve_payment_method(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand",))
    with call.sandbox.reading() as state:
        return payment_method_json(state.payment_method(call.names["id"]))


def create_payment_intent(call: ApiCall) -> JsonObject:
    call.expand(INTENT_EXPANDS)
    with call.sandbox.changing() as making:
        intent = call.sandbox.payments.create(call.params, making, call.origin)
    return _answer(call, intent)


def confirm_payment_intent(call: ApiCall) -> JsonObject:
    call.expand(INTENT_EXPANDS)
    with call.sandbox.changing() as making:
        intent = making.state.payment_intent(call.names["id"])
        intent = call.sandbox.payments.confirm(intent, call.params, making, call.origin)
    return _answer(call, intent)


def capture_payment_intent(call: ApiCall) -> JsonObject:
    call.expand(INTENT_EXPANDS)
    with call.sandbox.changing() as making:
        intent = making.state.payment_intent(call.names["id"])
        intent = call.sandbox.payments.capture(intent, call.params, call.origin)
    return _answer(call, intent)


def cancel_payment_intent(call: ApiCall) -> JsonObject:
    call.expand(INTENT_EXPANDS)
    with call.sandbox.changing() as making:
        intent = making.state.payment_intent(call.names["id"])
        intent = call.sandbox.payments.cancel(intent, call.params, making, call.origin)
    return _answer(call, intent)


def retrieve_payment_intent(call: ApiCall) -> JsonObject:
    call.params.allow_only(("client_secret", "expand"))
    expand = call.expand(INTENT_EXPANDS)
    with call.sandbox.reading() as state:
        return PaymentShapes(state).intent(state.payment_intent(call.names["id"]), expand)


def list_payment_intents(call: ApiCall) -> JsonObject:
    call.params.allow_only((*PAGING, "created", "customer"))
    expand = call.expand(INTENT_EXPANDS, is_list=True)
    is_within = created_within(call.params)
    with call.sandbox.reading() as state:
        shapes = PaymentShapes(state)
        found = [intent for intent in newest_first(state.payment_intents.values()) if is_within(intent)]
        return page_json(call, "/v1/payment_intents", found, lambda intent: shapes.intent(intent, expand))


def retrieve_charge(call: ApiCall) -> JsonObject:
    """Return the charge of a payment intent.

    Raises:
        StripeError: there is no such charge.
    """
    call.params.allow_only(("expand",))
    expand, identifier = call.expand(_CHARGE_EXPANDS), call.names["id"]
    with call.sandbox.reading() as state:
        intent = intent_of_charge(state, identifier)
        if intent is None:
            raise missing_resource("charge", identifier)
        return PaymentShapes(state).charge(intent, expand)


def list_charges(call: ApiCall) -> JsonObject:
    call.params.allow_only((*PAGING, "created", "payment_intent"))
    expand, chosen = call.expand(_CHARGE_EXPANDS, is_list=True), call.params.text("payment_intent")
    is_within = created_within(call.params)
    with call.sandbox.reading() as state:
        shapes = PaymentShapes(state)
        found = [
            _Charge(intent)
            for intent in newest_first(state.payment_intents.values())
            if intent.charge_id is not None and chosen in (None, intent.id) and is_within(intent)
        ]
        return page_json(call, "/v1/charges", found, lambda charge: shapes.charge(charge.intent, expand))


class _Charge:
    """A payment intent under the ID of its charge, by which charges are paged."""

    def __init__(self, intent: PaymentIntent) -> None:
        self.intent = intent
        self.id = intent.charge_id or ""


def _answer(call: ApiCall, intent: PaymentIntent) -> JsonObject:
    """Raises StripeError when the card was declined, which stays so."""
    if intent.is_declined:
        raise declined_card()
    with call.sandbox.reading() as state:
        return PaymentShapes(state).intent(intent, call.expand(INTENT_EXPANDS))
