"""The translations of our texts. The merchant's own translations take precedence."""

from collections.abc import Mapping
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.core import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from infrastructure.customer_texts.locales import translation_names

SOURCE_LANGUAGE = "en"
"""The language in which the texts stand in the code and in the templates."""
PO_FILES = Path(__file__).parent / "po"
TEXTS = PO_FILES / "messages.pot"
"""Every text, for translators."""


def gettext_noop(text: str) -> str:
    """Mark a text to be extracted; it is translated where it is used."""
    return text


class Translations:
    """Reads each translation once, when its language is first used, which takes 10 ms of CPU."""

    def __init__(self, own: Mapping[str, Catalog] | None = None) -> None:
        """`own` are the merchant's, by name: `de`, `pt_BR`. Each of their messages wins over ours."""
        self._own = own or {}
        self._shipped = {path.stem: path for path in PO_FILES.glob("*.po")}
        self.names = tuple(sorted({SOURCE_LANGUAGE, *self._shipped, *self._own}))
        self._read: dict[str, NullTranslations] = {}

    def name_for(self, locale: Locale) -> str | None:
        """Return the name of the translation that is nearest to this locale; None if its language has none."""
        return next((name for name in translation_names(locale) if name in self.names), None)

    def texts(self, name: str) -> NullTranslations:
        """Return all texts. A text that a translation lacks comes from a more general one, or is left in English."""
        known = self._read.get(name)
        if known is None:
            known = self._read[name] = self._chain(name)
        return known

    def _chain(self, name: str) -> NullTranslations:
        chain = NullTranslations()
        for each in reversed(translation_names(Locale.parse(name))):
            if each in self._shipped:
                chain = _before(chain, _shipped_translation(self._shipped[each]))
            if each in self._own:
                chain = _before(chain, self._own[each])
        return chain


def compiled(translation: Catalog) -> NullTranslations:
    """
    Raises:
        ValueError: its rule for plural forms is invalid.
    """
    file = BytesIO()
    write_mo(file, translation)
    file.seek(0)
    return GNUTranslations(file)


def _before(fallback: NullTranslations, translation: Catalog) -> NullTranslations:
    texts = compiled(translation)
    texts.add_fallback(fallback)
    return texts


def shipped_texts() -> Catalog:
    """Return every text of ours, without a translation."""
    with TEXTS.open("rb") as file:
        return read_po(file)


def _shipped_translation(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)
