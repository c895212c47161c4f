"""The `Stripe-Signature` header of a webhook delivery, and deliveries that it does not fit."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from interfaces.sandbox.faults.weather import Corruption

_OLD_SECONDS: Final = 3600
"""Far beyond the five minutes that Stripe's libraries allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    body: bytes
    signature: str


def signature_header(body: bytes, secrets: Iterable[str], *, timestamp: int) -> str:
    """`t=...,v1=...` over `t.body`, with one v1 for each secret that is in force."""
    signed = b"%d.%b" % (timestamp, body)
    signatures = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={signature}" for signature in signatures)])


def signed_post(body: bytes, secrets: Sequence[str], *, timestamp: int, corruption: Corruption | None) -> Signed:
    """The body with its signature; with a corruption, one of the two is forged."""
    right = signature_header(body, secrets, timestamp=timestamp)
    match corruption:
        case None:
            return Signed(body=body, signature=right)
        case "altered":
            return Signed(body=body.replace(b"evt_", b"evt_x", 1), signature=right)
        case "truncated":
            return Signed(body=body[: len(body) // 2], signature=right)
        case "wrong_signature":
            forged = [f"{secret}?" for secret in secrets]
            return Signed(body=body, signature=signature_header(body, forged, timestamp=timestamp))
        case "old_signature":
            return Signed(body=body, signature=signature_header(body, secrets, timestamp=timestamp - _OLD_SECONDS))
        case _:
            assert_never(corruption)
