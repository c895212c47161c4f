"""Valid addresses for the sender and the recipient of a mail."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr

from domain.identifiers import InvalidIdentifier
from domain.mail_address import mail_address as plain_address
from infrastructure.safe_text import one_line

_NAME_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The sender of mails to customers, from `MAIL_FROM`."""

    address: Address

    @classmethod
    def parse(cls, mail_from: str) -> "Sender":
        """Read `Shop <orders@example.com>` or `orders@example.com`.

        Raises:
            ValueError: it is neither.
        """
        return cls(address=mail_address(*parseaddr(mail_from)))

    @property
    def shop(self) -> str:
        return self.address.display_name or self.domain

    @property
    def domain(self) -> str:
        return self.address.domain

    @property
    def is_answered(self) -> bool:
        """Whether the shop reads replies of customers: not if the address contains `no-reply`."""
        name = self.address.username.lower().replace("-", "").replace("_", "").replace(".", "")
        return not name.startswith(("noreply", "donotreply"))


def mail_address(name: str, text: str) -> Address:
    """An address with a name, its domain as the name service knows it.

    Raises:
        ValueError: `text` is none.
    """
    try:
        address = plain_address(text)
        shown = header_text(one_line(name, _NAME_LENGTH_MAX))
        return Address(display_name=shown, username=address.username, domain=address.domain)
    except (InvalidIdentifier, ValueError, IndexError, AttributeError) as error:
        raise ValueError("not an address") from error


def header_text(text: str) -> str:
    """`text` that holds no encoded word (RFC 2047): the library would decode it, and write its line breaks too."""
    return text.replace("=?", "= ?")
