"""Money that goes back: refunds and disputes."""

from interfaces.sandbox.api.call import ApiCall
from interfaces.sandbox.api.paging import PAGING, created_within, newest_first, page_json
from interfaces.sandbox.model.disputes import closed_dispute
from interfaces.sandbox.model.payment_values import Dispute, Refund
from interfaces.sandbox.model.state import State
from interfaces.sandbox.stripe_json.payment_shapes import REVERSAL_EXPANDS, PaymentShapes
from interfaces.sandbox.stripe_json.shapes import JsonObject


def create_refund(call: ApiCall) -> JsonObject:
    expand = call.expand(REVERSAL_EXPANDS)
    with call.sandbox.changing() as making:
        refund = call.sandbox.payments.refund(call.params, making, call.origin)
        return PaymentShapes(making.state).refund(refund, expand)


def retrieve_refund(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand",))
    with call.sandbox.reading() as state:
        return PaymentShapes(state).refund(state.refund(call.names["id"]), call.expand(REVERSAL_EXPANDS))


def update_refund(call: ApiCall) -> JsonObject:
    expand = call.expand(REVERSAL_EXPANDS)
    with call.sandbox.changing() as making:
        refund = making.state.refund(call.names["id"])
        refund = call.sandbox.payments.change_refund(refund, call.params, call.origin)
        return PaymentShapes(making.state).refund(refund, expand)


def list_refunds(call: ApiCall) -> JsonObject:
    call.params.allow_only((*PAGING, "charge", "created", "payment_intent"))
    expand, is_within = call.expand(REVERSAL_EXPANDS, is_list=True), created_within(call.params)
    with call.sandbox.reading() as state:
        shapes = PaymentShapes(state)
        refunds = newest_first(state.refunds.values())
        found = [refund for refund in refunds if is_within(refund) and _is_wanted(refund, state, call)]
        return page_json(call, "/v1/refunds", found, lambda refund: shapes.refund(refund, expand))


def retrieve_dispute(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand",))
    with call.sandbox.reading() as state:
        return PaymentShapes(state).dispute(state.dispute(call.names["id"]), call.expand(REVERSAL_EXPANDS))


def update_dispute(call: ApiCall) -> JsonObject:
    expand = call.expand(REVERSAL_EXPANDS)
    with call.sandbox.changing() as making:
        dispute = making.state.dispute(call.names["id"])
        dispute = call.sandbox.payments.change_dispute(dispute, call.params, call.origin)
        return PaymentShapes(making.state).dispute(dispute, expand)


def close_dispute(call: ApiCall) -> JsonObject:
    """The merchant gives in."""
    call.params.allow_only(("expand",))
    expand = call.expand(REVERSAL_EXPANDS)
    with call.sandbox.changing() as making:
        closed = closed_dispute(making.state.dispute(call.names["id"]))
        closed = call.sandbox.payments.keep_dispute(closed, call.origin)
        return PaymentShapes(making.state).dispute(closed, expand)


def list_disputes(call: ApiCall) -> JsonObject:
    call.params.allow_only((*PAGING, "charge", "created", "payment_intent"))
    expand, is_within = call.expand(REVERSAL_EXPANDS, is_list=True), created_within(call.params)
    with call.sandbox.reading() as state:
        shapes = PaymentShapes(state)
        disputes = newest_first(state.disputes.values())
        found = [dispute for dispute in disputes if is_within(dispute) and _is_wanted(dispute, state, call)]
        return page_json(call, "/v1/disputes", found, lambda dispute: shapes.dispute(dispute, expand))


def _is_wanted(reversal: Refund | Dispute, state: State, call: ApiCall) -> bool:
    intent = state.payment_intent(reversal.intent_id)
    charge_id, intent_id = call.params.text("charge"), call.params.text("payment_intent")
    return charge_id in (None, intent.charge_id) and intent_id in (None, intent.id)
