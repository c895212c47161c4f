"""Chooses the customer's language and renders mails and pages in it."""

from collections.abc import Iterator
from functools import lru_cache

from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.locales import accepted_tags, cldr_locale
from infrastructure.customer_texts.own_style import OwnStyle
from infrastructure.customer_texts.own_texts import OwnTexts
from infrastructure.customer_texts.shop import Shop
from infrastructure.customer_texts.templates import Templates
from infrastructure.customer_texts.translations import SOURCE_LANGUAGE, Translations, shipped_texts

_LANGUAGES_MAX = 256
_ACCEPTED_MAX = 500
"""Of a header that can be as long as a head."""


class CustomerTexts:
    """Renders mails and pages in every language that has a translation."""

    def __init__(
        self, own: OwnTexts | None = None, *, default: str = SOURCE_LANGUAGE, shop: Shop | None = None
    ) -> None:
        """`default` is the tag of the language for customers whose language is unknown.

        Raises:
            LookupError: there is no translation for `default`. The message lists the available ones.
        """
        self._own = own or OwnTexts()
        self._translations = Translations(self._own.translations)
        self.shop = shop or Shop()
        self._templates = Templates(self._own, self.shop)
        default_language = self._spoken(default)
        if default_language is None:
            raise LookupError(f"must be one of {', '.join(self.languages)} (got {default[:40]!r}).")
        self._default = default_language
        self._resolved = lru_cache(_LANGUAGES_MAX)(self._resolve)

    def language(self, named: str | None, *, accepted: str = "") -> Language:
        """Return the language for a customer.

        `named` is the session's `locale` at Stripe. If it names a language, that decides: English if it has no
        translation.
        Otherwise the browser's `accepted` languages decide, then the default.
        """
        return self._resolved(named, accepted[:_ACCEPTED_MAX])

    @property
    def languages(self) -> tuple[str, ...]:
        """The names of all translations."""
        return self._translations.names

    @property
    def style(self) -> OwnStyle | None:
        """The merchant's own style sheet for the pages."""
        return self._own.style

    @property
    def templates(self) -> Templates:
        return self._templates

    def unused(self) -> Iterator[str]:
        """Yield where the merchant's translations have a text that nothing shows, as when ours has changed since."""
        environment = self._templates.environment(self._default)
        known = {message.id for message in shipped_texts()}
        for template in self._own.templates.values():
            known.update(text for _, _, text in environment.extract_translations(template.source))  # type: ignore[attr-defined]
        for name, translation in self._own.translations.items():
            for message in translation:
                if message.id and message.id not in known:
                    yield f"{name}.po, line {message.lineno}"

    def render(self, template: str, language: Language, **what: object) -> str:
        """Return a template, such as `mails/receipt.html`, filled with `what`."""
        return self._templates.render(template, language, what)

    def _resolve(self, named: str | None, accepted: str) -> Language:
        if named and cldr_locale(named):
            return self._spoken(named) or self._english()
        for tag in accepted_tags(accepted):
            spoken = self._spoken(tag)
            if spoken is not None:
                return spoken
        return self._default

    def _spoken(self, tag: str) -> Language | None:
        locale = cldr_locale(tag)
        name = self._translations.name_for(locale) if locale else None
        if locale is None or name is None:
            return None
        return Language(locale=locale, translation=name, texts=self._translations.texts(name))

    def _english(self) -> Language:
        english = self._spoken(SOURCE_LANGUAGE)
        assert english is not None, "the source language has texts"
        return english
