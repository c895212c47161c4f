"""Parts of English sentences: a number with its noun, a list, a sentence inside another one."""

from collections.abc import Iterable


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return the number with its noun: "1 row", "2 rows". `plural` is for nouns that need more than an s."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def listed(texts: Iterable[str]) -> str:
    """Return the texts, at least one, as "a, b and c"."""
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last


def inside(text: str) -> str:
    """Return a sentence as part of another one, with a small first letter unless a name has it: HTTP, ReadTimeout."""
    first = text.split(" ", 1)[0]
    keeps_its_capital = first.startswith("Stripe") or any(letter.isupper() for letter in first[1:])
    return text if keeps_its_capital else text[:1].lower() + text[1:]
