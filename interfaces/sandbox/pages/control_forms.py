"""What the forms of the control page do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from interfaces.sandbox.faults.params import weather_of
from interfaces.sandbox.faults.requests import Fault
from interfaces.sandbox.faults.weather import CHANCES, STORM, Weather
from interfaces.sandbox.model.clock import ADVANCE_SECONDS_MAX
from interfaces.sandbox.model.errors import invalid_parameter
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.stripe_json.events import FULFILLING_EVENTS

Action = Callable[[Sandbox, Params], None]

_COUNT_MAX: Final = 10_000
_SEED_MAX: Final = 999_999_999
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFault:
    label: str
    fault: Fault


FAULTS: Final[Mapping[str, KnownFault]] = {
    "rate_limit": KnownFault(label="Too many requests (429)", fault=Fault(status=429)),
    "error": KnownFault(label="Stripe’s own error (500)", fault=Fault(status=500)),
    "done_error": KnownFault(label="Done, but answered with 500", fault=Fault(status=500, is_done_first=True)),
    "late": KnownFault(label="Right, but 5 seconds late", fault=Fault(status=None, delay_seconds=5)),
    "timeout": KnownFault(
        label="Done, but no answer for 2 minutes", fault=Fault(status=None, delay_seconds=120, is_done_first=True)
    ),
    "dribble": KnownFault(label="Drop by drop, for 10 seconds", fault=Fault(status=None, dribble_seconds=10)),
    "cut": KnownFault(label="Half of the answer", fault=Fault(status=None, is_cut=True)),
}


def _clock(sandbox: Sandbox, params: Params) -> None:
    seconds, is_held = params.integer("seconds", maximum=ADVANCE_SECONDS_MAX), params.flag("held")
    if seconds:
        sandbox.advance_clock(seconds)
    if is_held is True:
        sandbox.hold_clock()
    if is_held is False:
        sandbox.release_clock()


def _weather(sandbox: Sandbox, params: Params) -> None:
    endpoint_id, seed = params.text("endpoint"), params.integer("seed", maximum=_SEED_MAX)
    match params.text("action"):
        case "calm":
            sandbox.clear_weather()
        case "storm":
            sandbox.change_weather(STORM, seed=seed)
        case _:
            sandbox.change_weather(_weather_in_percent(params), endpoint_id, seed=seed)


def _weather_in_percent(params: Params) -> Weather:
    chances = {name: (params.number(name) or 0) / _PERCENT for name in CHANCES}
    others = {name: params.text(name) for name in ("delay_seconds", "count")}
    return weather_of(Params.of_values({**{name: f"{chance:.6f}" for name, chance in chances.items()}, **others}))


def _deliveries(sandbox: Sandbox, params: Params) -> None:
    event_id = params.text("resend")
    if event_id is not None:
        sandbox.resend(event_id)
    is_paused, is_dropped = params.flag("paused"), params.flag("dropped")
    if is_dropped is not None:
        sandbox.drop_deliveries = is_dropped
    if is_paused is True:
        sandbox.pause_deliveries()
    if is_paused is False:
        sandbox.resume_deliveries()


def _faults(sandbox: Sandbox, params: Params) -> None:
    if params.text("action") == "clear":
        sandbox.faults.clear()
        return
    known = FAULTS.get(params.required("kind"))
    if known is None:
        raise invalid_parameter("kind", "There is no such fault.")
    path, percent = params.text("path") or "/v1/", params.integer("percent", maximum=_PERCENT)
    fault = replace(known.fault, path=path)
    if percent:
        sandbox.faults.add_chance(fault, percent / _PERCENT)
    else:
        sandbox.faults.add(fault, params.integer("count", minimum=1, maximum=_COUNT_MAX) or 1)


def _endpoints(sandbox: Sandbox, params: Params) -> None:
    match params.text("action"):
        case "disable" | "enable" as action:
            sandbox.change_endpoint(params.required("id"), {"disabled": action == "disable"})
        case "delete":
            sandbox.delete_endpoint(params.required("id"))
        case "roll":
            sandbox.roll_secret(params.required("id"))
        case _:
            sandbox.add_webhook(
                params.required("url"),
                events=FULFILLING_EVENTS,
                is_thin=params.text("payload") == "thin",
                api_version=params.text("api_version"),
            )


def _sessions(sandbox: Sandbox, params: Params) -> None:
    session_id = params.required("id")
    match params.text("action"):
        case "settle":
            sandbox.settle(session_id)
        case "fail":
            sandbox.fail(session_id)
        case "expire":
            sandbox.expire(session_id)
        case "capture":
            sandbox.capture(sandbox.session(session_id).payment_intent_id or "")
        case "refund":
            sandbox.refund(sandbox.session(session_id).payment_intent_id or "")
        case "refund_half":
            payment = sandbox.books.payment_of(session_id)
            if payment is not None:
                sandbox.refund(payment.payment_intent_id, max(1, payment.paid.amount // 2))
        case "cancel":
            sandbox.cancel(sandbox.session(session_id).payment_intent_id or "")
        case _:
            sandbox.pay(session_id)


ACTIONS: Final[Mapping[str, Action]] = {
    "clock": _clock,
    "weather": _weather,
    "deliveries": _deliveries,
    "faults": _faults,
    "endpoints": _endpoints,
    "sessions": _sessions,
}
"""By the part of the page that they belong to."""
