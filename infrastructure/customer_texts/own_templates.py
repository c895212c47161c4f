"""Tests the merchant's own templates at the start, so that no fault shows first in a customer's mail."""

import traceback
from collections.abc import Mapping, Sequence

from jinja2 import Environment, TemplateError, TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.own_texts import OwnTemplate, OwnTexts, OwnTextsError

Samples = Mapping[str, Sequence[Mapping[str, object]]]
"""The samples to fill each template with; together they show every part of ours."""
_REASON_MAX = 300


def check_own_templates(texts: CustomerTexts, own: OwnTexts, samples: Samples) -> None:
    """
    Raises:
        OwnTextsError: a template does not compile, uses an unknown name, or fails for a sample.
    """
    language = texts.language(None)
    environment = texts.templates.environment(language)
    for name, template in own.templates.items():
        _check_names(environment, template, _known(name, samples))
    for name, whats in samples.items():
        for what in whats:
            _check_sample(texts, own, language, name, what)


def _known(name: str, samples: Samples) -> Mapping[str, object]:
    """Return the names that a template can use, with samples: those of all templates in its folder."""
    folder = name.partition("/")[0]
    of_folder = [what for other, whats in samples.items() if other.startswith(f"{folder}/") for what in whats]
    return {key: value for what in of_folder for key, value in what.items()}


def _check_names(environment: Environment, template: OwnTemplate, known: Mapping[str, object]) -> None:
    """Compile the template, and check every name in it, even in parts that no sample reaches."""
    try:
        tree = environment.parse(template.source, filename=str(template.path))
        environment.compile(template.source, filename=str(template.path))
    except TemplateSyntaxError as error:
        raise OwnTextsError(f"{template.path}, line {error.lineno}: {error.message}.") from error
    undeclared = find_undeclared_variables(tree) - {"language", *known, *environment.globals}
    for name in tree.find_all(nodes.Name):
        if name.name in undeclared:
            raise OwnTextsError(f"{template.path}, line {name.lineno}: there is no {name.name!r} here.")
    own_names = {name.name for name in tree.find_all(nodes.Name) if name.ctx in {"store", "param"}}
    for attribute in tree.find_all(nodes.Getattr):
        of = attribute.node
        is_known = isinstance(of, nodes.Name) and of.name in known and of.name not in own_names
        if isinstance(of, nodes.Name) and is_known and not hasattr(known[of.name], attribute.attr):
            raise OwnTextsError(
                f"{template.path}, line {attribute.lineno}: {of.name!r} has no {attribute.attr!r} here."
            )


def _check_sample(
    texts: CustomerTexts, own: OwnTexts, language: Language, name: str, what: Mapping[str, object]
) -> None:
    try:
        texts.render(name, language, **what)
    except Exception as error:  # whatever the merchant's code does, it is theirs to mend
        raise OwnTextsError(f"{_place(error, own)}: {_reason(error)}.") from error


def _place(error: Exception, own: OwnTexts) -> str:
    """Return the last line of a template of the merchant's that was at work."""
    paths = {str(template.path) for template in own.templates.values()}
    if isinstance(error, TemplateSyntaxError) and error.filename in paths:
        return f"{error.filename}, line {error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in paths]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else "FULFILL_TEMPLATES"


def _reason(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.name!r}"
    text = " ".join(str(error).split()).removesuffix(".")
    said = text if isinstance(error, TemplateError) and text else f"{type(error).__name__}: {text}"
    return said[:_REASON_MAX]
