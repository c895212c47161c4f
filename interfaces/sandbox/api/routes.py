"""Which request is answered by what."""

from starlette.routing import BaseRoute, Route

from interfaces.sandbox.api import catalog, checkout, discounts, listening, payment_pages, payments, reversals, webhooks
from interfaces.sandbox.api.answer import Answering, unrecognized
from interfaces.sandbox.api.call import Handler
from interfaces.sandbox.sandbox import Sandbox

_PATHS: dict[str, dict[str, Handler]] = {
    "/v1/products": {"GET": catalog.list_products, "POST": catalog.create_product},
    "/v1/products/{id}": {
        "GET": catalog.retrieve_product,
        "POST": catalog.update_product,
        "DELETE": catalog.delete_product,
    },
    "/v1/prices": {"GET": catalog.list_prices, "POST": catalog.create_price},
    "/v1/prices/{id}": {"GET": catalog.retrieve_price, "POST": catalog.update_price},
    "/v1/coupons": {"GET": discounts.list_coupons, "POST": discounts.create_coupon},
    "/v1/coupons/{id}": {"GET": discounts.retrieve_coupon},
    "/v1/promotion_codes": {"GET": discounts.list_promotion_codes, "POST": discounts.create_promotion_code},
    "/v1/promotion_codes/{id}": {
        "GET": discounts.retrieve_promotion_code,
        "POST": discounts.update_promotion_code,
    },
    "/v1/checkout/sessions": {"GET": checkout.list_sessions, "POST": checkout.create_session},
    "/v1/checkout/sessions/{id}": {"GET": checkout.retrieve_session, "POST": checkout.update_session},
    "/v1/checkout/sessions/{id}/expire": {"POST": checkout.expire_session},
    "/v1/checkout/sessions/{id}/line_items": {"GET": checkout.list_session_line_items},
    "/v1/payment_links": {"GET": checkout.list_payment_links, "POST": checkout.create_payment_link},
    "/v1/payment_links/{id}": {"GET": checkout.retrieve_payment_link, "POST": checkout.update_payment_link},
    "/v1/payment_links/{id}/line_items": {"GET": checkout.list_payment_link_line_items},
    "/v1/payment_methods": {"POST": payments.create_payment_method},
    "/v1/payment_methods/{id}": {"GET": payments.retrieve_payment_method},
    "/v1/payment_intents": {"GET": payments.list_payment_intents, "POST": payments.create_payment_intent},
    "/v1/payment_intents/{id}": {"GET": payments.retrieve_payment_intent},
    "/v1/payment_intents/{id}/confirm": {"POST": payments.confirm_payment_intent},
    "/v1/payment_intents/{id}/capture": {"POST": payments.capture_payment_intent},
    "/v1/payment_intents/{id}/cancel": {"POST": payments.cancel_payment_intent},
    "/v1/payment_pages/{id}": {"GET": payment_pages.show_page},
    "/v1/payment_pages/{id}/init": {"POST": payment_pages.show_page},
    "/v1/payment_pages/{id}/confirm": {"POST": payment_pages.confirm_page},
    "/v1/charges": {"GET": payments.list_charges},
    "/v1/charges/{id}": {"GET": payments.retrieve_charge},
    "/v1/refunds": {"GET": reversals.list_refunds, "POST": reversals.create_refund},
    "/v1/refunds/{id}": {"GET": reversals.retrieve_refund, "POST": reversals.update_refund},
    "/v1/disputes": {"GET": reversals.list_disputes},
    "/v1/disputes/{id}": {"GET": reversals.retrieve_dispute, "POST": reversals.update_dispute},
    "/v1/disputes/{id}/close": {"POST": reversals.close_dispute},
    "/v1/stripecli/sessions": {"POST": listening.open_listening},
    "/v1/events": {"GET": webhooks.list_events},
    "/v1/events/{id}": {"GET": webhooks.retrieve_event},
    "/v1/events/{id}/retry": {"POST": webhooks.retry_event},
    "/v2/core/events/{id}": {"GET": webhooks.retrieve_thin_event},
    "/v1/webhook_endpoints": {"GET": webhooks.list_endpoints, "POST": webhooks.create_endpoint},
    "/v1/webhook_endpoints/{id}": {
        "GET": webhooks.retrieve_endpoint,
        "POST": webhooks.update_endpoint,
        "DELETE": webhooks.delete_endpoint,
    },
}


def api_routes(sandbox: Sandbox) -> list[BaseRoute]:
    answering = Answering(sandbox)
    routes = [Route(path, answering.route(handlers), methods=list(handlers)) for path, handlers in _PATHS.items()]
    anything = dict.fromkeys(("GET", "POST", "DELETE", "PUT", "PATCH"), unrecognized)
    rest = Route("/v1/{rest:path}", answering.route(anything), methods=list(anything))
    return [*routes, rest, listening.listening_route(sandbox)]
