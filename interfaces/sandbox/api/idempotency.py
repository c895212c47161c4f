"""Answers kept under the keys of their requests, so that a repeated request changes nothing."""

from dataclasses import dataclass
from typing import Final

from interfaces.sandbox.errors import StripeError

_KEPT_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    fingerprint: str
    body: bytes
    request_id: str


class IdempotencyKeys:
    """Refused requests are not kept: they may be sent again under their key, corrected."""

    def __init__(self) -> None:
        self._answers: dict[str, KeptAnswer] = {}

    def find(self, key: str, fingerprint: str) -> KeptAnswer | None:
        kept = self._answers.get(key)
        if kept is not None and kept.fingerprint != fingerprint:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first "
                f"used with. Try using a key other than '{key}' if you meant to execute a different request."
            )
            raise StripeError(message, type="idempotency_error")
        return kept

    def keep(self, key: str, answer: KeptAnswer) -> None:
        while len(self._answers) >= _KEPT_MAX:
            del self._answers[next(iter(self._answers))]
        self._answers[key] = answer
