"""Every text that customers read is translated into every language, and nothing else is."""

import re

import pytest
from babel.core import Locale
from babel.messages.catalog import Message
from messages.extraction import LANGUAGES, read, written, written_template

from infrastructure.customer_texts.translations import PO_FILES, TEXTS, Translations

_VALUE = re.compile(r"%\(\w+\)s|%")
"""A value that is filled in; or a percent sign that is none, and should have been doubled."""
_MARKUP = re.compile(r"[<>&]")


def ids(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def messages(language: str) -> list[Message]:
    return [message for message in read(language) if message.id]


def test_there_is_a_catalog_for_each_language_and_no_other() -> None:
    assert {path.stem for path in PO_FILES.glob("*.po")} == set(LANGUAGES)
    assert Translations().names == tuple(sorted((*LANGUAGES, "en")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalog_has_the_texts_as_they_are_now_and_no_others(language: str) -> None:
    assert (PO_FILES / f"{language}.po").read_text() == written(language), "`make messages` brings it up to date"


def test_the_template_for_translators_has_the_texts_as_they_are_now() -> None:
    assert TEXTS.read_text() == written_template(), "`make messages` brings it up to date"


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_to_translate(language: str) -> None:
    translation = read(language)
    left = [
        message.id
        for message in messages(language)
        if message.fuzzy
        or len(strings(message)) != len(ids(message)[:1]) * _forms(message, translation.num_plurals)
        or not all(strings(message))
    ]

    assert not left
    assert not translation.obsolete


def _forms(message: Message, plurals: int) -> int:
    return plurals if message.pluralizable else 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_has_the_values_of_its_text(language: str) -> None:
    for message in messages(language):
        wanted = [sorted(_VALUE.findall(text)) for text in ids(message)]
        for text in strings(message):
            assert sorted(_VALUE.findall(text)) in wanted, (language, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_has_markup_or_spaces_around_it(language: str) -> None:
    for message in messages(language):
        for text in strings(message):
            assert not _MARKUP.search(text)
            assert text == text.strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_stays_a_sentence_and_a_label_a_label(language: str) -> None:
    """What ends in a full stop is a sentence that others may follow; what does not may be a heading or a label."""
    for message in messages(language):
        is_sentence = ids(message)[0].endswith(".")
        for text in strings(message):
            if is_sentence:
                assert text[-1] in ".!。", (language, text)
            elif not ids(message)[0].endswith((":", ",")):
                assert text[-1] not in ".。:：", (language, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plural_forms_are_those_of_the_language(language: str) -> None:
    """One form for one and another for many, as CLDR has it, where the language distinguishes them."""
    texts = Translations().texts(language)
    one, many = (texts.ngettext("Your license key:", "Your license keys:", number) for number in (1, 2))

    assert (one != many) is (Locale.parse(language).plural_form(1) != Locale.parse(language).plural_form(2))
