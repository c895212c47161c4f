"""The sandbox's controls over HTTP, for another process: JSON in, JSON out, no key.

The methods of the same names of `Sandbox` describe what they do.
"""

from typing import Final

import msgspec
from starlette.routing import Route

from interfaces.sandbox.api.answer import Answering
from interfaces.sandbox.api.call import ApiCall, Handler
from interfaces.sandbox.faults.params import FAULT_NAMES, chance_of, fault_of, weather_of
from interfaces.sandbox.model.clock import ADVANCE_SECONDS_MAX
from interfaces.sandbox.model.errors import invalid_parameter
from interfaces.sandbox.model.values import PayBy, Session
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.stripe_json.payment_shapes import PaymentShapes
from interfaces.sandbox.stripe_json.session_shapes import SessionShapes
from interfaces.sandbox.stripe_json.shapes import Json, JsonObject

_COUNT_MAX: Final = 10_000
_PAY_BY: Final[tuple[PayBy, ...]] = ("card", "debit_succeeds", "debit_fails", "free")
_PAY_NAMES: Final = ("additions", "answers", "by", "email", "name", "phone", "quantities", "shipping_rate")


def control_routes(sandbox: Sandbox) -> list[Route]:
    answering = Answering(sandbox, needs_key=False)
    paths: dict[str, dict[str, Handler]] = {
        "/sandbox": {"GET": show_controls},
        "/sandbox/books": {"GET": show_books},
        "/sandbox/clock": {"POST": set_clock},
        "/sandbox/deliveries": {"GET": show_deliveries, "POST": set_deliveries},
        "/sandbox/faults": {"POST": add_faults, "DELETE": clear_faults},
        "/sandbox/sessions/{id}/pay": {"POST": pay},
        "/sandbox/sessions/{id}/settle": {"POST": settle},
        "/sandbox/sessions/{id}/fail": {"POST": fail},
        "/sandbox/sessions/{id}/expire": {"POST": expire},
        "/sandbox/sessions/{id}/payment_status": {"POST": pretend_payment_status},
        "/sandbox/payment_intents/{id}/dispute": {"POST": dispute},
        "/sandbox/payment_links/{id}/visit": {"POST": visit_payment_link},
        "/sandbox/events/{id}/resend": {"POST": resend},
        "/sandbox/webhook_endpoints/{id}/roll_secret": {"POST": roll_secret},
    }
    return [Route(path, answering.route(handlers), methods=list(handlers)) for path, handlers in paths.items()]


def show_controls(call: ApiCall) -> JsonObject:
    sandbox = call.sandbox
    return {
        "is_clock_held": sandbox.clock.is_held,
        "now": sandbox.clock.now(),
        "are_deliveries_paused": sandbox.post_office.is_paused,
        "are_deliveries_dropped": sandbox.drop_deliveries,
        "weather": _weather_json(sandbox),
        "seed": sandbox.post_office.skies.seed,
        "faults_left": sandbox.faults.remaining,
        "faults": [{"chance": chance, **msgspec.to_builtins(fault)} for fault, chance in sandbox.faults.chances],
    }


def _weather_json(sandbox: Sandbox) -> list[Json]:
    """Each with its endpoint; without one it is that of all others."""
    with sandbox.reading():
        weather = sandbox.post_office.skies.weather()
    return [{"endpoint": endpoint, **msgspec.to_builtins(each)} for endpoint, each in weather.items()]


def show_books(call: ApiCall) -> JsonObject:
    books = call.sandbox.books
    entries: Json = msgspec.to_builtins(list(books.entries.values()))
    payments: Json = msgspec.to_builtins(list(books.payments.values()))
    return {"entries": entries, "payments": payments, "taken": msgspec.to_builtins(books.taken())}


def set_clock(call: ApiCall) -> JsonObject:
    """`held` (true or false), `advance_seconds` (up to a year at once)."""
    call.params.allow_only(("held", "advance_seconds"))
    is_held, seconds = call.params.flag("held"), call.params.seconds("advance_seconds", maximum=ADVANCE_SECONDS_MAX)
    if is_held is True:
        call.sandbox.hold_clock()
    if is_held is False:
        call.sandbox.release_clock()
    if seconds is not None:
        call.sandbox.advance_clock(seconds)
    return show_controls(call)


def show_deliveries(call: ApiCall) -> JsonObject:
    """`event` shows those of one event."""
    call.params.allow_only(("event",))
    chosen = call.params.text("event")
    with call.sandbox.reading() as state:
        found = [kept for kept in state.deliveries.values() if chosen in (None, kept.event_id)]
    return {"deliveries": msgspec.to_builtins(found)}


