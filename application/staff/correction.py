"""A correction of a shipping address, part by part, as staff give it."""

import re
from collections.abc import Set
from dataclasses import dataclass

from domain.checkout import Address, Contact
from domain.errors import Refused
from domain.fulfillment import TEXT_MAX
from domain.personal import Personal

_SHOWN_TEXT_MAX = 60
_PHONE = re.compile(r"\+?[\d\s()./-]+(?:(?:ext\.?|x|#|;ext=)\s*\d{1,8})?", re.IGNORECASE)
"""A phone number as people write it, with an extension. No country's notation is refused: a carrier reads it."""
_PHONE_DIGITS_MIN, _PHONE_DIGITS_MAX = 4, 24
"""The longest numbers have 15 digits (https://www.itu.int/rec/T-REC-E.164), beside a prefix and an extension."""
_REMOVABLE = "--phone, --line2, --postal-code and --state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The parts of a shipping contact that change. None keeps a part as it is; an empty text removes it, if
    a parcel arrives without it."""

    name: str | None = None
    phone: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    postal_code: str | None = None
    state: str | None = None
    country: str | None = None

    def of(self, before: Contact, countries: Set[str]) -> Contact:
        """
        Raises:
            Refused: no part is given; a text can't be printed on a label, or has no letter or digit; the phone number
                is none; a part is missing without which no parcel
                arrives; or the country is none of `countries`.
        """
        if self == Correction():
            raise Refused("Name what changes, such as --line1 or --postal-code.")
        was, country = before.address or Address(), self.country and self.country.strip().upper()
        to = Address(
            line1=_needed("--line1", self.line1, was.line1),
            line2=_corrected("--line2", self.line2, was.line2),
            city=_needed("--city", self.city, was.city),
            postal_code=_corrected("--postal-code", self.postal_code, was.postal_code),
            state=_corrected("--state", self.state, was.state),
            country=_needed("--country", country, was.country),
        )
        if country and country not in countries:
            raise Refused(
                "--country must be the code of two letters that ISO 3166 has for a country, such as DE (got "
                f"{country[:_SHOWN_TEXT_MAX]!r})."
            )
        if to.line1 is None or to.country is None or (to.city is None and before.address is None):
            raise Refused(
                "A shipping address must have a street, a city and a country, and this checkout has none yet. Add what "
                "is missing of --line1, --city and --country."
            )
        name, phone = _needed("--name", self.name, before.name), _phone(self.phone, before.phone)
        after = Contact(name=name, email=before.email, phone=phone, address=to)
        if after == before:
            raise Refused("The shipping address is unchanged. Nothing was recorded.")
        return after


def _needed(option: str, text: str | None, before: Personal | None) -> Personal | None:
    """A part without which no parcel arrives. Only Stripe may leave it out, as the city of a city-state."""
    if text is not None and not text.strip():
        raise Refused(
            f"{option} must not be empty, since no parcel arrives without it. Leave the option out to keep that part "
            f"as it is. Only {_REMOVABLE} can be removed."
        )
    return _corrected(option, text, before)


def _corrected(option: str, text: str | None, before: Personal | None) -> Personal | None:
    if text is None:
        return before
    if len(text) > TEXT_MAX or not text.isprintable():
        raise Refused(f"{option} must have at most {TEXT_MAX} printable characters.")
    if text.strip() and not any(map(str.isalnum, text)):
        raise Refused(f"{option} must have a letter or digit (got {text[:_SHOWN_TEXT_MAX]!r}).")
    return Personal(text.strip()) if text.strip() else None


def _phone(text: str | None, before: Personal | None) -> Personal | None:
    digits = sum(map(str.isdecimal, text or ""))
    if text and text.strip():
        is_number = _PHONE.fullmatch(text.strip()) and _PHONE_DIGITS_MIN <= digits <= _PHONE_DIGITS_MAX
        if not is_number:
            raise Refused(
                "--phone must be a phone number, such as +49 30 1234567 or 030/1234567 ext. 12 (got "
                f"{text[:_SHOWN_TEXT_MAX]!r})."
            )
    return _corrected("--phone", text, before)
