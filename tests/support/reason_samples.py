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
    return list(inspect.signature(constructor(code)).parameters)


def sample(code: ReasonCode) -> Reason:
    return constructor(code)(**{name: f"<{name}>" for name in parameters(code)})