def set_deliveries(call: ApiCall) -> JsonObject:
    """`paused`, `dropped` (each true or false); `weather` (an object; an empty one is calm), for one `endpoint` or all;
    `seed`.

    Raises:
        StripeError: a parameter is missing or invalid.
    """
    call.params.allow_only(("paused", "dropped", "weather", "endpoint", "seed"))
    seed = call.params.integer("seed")
    if call.params.has("weather"):
        weather = weather_of(call.params.child("weather"))
        call.sandbox.change_weather(weather, call.params.text("endpoint"), seed=seed)
    elif seed is not None:
        raise invalid_parameter("seed", "A seed comes with the weather that it is for.")
    is_paused, is_dropped = call.params.flag("paused"), call.params.flag("dropped")
    if is_dropped is not None:
        call.sandbox.drop_deliveries = is_dropped
    if is_paused is True:
        call.sandbox.pause_deliveries()
    if is_paused is False:
        call.sandbox.resume_deliveries()
    return show_controls(call)


def add_faults(call: ApiCall) -> JsonObject:
    """`count` (default 1) or `chance`, with or without a `seed`; `fault_of` describes the faults."""
    call.params.allow_only(("count", "chance", "seed", *FAULT_NAMES))
    fault, faults = fault_of(call.params), call.sandbox.faults
    if call.params.has("chance"):
        faults.add_chance(fault, chance_of(call.params, "chance"), seed=call.params.integer("seed"))
    else:
        faults.add(fault, call.params.integer("count", minimum=1, maximum=_COUNT_MAX) or 1)
    return show_controls(call)


def clear_faults(call: ApiCall) -> JsonObject:
    call.sandbox.faults.clear()
    return show_controls(call)


def pay(call: ApiCall) -> JsonObject:
    """`by`, `email`, `name`, `phone`, `quantities`, `additions`, `shipping_rate`, `answers`; all optional."""
    params = call.params
    params.allow_only(_PAY_NAMES)
    by = params.choice("by", _PAY_BY)
    session = call.sandbox.pay(
        call.names["id"],
        by=next((known for known in _PAY_BY if known == by), "card"),
        email=params.text("email"),
        name=params.text("name"),
        phone=params.text("phone"),
        quantities=params.counts("quantities"),
        additions=params.counts("additions"),
        shipping_rate=params.text("shipping_rate"),
        answers=params.pairs("answers"),
    )
    return _shown(call, session)


def settle(call: ApiCall) -> JsonObject:
    return _shown(call, call.sandbox.settle(call.names["id"]))


def fail(call: ApiCall) -> JsonObject:
    return _shown(call, call.sandbox.fail(call.names["id"]))


def expire(call: ApiCall) -> JsonObject:
    return _shown(call, call.sandbox.expire(call.names["id"]))


def pretend_payment_status(call: ApiCall) -> JsonObject:
    """`payment_status`; nothing ends the pretence."""
    call.params.allow_only(("payment_status",))
    call.sandbox.pretend_payment_status(call.names["id"], call.params.text("payment_status"))
    return _shown(call, call.sandbox.session(call.names["id"]))


def visit_payment_link(call: ApiCall) -> JsonObject:
    return _shown(call, call.sandbox.visit_payment_link(call.names["id"]))


def dispute(call: ApiCall) -> JsonObject:
    """`amount` (default: all that was not given back), `inquiry` (true or false)."""
    call.params.allow_only(("amount", "inquiry"))
    is_inquiry = call.params.flag("inquiry") is True
    opened = call.sandbox.dispute(call.names["id"], amount=call.params.integer("amount"), is_inquiry=is_inquiry)
    with call.sandbox.reading() as state:
        return PaymentShapes(state).dispute(opened)


def resend(call: ApiCall) -> JsonObject:
    """`webhook_endpoint`: only there."""
    call.params.allow_only(("webhook_endpoint",))
    call.sandbox.resend(call.names["id"], endpoint_id=call.params.text("webhook_endpoint"))
    return show_controls(call)


def roll_secret(call: ApiCall) -> JsonObject:
    """`old_seconds`: how long the old secret signs too."""
    call.params.allow_only(("old_seconds",))
    seconds = call.params.seconds("old_seconds", maximum=ADVANCE_SECONDS_MAX)
    endpoint_id = call.names["id"]
    if seconds is None:
        return {"secret": call.sandbox.roll_secret(endpoint_id)}
    return {"secret": call.sandbox.roll_secret(endpoint_id, old_seconds=seconds)}


def _shown(call: ApiCall, session: Session) -> JsonObject:
    with call.sandbox.reading() as state:
        return SessionShapes(state).session(session)
