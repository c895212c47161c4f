"""A correction of a shipping address, part by part, as staff give it."""

import re
from dataclasses import dataclass

from domain.checkout import Address, Contact
from domain.errors import Refused
from domain.fulfillment import TEXT_MAX
from domain.personal import Personal

_SHOWN_TEXT_MAX = 60
_COUNTRY = re.compile("[A-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The parts of a recipient that change. None keeps a part as it is; an empty text removes it."""

    name: str | None = None
    phone: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    postal_code: str | None = None
    state: str | None = None
    country: str | None = None

    def of(self, before: Contact) -> Contact:
        """
        Raises:
            Refused: no part is given; a text can't be printed on a label; or the street or the country is missing.
        """
        if self == Correction():
            raise Refused("Name what changes, such as --line1 or --postal-code.")
        was = before.address or Address()
        to = Address(
            line1=_corrected("--line1", self.line1, was.line1),
            line2=_corrected("--line2", self.line2, was.line2),
            city=_corrected("--city", self.city, was.city),
            postal_code=_corrected("--postal-code", self.postal_code, was.postal_code),
            state=_corrected("--state", self.state, was.state),
            country=_corrected("--country", self.country and self.country.upper(), was.country),
        )
        if to.line1 is None or to.country is None:
            raise Refused("A shipping address must have a street and a country. Add --line1 and --country.")
        if self.country is not None and not _COUNTRY.fullmatch(self.country.upper()):
            raise Refused(
                f"--country must be a code of two letters such as DE (got {self.country[:_SHOWN_TEXT_MAX]!r})."
            )
        name, phone = _corrected("--name", self.name, before.name), _corrected("--phone", self.phone, before.phone)
        after = Contact(name=name, email=before.email, phone=phone, address=to)
        if after == before:
            raise Refused("The shipping address is unchanged. Nothing was recorded.")
        return after


def _corrected(option: str, text: str | None, before: Personal | None) -> Personal | None:
    if text is None:
        return before
    if len(text) > TEXT_MAX or not text.isprintable():
        raise Refused(f"{option} must have at most {TEXT_MAX} printable characters.")
    return Personal(text.strip()) if text.strip() else None
