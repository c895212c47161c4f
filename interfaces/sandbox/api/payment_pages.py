"""The payment page behind a checkout session, through which `stripe trigger` pays without a browser."""

from dataclasses import replace

from interfaces.sandbox.api.call import ApiCall
from interfaces.sandbox.model.checkout import PaymentDetails
from interfaces.sandbox.model.errors import invalid_parameter
from interfaces.sandbox.model.payment_methods import method_named
from interfaces.sandbox.stripe_json.session_shapes import SessionShapes
from interfaces.sandbox.stripe_json.shapes import JsonObject


def show_page(call: ApiCall) -> JsonObject:
    with call.sandbox.reading() as state:
        session = state.session(call.names["id"])
        return {**SessionShapes(state).session(session), "object": "payment_page", "session_id": session.id}


def confirm_page(call: ApiCall) -> JsonObject:
    """Pay with this `payment_method`.

    Raises:
        StripeError: `expected_amount` is not the amount due, or the payment is refused.
    """
    identifier, expected = call.params.required("payment_method"), call.params.integer("expected_amount")
    with call.sandbox.changing() as making:
        session = making.state.session(call.names["id"])
        if expected not in (None, session.amount_total):
            message = f"The amount is {session.amount_total}, and not {expected} as expected."
            raise invalid_parameter("expected_amount", message)
        method = method_named(identifier, making, param="payment_method")
        ship_to = replace(method.customer, email=None, phone=None)
        call.sandbox.complete(
            session.id, PaymentDetails(by=method.by, customer=method.customer, ship_to=ship_to, method=method)
        )
    return show_page(call)
