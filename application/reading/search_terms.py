"""The terms of search: what a text is found by, and what a person's question asks for.

A term is found by itself and by its beginning. People paste what they have: an address out of a mail program, a phone
number in their own writing, a page of Stripe's Dashboard, a price with a comma.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal

from domain.order_number import read_order_number

TERM_MAX = 200
_PUNCTUATION = ".,;:!?()[]{}<>\"'«»„“”…€$£¥"
_SAME = str.maketrans("’‘ʼʹ´ʻ′‐‑‒–—−", "'" * 7 + "-" * 6)
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "þ": "th", "æ": "ae", "œ": "oe"}
)
"""Letters that Unicode does not take apart."""
_ID = re.compile(r"(?:cs|pi|cus|sub|in|evt|plink|py|ch|re|dp)_[a-z0-9_]{4,}")
"""Of Stripe's, within an address; https://docs.stripe.com/api has the prefixes."""
_AMOUNT = re.compile(r"\d{1,3}(?:[.,]\d{3})+[.,]\d{2}|\d+[.,]\d{2}")
_GROUPED = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+)(?:[.,](\d{1,2}))?(?![\d.,])")
"""A number with its thousands apart. `4,900` may be one, or 4.9 with three decimals, so this is the later reading."""
_WITHOUT_ZERO = re.compile(r"(?<![\d.,])[.,](\d{2})(?!\d)")
_WITHIN = re.compile(r"[-'/@.+&]")
_PHONE = re.compile(r"\+?[\d\s()./-]+")
_LABEL_OF_PHONE = re.compile(r"(?:tel|phone|mobile)\b[.:\s]*", re.IGNORECASE)
_PHONE_DIGITS_MIN = 6
_REVERSED, _END = "tel:", "end:"
_END_MIN = 6
_END_OF_ID = re.compile(r"[A-Za-z0-9_]+")


def words(text: str) -> list[str]:
    """The words of a text, each as it is stored and asked for: without case, accents and punctuation at its ends."""
    text = text.replace("`", "'")
    plain = text if text.isascii() and text.isprintable() else _plain(text)
    return [word for raw in plain.casefold().split() if (word := _word(raw))]


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.translate(_SAME).casefold().translate(_LETTERS))
    return "".join(c for c in letters if not unicodedata.combining(c) and (c.isprintable() or c.isspace()))


def _word(raw: str) -> str:
    word = raw.strip(_PUNCTUATION)[:TERM_MAX].strip(_PUNCTUATION)
    return _amount(word) if word[-1:].isdigit() and _AMOUNT.fullmatch(word) else word


def _amount(word: str) -> str:
    """A price with its decimals behind a point, and nothing else: `1.234,50` and `1,234.50` are `1234.50`."""
    return re.sub("[.,]", "", word[:-3]) + "." + word[-2:]


def terms_of_text(text: str) -> Iterator[str]:
    """A name or a title: each word, the parts of `O'Brien-Lüders`, and the word without its signs."""
    for word in words(text):
        yield word
        parts = [part for part in _WITHIN.split(word) if part]
        if len(parts) > 1 and not _AMOUNT.fullmatch(word):
            yield from (part for part in parts[1:] if len(part) > 1)
            yield "".join(parts)


def terms_of_email(address: str) -> Iterator[str]:
    """The whole, what stands before the @ by its later parts, and the domain. The first part begins the whole."""
    for word in words(address):
        yield word
        local, at, domain = word.rpartition("@")
        if at:
            yield domain
            yield from [part for part in _WITHIN.split(local) if len(part) > 1][1:]


def terms_of_phone(number: str) -> Iterator[str]:
    """The digits from the last to the first: what people write differently is the beginning, `+49`, `0049` or `0`."""
    digits = _digits(number)
    if digits:
        yield _REVERSED + digits[::-1]


def term_of_id(id: str) -> str:
    """An ID from its end, since that is how people distinguish IDs."""
    return _END + id.casefold()[::-1]


def beginning_of_end(text: str) -> str | None:
    """What the terms begin with of IDs that end so; None if it is too short, or can't be the end of an ID."""
    end = text.strip().lstrip(".…")
    return term_of_id(end) if len(end) >= _END_MIN and _END_OF_ID.fullmatch(end) else None


def terms_of_code(text: str) -> Iterator[str]:
    """A postal code: by its words and their parts, and without blanks: `SW1A 1AA`, `sw1a1aa`; `D-10999`, `10999`."""
    yield from terms_of_text(text)
    yield "".join(words(text))


def terms_of_reference(text: str) -> Iterator[str]:
    """The merchant's name of an order: as any text, and without blanks, which is how it is asked for as a whole."""
    yield from terms_of_text(text)
    yield "".join(words(text))[:TERM_MAX]


def terms_of_amount(amount: Decimal, currency: str) -> Iterator[str]:
    """In whole units, as people write it, in the smallest unit, as Stripe's API does, and the currency's code."""
    yield str(amount)
    yield str(amount).replace(".", "").lstrip("0") or "0"
    yield currency.casefold()


def readings(question: str) -> Iterator[Sequence[str]]:
    """What a question may ask for, the likeliest first: the beginnings of terms, all of which a checkout must have."""
    asked = question.strip()
    likeliest = list(dict.fromkeys(word for raw in asked.split() for word in _asked(raw)))
    yield likeliest
    if number := read_order_number(asked):
        yield words(number)
    phone = _LABEL_OF_PHONE.sub("", asked, count=1)
    digits = _digits(phone) if _PHONE.fullmatch(phone) else ""
    if len(digits) >= _PHONE_DIGITS_MIN:
        yield [_REVERSED + digits[::-1]]
    if end := beginning_of_end(asked):
        yield [end]
    amount = _WITHOUT_ZERO.sub(r"0.\1", _GROUPED.sub(_ungrouped, asked))
    if amount != asked:
        yield words(amount)
    parts = [part for word in likeliest for part in re.split("[-']", word) if part]
    if parts != likeliest:
        yield parts


def _ungrouped(number: re.Match[str]) -> str:
    whole = re.sub(r"\D", "", number[1])
    return f"{whole}.{number[2]}" if number[2] else whole


def _asked(raw: str) -> list[str]:
    if "/" in raw and (ids := _ID.findall(raw.casefold())):
        return ids[-1:]
    bare = raw.strip(_PUNCTUATION).casefold()
    return words(bare.removeprefix("mailto:").partition("?")[0] if "@" in bare else bare)


def _digits(number: str) -> str:
    """Without the zeros at the beginning, and without the zero that stands in brackets behind a country's code."""
    return re.sub(r"\D", "", number.replace("(0)", "")).lstrip("0")
