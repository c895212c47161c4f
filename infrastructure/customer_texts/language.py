"""The language in which a customer reads: our texts, and the locale that writes amounts and dates."""

from dataclasses import dataclass
from gettext import NullTranslations
from typing import Literal

from babel.core import Locale

from infrastructure.customer_texts.formatting import format_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    locale: Locale
    translation: str
    """The name of the translation that its texts are from."""
    texts: NullTranslations

    @property
    def tag(self) -> str:
        """The IETF tag, for `lang` in HTML."""
        return str(self.locale).replace("_", "-")

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        return "rtl" if self.locale.text_direction == "rtl" else "ltr"

    def gettext(self, text: str, **values: object) -> str:
        """Return the text in this language, with a value for each of its `%(name)s`."""
        return self.texts.gettext(text) % values

    def ngettext(self, one: str, many: str, number: int, **values: object) -> str:
        """Return the form of the text that goes with this number in this language."""
        return self.texts.ngettext(one, many, number) % values

    def number(self, number: int) -> str:
        return format_number(number, self.locale)
