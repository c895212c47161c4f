"""The terms of search: the terms of a text, and the terms that a query asks for.

A query finds a term by its beginning, except an amount and the abbreviation of a street. People paste what they have:
an address from a mail program, a phone number in their own notation, a page of the Dashboard, a price with a comma.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from application.text.amounts import plain_texts, written
from domain.mail_address import pasted_address
from domain.order_number import read_order_number

TERM_MAX = 200
_PUNCTUATION = ".,;:!?()[]{}<>\"'«»„“”…·€$£¥"
_SAME = str.maketrans("’‘ʼʹ´ʻ′‐‑‒–—−", "'" * 7 + "-" * 6)
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "þ": "th", "æ": "ae", "œ": "oe"}
)
"""Letters that Unicode does not decompose."""
_ID = re.compile(r"(?<![A-Za-z0-9])(?:cs|pi|cus|sub|in|evt|plink|py|ch|re|dp)_[A-Za-z0-9_]{4,}")
"""A Stripe ID within a URL. Source of the prefixes: https://docs.stripe.com/api"""
_WITHIN = re.compile(r"[-'/@.+&]")
_PHONE = re.compile(r"\+?[\d\s()./-]+")
_LABEL_OF_PHONE = re.compile(r"(?:tel|phone|mobile)\b[.:\s]*", re.IGNORECASE)
_PHONE_DIGITS_MIN = 6
_POSTAL_CODE = re.compile(r"([a-z]{1,2}|fin)-(\d{2}-?\d[\d-]*)")
"""A postal code behind the letters of its country: `d-10999`, `pl-00-950`."""
_COUNTRIES = {
    "a": "at",
    "b": "be",
    "d": "de",
    "e": "es",
    "f": "fr",
    "fin": "fi",
    "fl": "li",
    "h": "hu",
    "i": "it",
    "l": "lu",
    "n": "no",
    "p": "pt",
    "s": "se",
}
"""Letters of countries on their cars that are not their codes in ISO 3166."""
_STREET = re.compile(r"([a-z-]*str)asse")
"""`Str.` and `Straße`: a query for either has to find both."""
_SHORT_STREET = re.compile(r".*str\.[,;:)]*", re.DOTALL)
"""As people write it in a query. Without its point, it may be the start of any word."""
_START_OF_CURRENCY = re.compile(r"[a-z]{1,2}")
_DECIMALS = (2, 3)
_REVERSED, _END = "tel:", "end:"
_END_MIN = 6
_GROUP = re.compile(r"[a-z]{1,2}|(?=[a-z]*\d)[a-z\d]+")
"""A part of a tracking number: all have digits, except the two letters at either end, as in `RR 123 456 785 DE`."""
_TRACKING_DIGITS_MIN = 8
_END_OF_ID = re.compile(r"[A-Za-z0-9_]+")


def words(text: str) -> list[str]:
    """Return the words of a text in their stored form: without case, accents and punctuation at their ends."""
    text = text.replace("`", "'")
    plain = text if text.isascii() and text.isprintable() else _plain(text)
    return [word for raw in plain.casefold().split() if (word := _word(raw))]


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.translate(_SAME).casefold().translate(_LETTERS))
    return "".join(c for c in letters if not unicodedata.combining(c) and (c.isprintable() or c.isspace()))


def _word(raw: str) -> str:
    word = raw.strip(_PUNCTUATION)[:TERM_MAX].strip(_PUNCTUATION)
    return _price(word) or word


def _price(word: str) -> str | None:
    """Return an amount with two decimals as it is stored: `1.234,50` and `1,234.50` become `1234.50`."""
    if word[-3:-2] not in {".", ","} or not word[:1].isdigit():
        return None
    readings = written(word)
    return str(readings[0]) if readings else None


def terms_of_text(text: str) -> Iterator[str]:
    """The terms of a name or a title: each word, the parts of `O'Brien-Lüders`, and that word without its signs."""
    for word in words(text):
        yield word
        parts = [part for part in _WITHIN.split(word) if part]
        if len(parts) > 1 and not _price(word):
            yield from (part for part in parts[1:] if len(part) > 1)
            yield "".join(parts)


def terms_of_email(address: str) -> Iterator[str]:
    """The terms of an email address: the whole, the later parts of what is before the @, and the domain. A query for
    the first part finds the whole by its beginning."""
    for word in words(address):
        yield word
        local, at, domain = word.rpartition("@")
        if at:
            yield domain
            yield from [part for part in _WITHIN.split(local) if len(part) > 1][1:]


def terms_of_phone(number: str) -> Iterator[str]:
    """The terms of a phone number: its digits in reverse, since people write its beginning differently: `+49`, `0049`
    or `0`."""
    digits = _digits(number)
    if digits:
        yield _REVERSED + digits[::-1]


def term_of_id(id: str) -> str:
    """The term of an ID: in reverse, since people distinguish IDs by their ends."""
    return _END + id.casefold()[::-1]


def beginning_of_end(text: str) -> str | None:
    """Return the prefix of the terms of all IDs that end with this text; None if the text is too short, or can't end
    an ID."""
    end = text.strip().lstrip(".…")
    return term_of_id(end) if len(end) >= _END_MIN and _END_OF_ID.fullmatch(end) else None


