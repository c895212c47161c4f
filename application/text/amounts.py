"""Amounts as people write them, with a point or a comma, and with their thousands apart: `66,00`, `1.234,50`, `1 234`.

The one reader of amounts: a search and the options of a list take the same spellings.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from domain.money import decimals

_DIGITS_MAX = 15
"""Of whole units, so that an amount with three decimals fits into 64 bits."""
_THOUSANDS = (
    r"(?P<thousands>\d{1,3}(?P<apart>[.,'’\u00a0\u202f ])\d{3}(?:(?P=apart)\d{3})*)(?:[.,](?P<of_thousands>\d{1,3}))?"
)
_UNITS = r"(?P<units>\d*)(?:[.,](?P<of_units>\d{1,3}))?"
_GROUPED, _PLAIN = (re.compile(spelling, re.ASCII) for spelling in (_THOUSANDS, _UNITS))
_IN_TEXT = re.compile(rf"(?<![\d.,])(?:{_THOUSANDS}|[.,]\d\d)(?![\d.,])", re.ASCII)
"""The spellings that no word of a text has as such. A price like `66,00` has a form of its own as a word."""


class NoAmount(ValueError):
    """The text is no amount of this currency."""


class AmbiguousAmount(ValueError):
    """The text may be several amounts of this currency."""

    def __init__(self, amounts: Sequence[str]) -> None:
        """`amounts` are these amounts, each in a spelling that only it has."""
        super().__init__(f"may be {' or '.join(amounts)}")
        self.amounts = amounts


@dataclass(frozen=True, slots=True)
class Digits:
    """What a text may mean, as digits: those before and those behind the decimal point."""

    units: str
    decimals: str = ""

    def __str__(self) -> str:
        return f"{self.units}.{self.decimals}" if self.decimals else self.units


def written(text: str) -> Sequence[Digits]:
    """Return what the text may mean as an amount, the likeliest first: `1,500` may have its thousands apart, or three
    decimals."""
    return list(_written(text))


def plain_texts(text: str) -> Sequence[str]:
    """Return what a text may mean that has amounts in it, each with a decimal point and nothing else: `1 234,50 €`."""
    found = dict.fromkeys(_IN_TEXT.sub(partial(_written_in, take=take), text) for take in (0, -1))
    return [each for each in found if each != text]


def smallest_unit(text: str, currency: str) -> int:
    """Return the amount in the smallest unit of the currency.

    Raises:
        AmbiguousAmount: it may be several.
        NoAmount: it is none.
    """
    found = list(dict.fromkeys(_of_currency(text, decimals(currency))))
    if not found:
        raise NoAmount(text)
    if len(found) > 1:
        raise AmbiguousAmount([str(each) for each in found])
    return int(found[0].scaleb(decimals(currency)))


def _written(text: str) -> Iterator[Digits]:
    grouped, plain = _GROUPED.fullmatch(text), _PLAIN.fullmatch(text)
    if grouped and not text.startswith("0"):
        yield Digits(re.sub(r"\D", "", grouped["thousands"]), grouped["of_thousands"] or "")
    if plain and text:
        yield Digits(plain["units"] or "0", plain["of_units"] or "")


def _written_in(found: re.Match[str], take: int) -> str:
    readings = written(found[0])
    return str(readings[take]) if readings else found[0]


def _of_currency(text: str, places: int) -> Iterator[Decimal]:
    """The amounts of a currency that the text may mean. Three decimals behind a point are what we write ourselves."""
    readings = written(text)
    if places == 3 and len(readings) > 1 and "," not in text:
        readings = readings[1:]
    for each in readings:
        if len(each.units) > _DIGITS_MAX or (each.decimals and not places):
            continue
        exact = Decimal(f"{each}")
        if exact == (rounded := exact.quantize(Decimal(1).scaleb(-places))):
            yield rounded if each.decimals else exact
