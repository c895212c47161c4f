"""The templates of mails and pages, ours and the merchant's, with the texts of one language."""

from collections.abc import Mapping

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    pass_eval_context,
    select_autoescape,
)
from jinja2.nodes import EvalContext
from markupsafe import escape

from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.own_texts import SHIPPED_TEMPLATES, OwnTemplate, OwnTexts
from infrastructure.customer_texts.shop import Shop

ORIGINAL = "original"
"""The folder under which the merchant's templates find ours: `{% extends "original/mails/receipt.html" %}`."""


class Templates:
    """Compiles each template once for each language, when it is first used."""

    def __init__(self, own: OwnTexts, shop: Shop) -> None:
        """A template of the merchant's replaces ours of the same name. Every template can use `shop`."""
        self._shop = shop
        self._style = own.style
        shipped = FileSystemLoader(SHIPPED_TEMPLATES)
        self._loader = ChoiceLoader([_OwnLoader(own.templates), shipped, PrefixLoader({ORIGINAL: shipped})])
        self._environments: dict[str, Environment] = {}

    def render(self, name: str, language: Language, what: Mapping[str, object]) -> str:
        return self.environment(language).get_template(name).render(language=language, **what)

    def environment(self, language: Language) -> Environment:
        known = self._environments.get(language.translation)
        if known is None:
            known = self._environments[language.translation] = self._made(language)
        return known

    def _made(self, language: Language) -> Environment:
        """Everything is escaped but in texts, which nothing reads as a markup; so are translations."""
        made = Environment(
            loader=self._loader,
            autoescape=select_autoescape(disabled_extensions=("txt",), default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        made.policies["ext.i18n.trimmed"] = True
        is_mirrored = language.direction == "rtl"
        made.globals["start"], made.globals["end"] = ("right", "left") if is_mirrored else ("left", "right")
        made.globals["shop"] = self._shop
        made.globals["own_style"] = self._style.version if self._style else None
        texts = language.texts

        @pass_eval_context
        def gettext(context: EvalContext, text: str) -> str:
            return _plain(context, texts.gettext(text))

        @pass_eval_context
        def ngettext(context: EvalContext, one: str, many: str, number: int) -> str:
            return _plain(context, texts.ngettext(one, many, number))

        made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
        return made


def _plain(context: EvalContext, translated: str) -> str:
    """A text is no markup. Jinja takes what `gettext` returns as markup wherever it escapes."""
    return escape(translated) if context.autoescape else translated


class _OwnLoader(BaseLoader):
    """The merchant's templates as they were read at the start; later changes of the files have no effect."""

    def __init__(self, own: Mapping[str, OwnTemplate]) -> None:
        self._own = own

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:  # noqa: ARG002
        found = self._own.get(template)
        if found is None:
            raise TemplateNotFound(template)
        return found.source, str(found.path), None
