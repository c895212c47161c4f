"""The rule for valid addresses of mails."""

from email.headerregistry import Address

from domain.errors import InvalidIdentifier

_LENGTH_MAX = 320
_FORBIDDEN = frozenset(' <>,;:"()[]\\')


def mail_address(text: str) -> Address:
    """Return the address without a name, its domain as the name service knows it.

    Raises:
        InvalidIdentifier: no mail can be sent to `text`.
    """
    local, _, domain = text.rpartition("@")
    is_plain = text.isprintable() and _FORBIDDEN.isdisjoint(text) and "@" not in local and "=?" not in text
    if not local or not domain or not is_plain or len(text) > _LENGTH_MAX:
        raise InvalidIdentifier("not an e-mail address, such as ada@example.com")
    try:
        return Address(username=local, domain=domain.encode("idna").decode("ascii"))
    except (ValueError, IndexError, AttributeError) as error:
        raise InvalidIdentifier("not an e-mail address, such as ada@example.com") from error
