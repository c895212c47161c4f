"""A refusal of every code, with distinct parameters."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, cast, get_origin

from domain import refusals
from domain.refusal import Refusal, RefusalCode


def constructor(code: RefusalCode) -> Callable[..., Refusal]:
    """The function of `domain.refusals` that makes refusals of this code: it has the code's name."""
    return cast(Callable[..., Refusal], getattr(refusals, code.value))


def sample(code: RefusalCode) -> Refusal:
    parameters = inspect.signature(constructor(code)).parameters.values()
    return constructor(code)(**{each.name: _value(each) for each in parameters})


def _value(parameter: inspect.Parameter) -> Any:
    text = f"<{parameter.name}>"
    return [text] if get_origin(parameter.annotation) is Iterable else text
