"""The `Stripe-Signature` header of a webhook delivery."""

import hashlib
import hmac
from collections.abc import Iterable


def signature_header(body: bytes, secrets: Iterable[str], *, timestamp: int) -> str:
    """`t=...,v1=...` over `t.body`, with one v1 for each secret that is in force."""
    signed = b"%d.%b" % (timestamp, body)
    signatures = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={signature}" for signature in signatures)])
