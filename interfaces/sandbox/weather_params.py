"""The weather as parameters tell it, over HTTP and in forms."""

from dataclasses import fields
from typing import Final

from interfaces.sandbox.errors import invalid_parameter
from interfaces.sandbox.params import Params
from interfaces.sandbox.weather import CHANCES, CORRUPTIONS, Corruption, Weather

_NAMES: Final = tuple(field.name for field in fields(Weather))
_SECONDS_MAX: Final = 3600.0
_COUNT_MAX: Final = 100_000


def weather_of(params: Params) -> Weather:
    """Chances from 0 to 1; what is not named is 0.

    Raises:
        StripeError: something else is named, or it is no chance.
    """
    params.allow_only(_NAMES)
    seconds = params.number("delay_seconds")
    if seconds is not None and not 0 <= seconds <= _SECONDS_MAX:
        raise invalid_parameter(params.named("delay_seconds"), f"Between 0 and {_SECONDS_MAX:g} seconds.")
    return Weather(
        **{name: _chance(params, name) for name in CHANCES},
        corrupt_as=_corruptions(params) or CORRUPTIONS,
        delay_seconds=Weather().delay_seconds if seconds is None else seconds,
        count=params.integer("count", minimum=1, maximum=_COUNT_MAX),
    )


def _chance(params: Params, name: str) -> float:
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
