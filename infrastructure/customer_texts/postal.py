"""Postal addresses, in the order in which each country writes them."""

import re
from collections.abc import Iterator, Mapping

from babel.core import Locale

from domain.checkout import Address
from infrastructure.safe_text import one_line

_TOWN_LAST = "{line1}\n{line2}\n{postal_code} {city}\n{state}"
"""The order of most countries."""
_FORMATS: Mapping[str, str] = {
    formatted: written
    for countries, written in (
        ("ES IT UY CV", "{line1}\n{line2}\n{postal_code} {city} {state}"),
        ("US PR", "{line1}\n{line2}\n{city}, {state} {postal_code}"),
        ("AU CA TW", "{line1}\n{line2}\n{city} {state} {postal_code}"),
        ("NZ SG IL SA BH BD JO LB NP MT", "{line1}\n{line2}\n{city} {postal_code}\n{state}"),
        ("IN PK NG", "{line1}\n{line2}\n{city} {postal_code}\n{state}"),
        ("ID TH VN", "{line1}\n{line2}\n{city}\n{state} {postal_code}"),
        ("GB GG JE IM GI IE ZA KE LK EG RU UA KR", "{line1}\n{line2}\n{city}\n{state}\n{postal_code}"),
        ("HU", "{city}\n{line1}\n{line2}\n{postal_code}"),
        ("BR", "{line1}\n{line2}\n{city}-{state}\n{postal_code}"),
        ("MX", "{line1}\n{line2}\n{postal_code} {city}, {state}"),
        ("CO", "{line1}\n{line2}\n{city}, {state}, {postal_code}"),
        ("VE", "{line1}\n{line2}\n{city} {postal_code}, {state}"),
        ("PE", "{line1}\n{line2}\n{city} {postal_code}\n{state}"),
        ("PH", "{line1}\n{line2}\n{city}\n{postal_code} {state}"),
        ("TR", "{line1}\n{line2}\n{postal_code} {city}/{state}"),
        ("LV", "{line1}\n{line2}\n{city}, {postal_code}\n{state}"),
        ("JP", "{line1}\n{line2}\n{city}, {state}\n{postal_code}"),
        ("CN", "{line1}\n{line2}\n{city}\n{state}, {postal_code}"),
        ("HK MO AE", "{line1}\n{line2}\n{city}\n{state}"),
    )
    for formatted in countries.split()
}
_FORMATS_IN_OWN_SCRIPT: Mapping[str, str] = {
    "JP": "{〒postal_code}\n{state}{city}{line1}\n{line2}",
    "CN": "{postal_code}\n{state}{city}\n{line1}\n{line2}",
    "TW": "{postal_code}\n{state}{city}\n{line1}\n{line2}",
    "KR": "{state} {city}\n{line1}\n{line2}\n{postal_code}",
    "HK": "{state}\n{city}\n{line1}\n{line2}",
    "MO": "{state}\n{city}\n{line1}\n{line2}",
}
"""From the largest to the smallest, where the address is written in the country's own script."""
_OWN_SCRIPT = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NO_COUNTRIES = frozenset("EU EZ QO UN XA XB ZZ".split())
"""What CLDR names with two letters besides countries: groups of them, and placeholders. Kosovo's XK is no code of ISO
3166, but Stripe and the post use it."""
_COUNTRY = re.compile("[A-Z]{2}")
_FIELD = re.compile(r"(?P<between>[^{}\n]*)\{(?P<sign>[^a-z}]*)(?P<name>[a-z_0-9]+)\}")


def countries() -> frozenset[str]:
    """Return the ISO 3166 code of every country, and of every territory that has a code of its own."""
    return frozenset(filter(_COUNTRY.fullmatch, Locale("en").territories)) - _NO_COUNTRIES


def postal_lines(address: Address, locale: Locale) -> tuple[str, ...]:
    """Return the lines of an address, with the country's name in the customer's language at the end."""
    code = one_line(address.country.text).upper() if address.country else ""
    parts = {
        name: one_line(part.text) if (part := getattr(address, name)) else ""
        for name in ("line1", "line2", "city", "postal_code", "state")
    }
    lines = (_line(line, parts) for line in _format(code, parts).split("\n"))
    return tuple(line for line in (*lines, locale.territories.get(code, code)) if line)


def _format(country: str, parts: Mapping[str, str]) -> str:
    own = _FORMATS_IN_OWN_SCRIPT.get(country)
    if own is not None and _OWN_SCRIPT.search(parts["line1"] + parts["city"]):
        return own
    return _FORMATS.get(country, _TOWN_LAST)


def _line(line: str, parts: Mapping[str, str]) -> str:
    """Fill in a line. What stands between two parts is left out where the part before or behind it is empty."""
    return "".join(_written(line, parts))


def _written(line: str, parts: Mapping[str, str]) -> Iterator[str]:
    is_first = True
    for field in _FIELD.finditer(line):
        part = parts[field["name"]]
        if part:
            yield ("" if is_first else field["between"]) + field["sign"] + part
            is_first = False
