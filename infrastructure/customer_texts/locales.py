"""Language tags of Stripe, of browsers and of the merchant as locales of the CLDR."""

import re
from collections.abc import Iterator

from babel.core import Locale, UnknownLocaleError

_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")
_MEANT = {"pt": "pt-PT"}
"""Where Stripe means another region than CLDR: beside `pt` it has `pt-BR`, and for CLDR `pt` is Brazil's."""
_QUALITY = re.compile(r"q=(0(\.\d{0,3})?|1(\.0{0,3})?)")


def cldr_locale(tag: str) -> Locale | None:
    """Return the locale of an IETF language tag, or the nearest more general one; None for a tag that names none.

    `auto` is Stripe's word for none: https://docs.stripe.com/js/appendix/supported_locales
    """
    if not _TAG.fullmatch(tag):
        return None
    parts = _MEANT.get(tag, tag).replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        try:
            return Locale.parse("-".join(parts[:length]), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def translation_names(locale: Locale) -> tuple[str, ...]:
    """Return the names that a translation for this locale can have, the nearest first: `pt_BR`, `pt`."""
    language, script, territory = locale.language, locale.script, locale.territory
    full = ((language, script, territory), (language, territory), (language, script), (language,))
    return tuple(dict.fromkeys("_".join(part for part in parts if part) for parts in full))


def accepted_tags(header: str) -> Iterator[str]:
    """Yield the tags of an `Accept-Language` header, the most wanted first; a malformed header yields none.

    https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
    """
    wanted = [_wanted(part) for part in header.split(",")]
    for quality, tag in sorted(wanted, key=lambda pair: -pair[0]):
        if quality > 0:
            yield tag


def _wanted(part: str) -> tuple[float, str]:
    tag, *parameters = (text.strip() for text in part.split(";"))
    quality = _QUALITY.fullmatch(parameters[0]) if parameters else None
    return float(quality[1]) if quality else 0.0 if parameters else 1.0, tag
