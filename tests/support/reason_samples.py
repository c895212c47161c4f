"""A reason of every code, with distinct parameters."""

import inspect
from collections.abc import Callable
from typing import cast

from domain import reasons
from domain.reason import Reason, ReasonCode


def constructor(code: ReasonCode) -> Callable[..., Reason]:
    """The function of `domain.reasons` that makes reasons of this code: it has the code's name."""
    return cast(Callable[..., Reason], getattr(reasons, code.value))


def parameters(code: ReasonCode) -> list[str]:
    """The names of the parameters that every reason of this code has."""
    named = inspect.signature(constructor(code)).parameters.values()
    return [each.name for each in named if each.kind is not inspect.Parameter.VAR_KEYWORD]


def sample(code: ReasonCode) -> Reason:
    return constructor(code)(**{name: f"<{name}>" for name in parameters(code)})