def terms_of_code(text: str, country: str) -> Iterator[str]:
    """Return the terms of a postal code: `sw1a1aa gb`, the code without blanks followed by its country in ISO 3166,
    and each later part, such as `1aa`. Only a query like `GB-SW1A 1AA` needs the country; all others find the code
    by its beginning."""
    typed = "".join(words(text))
    code = found[2] if (found := _POSTAL_CODE.fullmatch(typed)) else typed
    if code:
        yield f"{code} {country}".casefold().strip()
    terms = dict.fromkeys(terms_of_text(text))
    yield from (term for term in terms if not code.startswith(term))


def terms_of_reference(text: str) -> Iterator[str]:
    """The terms of the merchant's reference: those of any text, and the whole without blanks, for queries of the
    whole."""
    yield from terms_of_text(text)
    yield "".join(words(text))[:TERM_MAX]


def terms_of_tracking(number: str) -> Iterator[str]:
    """The terms of a tracking number: its words, and the whole without blanks and hyphens: `0034 0434`, `00340434`."""
    yield from words(number)
    yield _joined(words(number))


def terms_of_amount(amount: Decimal, currency: str) -> Iterator[str]:
    """The terms of an amount: in whole units, as people write it, in the smallest unit, as in Stripe's API, and the
    code of the currency."""
    yield str(amount)
    yield str(amount).replace(".", "").lstrip("0") or "0"
    yield currency.casefold()


def readings(question: str) -> Iterator[Sequence[str]]:
    """Return the possible meanings of a query, the likeliest first. Each is a list of words, and every word must
    find a term of the checkout."""
    asked = question.strip()
    likeliest = list(dict.fromkeys(word for raw in asked.split() for word in _asked(raw)))
    yield likeliest
    if number := read_order_number(asked):
        yield words(number)
    numbers = [_order_number(word) for word in likeliest]
    if numbers != likeliest:
        yield numbers
    phone = _LABEL_OF_PHONE.sub("", asked, count=1)
    digits = _digits(phone) if _PHONE.fullmatch(phone) else ""
    if len(digits) >= _PHONE_DIGITS_MIN:
        yield [_REVERSED + digits[::-1]]
    if end := beginning_of_end(asked):
        yield [end]
    yield from map(words, plain_texts(asked))
    codes = [_code_of_country(word) for word in likeliest]
    parts = [part for code in codes for part in re.split("[-']", code) if part]
    if codes != likeliest:
        yield codes
    if parts != codes:
        yield parts
    whole = _joined(likeliest)
    groups = [group for word in likeliest for group in word.split("-")]
    if [whole] != likeliest and len(_digits(whole)) >= _TRACKING_DIGITS_MIN and all(map(_GROUP.fullmatch, groups)):
        yield [whole]


def beginnings(word: str) -> Sequence[str]:
    """Return the prefixes of the terms that a word of a query finds."""
    found = _STREET.fullmatch(word)
    return [word, f"{found[1]}."] if found else [word]


def wholes(word: str) -> Sequence[str]:
    """Return the terms that a word of a query must equal: as a prefix, `str` for a street would find the name Strom,
    too."""
    found = _STREET.fullmatch(word)
    return [found[1]] if found else []


def amounts(word: str) -> Sequence[str] | None:
    """Return the terms of amounts that equal a word of a query, with and without decimals. None if the word can't be
    the beginning of an amount."""
    readings = written(word.removesuffix("."))
    if not readings and not _START_OF_CURRENCY.fullmatch(word):
        return None
    same = [
        f"{each.units}.{each.decimals:0<{places}}"
        for each in readings
        for places in _DECIMALS
        if len(each.decimals) <= places
    ]
    return list(dict.fromkeys([word, *(str(each) for each in readings if not each.decimals), *same]))


def id_in_url(text: str) -> str | None:
    """Return the last Stripe ID in the address of a page, such as one of Stripe's Dashboard; None if it has none."""
    ids = _ID.findall(text) if "/" in text else []
    return str(ids[-1]) if ids else None


def _order_number(word: str) -> str:
    """Return the order number as it is stored, without a prefix and misread letters; any other word as it is."""
    number = read_order_number(word)
    return number.casefold() if number else word


def _code_of_country(word: str) -> str:
    """A postal code behind the letters of its country, as the term of it in that country begins."""
    found = _POSTAL_CODE.fullmatch(word)
    return f"{found[2]} {_COUNTRIES.get(found[1], found[1])}" if found else word


def _joined(found: Iterable[str]) -> str:
    return "".join(found).replace("-", "")[:TERM_MAX]


def _asked(raw: str) -> list[str]:
    if id := id_in_url(raw):
        return [id.casefold()]
    bare = raw.strip(_PUNCTUATION).casefold()
    found = words(pasted_address(bare) if "@" in bare else bare)
    return [*found[:-1], f"{found[-1]}asse"] if found and _SHORT_STREET.fullmatch(raw.casefold()) else found


def _digits(number: str) -> str:
    """Return the digits without leading zeros, and without the zero in brackets after a country code."""
    return re.sub(r"\D", "", number.replace("(0)", "")).lstrip("0")
