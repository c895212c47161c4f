"""Events and webhook endpoints."""

from typing import Final

from interfaces.sandbox.api.call import ApiCall
from interfaces.sandbox.api.paging import PAGING, created_within, newest_first, page_json
from interfaces.sandbox.model.errors import invalid_parameter
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import Event
from interfaces.sandbox.stripe_json.events import event_json, thin_event_json
from interfaces.sandbox.stripe_json.shapes import JsonObject, endpoint_json
from interfaces.sandbox.webhooks.endpoints import changed_endpoint, new_endpoint

_TYPES_MAX: Final = 20
_LISTED_SECONDS: Final = 30 * 24 * 3600


def retrieve_event(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand",))
    with call.sandbox.reading() as state:
        return _event_json(state.event(call.names["id"]), state)


def retrieve_thin_event(call: ApiCall) -> JsonObject:
    with call.sandbox.reading() as state:
        return thin_event_json(state.event(call.names["id"]))


def list_events(call: ApiCall) -> JsonObject:
    """Like Stripe, only the events of the last 30 days."""
    call.params.allow_only((*PAGING, "created", "delivery_success", "type", "types"))
    is_within, oldest = created_within(call.params), call.sandbox.clock.now() - _LISTED_SECONDS
    types = _types(call)
    is_delivered = call.params.flag("delivery_success")
    with call.sandbox.reading() as state:
        found = [
            event
            for event in newest_first(state.events.values())
            if event.created >= oldest
            and is_within(event)
            and (not types or any(_is_type(event.type, asked) for asked in types))
            and is_delivered in (None, state.pending_webhooks(event) == 0)
        ]
        return page_json(call, "/v1/events", found, lambda event: _event_json(event, state))


def retry_event(call: ApiCall) -> JsonObject:
    """Sends the event again: to the listeners if `stripe events resend` asks for it, otherwise to the endpoints."""
    call.params.allow_only(("account", "expand", "for_stripecli", "webhook_endpoint"))
    if call.params.flag("for_stripecli"):
        call.sandbox.post_office.listeners.announce(call.sandbox.event(call.names["id"]).id)
    else:
        call.sandbox.resend(call.names["id"], endpoint_id=call.params.text("webhook_endpoint"))
    with call.sandbox.reading() as state:
        return _event_json(state.event(call.names["id"]), state)


def create_endpoint(call: ApiCall) -> JsonObject:
    with call.sandbox.changing() as making:
        endpoint = new_endpoint(call.params, making)
        making.state.endpoints[endpoint.id] = endpoint
    return endpoint_json(endpoint, secret=endpoint.secrets[-1].value)


def retrieve_endpoint(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand",))
    with call.sandbox.reading() as state:
        return endpoint_json(state.endpoint(call.names["id"]), secret=None)


def update_endpoint(call: ApiCall) -> JsonObject:
    with call.sandbox.changing() as making:
        endpoint = changed_endpoint(making.state.endpoint(call.names["id"]), call.params)
        making.state.endpoints[endpoint.id] = endpoint
    return endpoint_json(endpoint, secret=None)


def delete_endpoint(call: ApiCall) -> JsonObject:
    with call.sandbox.changing() as making:
        endpoint = making.state.endpoint(call.names["id"])
        del making.state.endpoints[endpoint.id]
    return {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}


def list_endpoints(call: ApiCall) -> JsonObject:
    call.params.allow_only(PAGING)
    with call.sandbox.reading() as state:
        found = newest_first(state.endpoints.values())
    return page_json(call, "/v1/webhook_endpoints", found, lambda kept: endpoint_json(kept, secret=None))


def _event_json(event: Event, state: State) -> JsonObject:
    return event_json(event, pending_webhooks=state.pending_webhooks(event))


def _types(call: ApiCall) -> tuple[str, ...]:
    types = call.params.texts("types")
    if len(types) > _TYPES_MAX:
        raise invalid_parameter("types", f"You can filter by up to {_TYPES_MAX} types.")
    return types or call.params.texts("type")


def _is_type(type: str, asked: str) -> bool:
    """`checkout.session.*` asks for every type that starts so."""
    return type.startswith(asked[:-1]) if asked.endswith("*") else type == asked
