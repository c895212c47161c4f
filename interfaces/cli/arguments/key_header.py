"""Header rows of key lists, which no customer must get as a key."""

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum, auto

_PARTS_MAX = 4
"""Of a composed word, such as `Lizenzschlüssel`."""
_NOUNS = (
    # A key, code, number, serial number, license, PIN or voucher, in the languages of the customers.
    "key|keys|code|codes|number|numbers|serial|serials|license|licenses|licence|licences|pin|pins|voucher|vouchers",
    "schlüssel|nummer|nummern|lizenz|lizenzen|gutschein|gutscheine|seriennr",
    "clé|clés|clef|clefs|numéro|numéros|série|séries",
    "clave|claves|llave|llaves|código|códigos|número|serie|licencia|licencias",
    "chiave|chiavi|codice|codici|numeri|seriale|seriali|licenza|licenze",
    "sleutel|sleutels|nummers|licentie|licenties",
    "chave|chaves|licença|licenças|seriais",
)
_BEFORE_NOUNS = (
    # First parts of composed words, which stand alone as well.
    "product|prod|activation|download|gift|registration|unlock|access|cd|game|steam|software|auth",
    "produkt|aktivierungs|freischalt|registrierungs|zugangs|serien|gutschein",
    "produit|producto|prodotto|produto|activación|attivazione|ativação|activatie|activerings|registratie|toegangs",
)
_PARTICLES = "no|nr|id|de|du|des|la|le|d|l|del|della|di|do|da|van|of|for"
_JAPANESE = "キー|コード|シリアル|ライセンス|番号"


class Header(Enum):
    """What the first line of a key list is."""

    NONE = auto()
    CERTAIN = auto()
    DOUBTFUL = auto()
    """A header or a key."""


def header_of(lines: Sequence[str]) -> Header:
    """A header names keys in words and has no digit, and all its words are known or it is shaped unlike every other
    line. A line that meets half of that is doubtful."""
    if not lines:
        return Header.NONE
    first, *others = lines
    is_named = _is_named(first)
    is_unlike = bool(others) and any(
        has(first) is not usual and all(has(line) is usual for line in others) for has, usual in _USUAL
    )
    if is_named and (is_unlike or _is_known(first)):
        return Header.CERTAIN
    if (is_named and others) or (is_unlike and len(others) > 1):
        return Header.DOUBTFUL
    return Header.NONE


def headers_below(lines: Sequence[str]) -> Sequence[int]:
    """The places of further headers, as where lists were joined to one file. The first line is none any more."""
    exceptions = [[place for place, line in enumerate(lines) if has(line) is not usual] for has, usual in _USUAL]
    unlike = {places[0] for places in exceptions if len(places) == 1 < len(lines)}
    return [place for place, line in enumerate(lines) if _is_named(line) and (_is_known(line) or place in unlike)]


def _is_named(line: str) -> bool:
    """Whether it names keys in words."""
    return not _has_digit(line) and any(map(_NAMES_KEYS.fullmatch, _words(line)))


def _is_known(line: str) -> bool:
    return all(map(_IS_KNOWN.fullmatch, _words(line)))


def _has_digit(line: str) -> bool:
    return any(map(str.isdigit, line))


def _has_space(line: str) -> bool:
    return any(map(str.isspace, line))


_USUAL = ((_has_digit, True), (_has_space, False))
"""What most keys have, and what they have not."""


def _words(line: str) -> Sequence[str]:
    return re.findall(r"[^\W\d_]+", _plain(line))


def _plain(text: str) -> str:
    """Without case and accents, which programs compose in two ways."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


_NOUN, _PART = _plain("|".join(_NOUNS)), _plain("|".join([*_NOUNS, *_BEFORE_NOUNS]))
_NAMES_KEYS = re.compile(rf"(?:{_PART}){{0,{_PARTS_MAX - 1}}}(?:{_NOUN})|.*(?:{_plain(_JAPANESE)}).*")
_IS_KNOWN = re.compile(rf"{_NAMES_KEYS.pattern}|{_PART}|{_PARTICLES}")
