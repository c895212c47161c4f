"""The `Stripe-Signature` header of a webhook delivery: refused, or one that Stripe's own SDK takes too."""

import hmac
from datetime import UTC, datetime

import stripe
from fuzz.target import Target

from application.ports import NotFromStripe
from infrastructure.stripe.signature import TOLERANCE_SECONDS, SignatureHeader, parse_header, verify

_NOW = 1_795_000_000
_SECRETS = ("whsec_new", "whsec_old")
_BODY = b'{"id": "evt_1"}'


def check(data: bytes) -> str:
    """`{T}` stands for the time, `{N}` and `{O}` for the signature by the new and by the old secret."""
    header = _filled(data).decode("latin-1")
    try:
        signed = parse_header(header)
        verify(_BODY, signed, _SECRETS, now=datetime.fromtimestamp(_NOW, UTC))
    except NotFromStripe as refusal:
        assert 10 < len(str(refusal)) < 200
        return "refused"
    first = next(part for part in header.split(",") if part.startswith("t="))
    assert first == f"t={signed.timestamp}"
    assert abs(int(signed.timestamp) - _NOW) <= TOLERANCE_SECONDS
    assert any(_stripe_takes(signed, secret) for secret in _SECRETS)
    return "accepted"


def _filled(data: bytes) -> bytes:
    for mark, secret in ((b"{N}", _SECRETS[0]), (b"{O}", _SECRETS[1])):
        signature = hmac.digest(secret.encode(), b"%d." % _NOW + _BODY, "sha256").hex()
        data = data.replace(mark, signature.encode())
    return data.replace(b"{T}", b"%d" % _NOW)


def _stripe_takes(signed: SignatureHeader, secret: str) -> bool:
    """Without what the SDK stumbles over: a part that is no pair, or a signature that is no ASCII."""
    header = ",".join([f"t={signed.timestamp}", *(f"v1={each.decode()}" for each in signed.signatures)])
    try:
        stripe.WebhookSignature.verify_header(_BODY.decode(), header, secret)
    except stripe.SignatureVerificationError:
        return False
    return True


TARGET = Target(
    check=check,
    runs=60_000,
    bytes_max=6000,
    seeds=[
        b"",
        b"t={T},v1={N}",
        b"t={T},v1={O},v0={N}",
        b"v1={N},t={T}",
        b"t={T},v1=" + b"0" * 64 + b",v1={N}",
        b"t={T},t=1,v1={N}",
        b"t=1795000301,v1={N}",
        b"t=-1,v1=zz",
        b"t=\xb2,v1=\xe9",
        b"t=" + b"9" * 5000 + b",v1={N}",
    ],
)
