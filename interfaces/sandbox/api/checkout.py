"""Checkout sessions and payment links."""

from dataclasses import replace
from typing import Final

from interfaces.sandbox.api.call import ApiCall
from interfaces.sandbox.api.paging import PAGING, created_within, newest_first, page_json
from interfaces.sandbox.model.links import changed_payment_link, new_payment_link
from interfaces.sandbox.model.sessions import new_session
from interfaces.sandbox.model.values import Session
from interfaces.sandbox.stripe_json.session_shapes import ITEM_EXPANDS, LINK_EXPANDS, SESSION_EXPANDS, SessionShapes
from interfaces.sandbox.stripe_json.shapes import JsonObject

_STATUSES: Final = ("open", "complete", "expired")


def create_session(call: ApiCall) -> JsonObject:
    expand = call.expand(SESSION_EXPANDS)
    with call.sandbox.changing(call.base_url) as making:
        session = call.sandbox.keep_session(new_session(call.params, making))
        return SessionShapes(making.state).session(session, expand)


def retrieve_session(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand",))
    expand = call.expand(SESSION_EXPANDS)
    with call.sandbox.reading() as state:
        return SessionShapes(state).session(state.session(call.names["id"]), expand)


def update_session(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand", "metadata"))
    expand = call.expand(SESSION_EXPANDS)
    with call.sandbox.changing() as making:
        session = making.state.session(call.names["id"])
        wishes = replace(session.wishes, metadata=call.params.merged("metadata", session.wishes.metadata))
        session = call.sandbox.keep_session(replace(session, wishes=wishes))
        return SessionShapes(making.state).session(session, expand)


def expire_session(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand",))
    expand = call.expand(SESSION_EXPANDS)
    session = call.sandbox.expire(call.names["id"], call.origin)
    with call.sandbox.reading() as state:
        return SessionShapes(state).session(session, expand)


def list_sessions(call: ApiCall) -> JsonObject:
    filters = ("created", "customer", "customer_details", "payment_intent", "payment_link", "status")
    call.params.allow_only((*PAGING, *filters, "subscription"))
    expand = call.expand(SESSION_EXPANDS, is_list=True)
    is_within = created_within(call.params)
    with call.sandbox.reading() as state:
        shapes = SessionShapes(state)
        sessions = newest_first(state.sessions.values())
        found = [session for session in sessions if is_within(session) and _is_wanted(session, call)]
        return page_json(call, "/v1/checkout/sessions", found, lambda item: shapes.session(item, expand))


def list_session_line_items(call: ApiCall) -> JsonObject:
    call.params.allow_only(PAGING)
    expand = call.expand(ITEM_EXPANDS, is_list=True)
    with call.sandbox.reading() as state:
        session, shapes = state.session(call.names["id"]), SessionShapes(state)
        url = f"/v1/checkout/sessions/{session.id}/line_items"
        return page_json(call, url, session.line_items, lambda item: shapes.item(item, session, expand))


def create_payment_link(call: ApiCall) -> JsonObject:
    expand = call.expand(LINK_EXPANDS)
    with call.sandbox.changing(call.base_url) as making:
        link = new_payment_link(call.params, making)
        making.state.payment_links[link.id] = link
        return SessionShapes(making.state).link(link, expand)


def retrieve_payment_link(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand",))
    expand = call.expand(LINK_EXPANDS)
    with call.sandbox.reading() as state:
        return SessionShapes(state).link(state.payment_link(call.names["id"]), expand)


def update_payment_link(call: ApiCall) -> JsonObject:
    expand = call.expand(LINK_EXPANDS)
    with call.sandbox.changing() as making:
        link = changed_payment_link(making.state.payment_link(call.names["id"]), call.params)
        making.state.payment_links[link.id] = link
        return SessionShapes(making.state).link(link, expand)


def list_payment_links(call: ApiCall) -> JsonObject:
    call.params.allow_only((*PAGING, "active"))
    expand = call.expand(LINK_EXPANDS, is_list=True)
    is_active = call.params.flag("active")
    with call.sandbox.reading() as state:
        shapes = SessionShapes(state)
        links = newest_first(state.payment_links.values())
        found = [link for link in links if is_active in (None, link.active)]
        return page_json(call, "/v1/payment_links", found, lambda link: shapes.link(link, expand))


def list_payment_link_line_items(call: ApiCall) -> JsonObject:
    call.params.allow_only(PAGING)
    expand = call.expand(ITEM_EXPANDS, is_list=True)
    with call.sandbox.reading() as state:
        link, shapes = state.payment_link(call.names["id"]), SessionShapes(state)
        url = f"/v1/payment_links/{link.id}/line_items"
        return page_json(call, url, link.line_items, lambda item: shapes.item(item, link, expand))


def _is_wanted(session: Session, call: ApiCall) -> bool:
    params = call.params
    email = params.child("customer_details").text("email")
    known = session.customer.email if session.customer else session.customer_email
    return (
        params.text("payment_intent") in (None, session.payment_intent_id)
        and params.text("payment_link") in (None, session.payment_link_id)
        and params.text("subscription") in (None, session.subscription_id)
        and params.text("customer") in (None, session.customer_id)
        and params.choice("status", _STATUSES) in (None, session.status)
        and email in (None, known)
    )
