"""Valid addresses for the sender and the recipient of a mail."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr

from domain.identifiers import InvalidIdentifier
from domain.mail_address import mail_address as plain_address
from infrastructure.safe_text import one_line

_NAME_LENGTH_MAX = 100
_NOWHERE = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The sender of mails to customers, from `MAIL_FROM`."""

    address: Address

    @classmethod
    def parse(cls, mail_from: str) -> "Sender":
        """Read `Example Mugs <orders@example.com>` or `orders@example.com`.

        Raises:
            ValueError: it is neither.
        """
        return cls(address=mail_address(*parseaddr(mail_from)))

    @property
    def shop(self) -> str:
        """What the shop is called where it has no name; empty if no mail comes from its own domain."""
        return self.address.display_name or ("" if self.domain == _NOWHERE else self.domain)

    @property
    def domain(self) -> str:
        return self.address.domain

    @property
    def is_answered(self) -> bool:
        """True if the shop reads replies of customers: the address does not begin with `no-reply` or `do-not-reply`."""
        name = self.address.username.lower().replace("-", "").replace("_", "").replace(".", "")
        return not name.startswith(("noreply", "donotreply"))


def mail_address(name: str, text: str) -> Address:
    """Return an address with a display name. The domain is in its ASCII form, as DNS has it.

    Raises:
        ValueError: `text` is no address.
    """
    try:
        address = plain_address(text)
        shown = header_text(one_line(name, _NAME_LENGTH_MAX))
        return Address(display_name=shown, username=address.username, domain=address.domain)
    except (InvalidIdentifier, ValueError, IndexError, AttributeError) as error:
        raise ValueError("not an address") from error


def header_text(text: str) -> str:
    """Return the text without encoded words (RFC 2047): the library would decode them, and write their line breaks,
    too."""
    return text.replace("=?", "= ?")
