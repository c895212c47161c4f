"""The shapes of identifiers in words, as they follow "must be" or "is not"."""

from typing import assert_never

from domain.identifiers import IdentifierKind


def described(kind: IdentifierKind) -> str:
    match kind:
        case IdentifierKind.SESSION:
            return "the ID of a Checkout Session, such as cs_test_a1B2c3"
        case IdentifierKind.STRIPE_EVENT:
            return "the ID of a Stripe event, such as evt_1A2b3C"
        case IdentifierKind.SKU:
            return "a SKU of 1 to 100 characters, without slashes or control characters"
        case IdentifierKind.KEY_POOL:
            return "the name of a key pool: 1 to 100 letters, digits, dots, hyphens or underscores"
        case IdentifierKind.MAIL_ADDRESS:
            return "an email address, such as ada@example.com"
        case IdentifierKind.PUBLIC_MAIL_ADDRESS:
            return "an email address with a public domain, such as ada@example.com"
        case _:
            assert_never(kind)
