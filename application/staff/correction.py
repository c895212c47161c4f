"""A correction of a shipping address, part by part, as staff give it."""

import re
from collections.abc import Set
from dataclasses import dataclass

from application.errors import RefusedInWords
from domain import refusals
from domain.checkout import Address, Contact
from domain.errors import Refused
from domain.fulfillment import TEXT_MAX
from domain.personal import Personal
from domain.refusal import Typed

_SHOWN_TEXT_MAX = 60
_PHONE = re.compile(r"\+?[\d\s()./-]+(?:(?:ext\.?|x|#|;ext=)\s*\d{1,8})?", re.IGNORECASE)
"""A phone number as people write it, with an extension. No country's notation is refused: a carrier reads it."""
_PHONE_DIGITS_MIN, _PHONE_DIGITS_MAX = 4, 24
"""The longest numbers have 15 digits (https://www.itu.int/rec/T-REC-E.164), beside a prefix and an extension."""


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
            Refused: no part is given, a text can't be printed on a label or has no letter or digit, the phone number is
                invalid, a required part is missing, or the country is not among `countries`.
        """
        if self == Correction():
            raise Refused(refusals.nothing_corrected())
        was, country = before.address or Address(), self.country and self.country.strip().upper()
        to = Address(
            line1=_needed(Typed.LINE1, self.line1, was.line1),
            line2=_corrected(Typed.LINE2, self.line2, was.line2),
            city=_needed(Typed.CITY, self.city, was.city),
            postal_code=_corrected(Typed.POSTAL_CODE, self.postal_code, was.postal_code),
            state=_corrected(Typed.STATE, self.state, was.state),
            country=_needed(Typed.COUNTRY, country, was.country),
        )
        if country and country not in countries:
            raise RefusedInWords(  # no code has this text as a parameter: it may be personal data
                "The country must be the code of two letters that ISO 3166 has for it, such as DE (got "
                f"{country[:_SHOWN_TEXT_MAX]!r})."
            )
        if to.line1 is None or to.country is None or (to.city is None and before.address is None):
            raise Refused(refusals.address_incomplete())
        name, phone = _needed(Typed.NAME, self.name, before.name), _phone(self.phone, before.phone)
        after = Contact(name=name, email=before.email, phone=phone, address=to)
        if after == before:
            raise Refused(refusals.address_unchanged())
        return after


def _needed(part: Typed, text: str | None, before: Personal | None) -> Personal | None:
    """A part without which no parcel arrives. Only Stripe may leave it out, as the city of a city-state."""
    if text is not None and not text.strip():
        raise Refused(refusals.part_needed(part))
    return _corrected(part, text, before)


def _corrected(part: Typed, text: str | None, before: Personal | None) -> Personal | None:
    if text is None:
        return before
    if len(text) > TEXT_MAX or not text.isprintable():
        raise Refused(refusals.part_too_long(part, TEXT_MAX))
    if text.strip() and not any(map(str.isalnum, text)):
        raise Refused(refusals.part_of_punctuation(part))
    return Personal(text.strip()) if text.strip() else None


def _phone(text: str | None, before: Personal | None) -> Personal | None:
    digits = sum(map(str.isdecimal, text or ""))
    if text and text.strip():
        is_number = _PHONE.fullmatch(text.strip()) and _PHONE_DIGITS_MIN <= digits <= _PHONE_DIGITS_MAX
        if not is_number:
            raise Refused(refusals.not_a_phone_number())
    return _corrected(Typed.PHONE, text, before)
