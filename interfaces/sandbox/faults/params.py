"""Parses weather and faults from the parameters of HTTP requests and forms."""

from dataclasses import fields
from typing import Final

from interfaces.sandbox.faults.requests import Fault
from interfaces.sandbox.faults.weather import CHANCES, CORRUPTIONS, Corruption, Weather
from interfaces.sandbox.model.errors import invalid_parameter
from interfaces.sandbox.model.params import Params

_NAMES: Final = tuple(field.name for field in fields(Weather))
_SECONDS_MAX: Final = 3600.0
_COUNT_MAX: Final = 100_000
_FAULT_STATUSES: Final = range(400, 600)

FAULT_NAMES: Final = ("status", "delay_seconds", "done_first", "cut", "dribble_seconds", "path")


def weather_of(params: Params) -> Weather:
    """Chances from 0 to 1; what is not named is 0.

    Raises:
        StripeError: something else is named, or it is no chance.
    """
    params.allow_only(_NAMES)
    seconds = params.seconds("delay_seconds", maximum=_SECONDS_MAX)
    return Weather(
        **{name: chance_of(params, name) for name in CHANCES},
        corrupt_as=_corruptions(params) or CORRUPTIONS,
        delay_seconds=Weather().delay_seconds if seconds is None else seconds,
        count=params.integer("count", minimum=1, maximum=_COUNT_MAX),
    )


def fault_of(params: Params) -> Fault:
    """`status` (500; 0: answer as asked), `delay_seconds`, `done_first`, `cut`, `dribble_seconds`, `path`.

    Raises:
        StripeError: there is no such fault.
    """
    status = params.integer("status")
    if status and status not in _FAULT_STATUSES:
        raise invalid_parameter("status", "The status of a fault is 0, or between 400 and 599.")
    return Fault(
        status=500 if status is None else status or None,
        delay_seconds=params.seconds("delay_seconds", maximum=_SECONDS_MAX) or 0.0,
        is_done_first=params.flag("done_first") is True,
        is_cut=params.flag("cut") is True,
        dribble_seconds=params.seconds("dribble_seconds", maximum=_SECONDS_MAX) or 0.0,
        path=params.text("path") or "/v1/",
    )


def chance_of(params: Params, name: str) -> float:
    """Return a probability from 0 to 1; 0 if the parameter is missing.

    Raises:
        StripeError: it is no number from 0 to 1.
    """
    chance = params.number(name) or 0.0
    if not 0 <= chance <= 1:
        raise invalid_parameter(params.named(name), "A chance is a number from 0 (never) to 1 (always).")
    return chance


def _corruptions(params: Params) -> tuple[Corruption, ...]:
    named = params.texts("corrupt_as")
    known = tuple(kind for kind in CORRUPTIONS if kind in named)
    if len(known) != len(set(named)):
        raise invalid_parameter(params.named("corrupt_as"), f"Any of: {', '.join(CORRUPTIONS)}.")
    return known
