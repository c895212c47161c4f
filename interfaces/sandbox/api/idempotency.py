"""Answers kept under the keys of their requests, so that a repeated request changes nothing."""

import hashlib
from typing import Final

from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import KeptAnswer

_KEPT_MAX: Final = 10_000


class IdempotencyKeys:
    """Those of one API key. Refused requests are not kept: they may be sent again under their key, corrected."""

    def __init__(self, state: State, api_key: str) -> None:
        self._answers = state.answers
        self._scope = digest(api_key)

    def find(self, key: str, request: str) -> KeptAnswer | None:
        """Return the answer to the request, if the key was used before.

        Raises:
            StripeError: the key was used for another request.
        """
        kept = self._answers.get(self._scoped(key))
        if kept is not None and kept.request_digest != digest(request):
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first "
                f"used with. Try using a key other than '{key}' if you meant to execute a different request."
            )
            raise StripeError(message, type="idempotency_error")
        return kept

    def keep(self, key: str, request: str, *, body: bytes, request_id: str) -> None:
        while len(self._answers) >= _KEPT_MAX:
            del self._answers[next(iter(self._answers))]
        self._answers[self._scoped(key)] = KeptAnswer(
            request_digest=digest(request), request_id=request_id, body_json=body.decode()
        )

    def _scoped(self, key: str) -> str:
        return f"{self._scope} {key}"


def digest(text: str) -> str:
    """Of an API key, which is not for a file, or of a request, whose parameters may be long."""
    return hashlib.sha256(text.encode()).hexdigest()
