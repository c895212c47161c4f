"""The shop as customers know it: its name, how to reach it, and its logo."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from domain.order_number import OrderNumber, with_prefix

LOGO_BYTES_MAX = 100_000
"""Every mail carries the logo."""
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}


class LogoError(Exception):
    """The logo can't be used. The message is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture that pages and mail programs alike can show."""

    content: bytes
    subtype: str
    """`png` or `jpeg`."""

    @property
    def media_type(self) -> str:
        return f"image/{self.subtype}"

    @property
    def content_id(self) -> str:
        """The Content-ID in the HTML part of a mail. The same picture always has the same ID."""
        return f"logo.{hashlib.sha256(self.content).hexdigest()[:32]}@shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    name: str | None = None
    """What customers read; None leaves its place empty."""
    is_named: bool = True
    """False if there is no name, or only the domain in its place."""
    url: str | None = None
    email: str | None = None
    phone: str | None = None
    logo: Logo | None = None
    order_prefix: str | None = None

    def order(self, number: OrderNumber) -> str:
        """Return the order number behind the shop's prefix, if it has one."""
        return with_prefix(number, self.order_prefix)

    @property
    def phone_link(self) -> str | None:
        """The `tel:` link of the phone number; None without one."""
        if self.phone is None:
            return None
        plus, written = ("+", self.phone.replace("(0)", "")) if self.phone.startswith("+") else ("", self.phone)
        return f"tel:{plus}{''.join(filter(str.isdigit, written))}"


def read_logo(path: Path) -> Logo:
    """
    Raises:
        LogoError: there is no such file, or it is too large, or neither PNG nor JPEG.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LOGO_BYTES_MAX + 1)
    except OSError as error:
        raise LogoError(f"{path} can't be read: {error.strerror or type(error).__name__}.") from error
    if len(content) > LOGO_BYTES_MAX:
        raise LogoError(f"{path} must have at most {LOGO_BYTES_MAX} bytes, since every mail carries it.")
    for signature, subtype in _SIGNATURES.items():
        if content.startswith(signature):
            return Logo(content=content, subtype=subtype)
    raise LogoError(f"{path} must be a PNG or JPEG file.")
