"""The rules for addresses of mails, and how people paste them."""

import re
from email.headerregistry import Address

from domain.identifiers import IdentifierKind, InvalidIdentifier

_LENGTH_MAX = 320
_NAMED = re.compile(r"[^<>]*<([^<>]*)>\s*")
_SCHEME = "mailto:"
_LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_PUBLIC = re.compile(rf"({_LABEL}\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
"""A domain with a dot, whose last part is no number: mail servers outside know no others."""
_FORBIDDEN = frozenset(' <>,;:"()[]\\')


def mail_address(text: str) -> Address:
    """Return the address without a name, its domain as the name service knows it.

    Raises:
        InvalidIdentifier: no mail can be sent to `text`.
    """
    local, _, domain = text.rpartition("@")
    is_plain = text.isprintable() and _FORBIDDEN.isdisjoint(text) and "@" not in local and "=?" not in text
    if not local or not domain or not is_plain or len(text) > _LENGTH_MAX:
        raise InvalidIdentifier(IdentifierKind.MAIL_ADDRESS)
    try:
        return Address(username=local, domain=domain.encode("idna").decode("ascii"))
    except (ValueError, IndexError, AttributeError) as error:
        raise InvalidIdentifier(IdentifierKind.MAIL_ADDRESS) from error


def public_address(text: str) -> str:
    """Return the address in what a person pasted, if any mail server can send to it.

    Raises:
        InvalidIdentifier: there is none, or its domain is one of a local network.
    """
    pasted = pasted_address(text)
    if not _PUBLIC.fullmatch(mail_address(pasted).domain):
        raise InvalidIdentifier(IdentifierKind.PUBLIC_MAIL_ADDRESS)
    return pasted


def pasted_address(text: str) -> str:
    """Return what is left of `Ada <ada@example.com>`, as mail programs copy it, or of a link `mailto:...?subject=...`;
    other text without blanks around it."""
    named = _NAMED.fullmatch(text)
    bare = (named[1] if named else text).strip()
    if bare[: len(_SCHEME)].lower() == _SCHEME:
        bare = bare[len(_SCHEME) :]
    local, at, domain = bare.partition("@")
    return f"{local}{at}{domain.partition('?')[0]}"
