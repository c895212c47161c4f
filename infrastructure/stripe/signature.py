"""Checks that Stripe signed a webhook delivery, on its bytes as they arrived.

https://docs.stripe.com/webhooks#verify-manually. The SDK's own check refuses no timestamp in the future, raises
`TypeError` for a signature that is not ASCII, and takes one secret only.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.ports import NotFromStripe

TOLERANCE_SECONDS = 300
_HEADER_MAX = 4096
_BLANKS = " \t"
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureHeader:
    """The content of a signature header."""

    timestamp: str
    signatures: Sequence[bytes]


def verify(body: bytes, signed: SignatureHeader, secrets: Sequence[str], *, now: datetime) -> None:
    """Check that one of the secrets signed this body within 300 seconds of `now`, before or after.

    Raises:
        NotFromStripe: none did. The message gives the reason to the operator.
    """
    age_seconds = now.timestamp() - int(signed.timestamp)
    if abs(age_seconds) > TOLERANCE_SECONDS:
        when = f"{age_seconds:.0f} seconds ago" if age_seconds > 0 else f"{-age_seconds:.0f} seconds in the future"
        raise NotFromStripe(
            f"The signature was made {when}; {TOLERANCE_SECONDS} are allowed. Is this machine's clock right?"
        )
    message = signed.timestamp.encode() + b"." + body
    for secret in secrets:
        expected = hmac.digest(secret.encode(), message, "sha256").hex().encode()
        if any(hmac.compare_digest(expected, signature) for signature in signed.signatures):
            return
    raise NotFromStripe("No secret in STRIPE_WEBHOOK_SECRET made this signature, or the body was changed on its way.")


def parse_header(header: str) -> SignatureHeader:
    """Return the timestamp and the v1 signatures of a header. There may be blanks around its commas, as in every list
    of HTTP (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1); the SDK refuses them.

    Raises:
        NotFromStripe: it is missing, or could not be one of Stripe's, whatever it signs.
    """
    if not header:
        raise NotFromStripe("The Stripe-Signature header is missing.")
    if len(header) > _HEADER_MAX:
        raise NotFromStripe("The Stripe-Signature header is too long.")
    pairs = [part.strip(_BLANKS).partition("=")[::2] for part in header.split(",")]
    timestamp = next((value for name, value in pairs if name == "t"), "")  # of several the first, as the SDK does
    signatures = [value.encode() for name, value in pairs if name == "v1" and _SIGNATURE.fullmatch(value)]
    if not _TIMESTAMP.fullmatch(timestamp) or not signatures:
        raise NotFromStripe("The Stripe-Signature header has no timestamp or no v1 signature.")
    return SignatureHeader(timestamp=timestamp, signatures=signatures)
