"""docs/languages.md names the languages that there are, and its examples can be used as they stand."""

import re
from pathlib import Path

from babel.core import Locale

from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.settings import load_settings
from interfaces.bootstrap import customer_texts

DOC = (Path(__file__).parents[2] / "docs" / "languages.md").read_text()
KEYS = {"STRIPE_API_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}


def example(beginning: str) -> str:
    """Return the block of the page that begins so."""
    blocks = re.findall(r"^```\n(.*?)^```$", DOC, flags=re.DOTALL | re.MULTILINE)
    return next(str(block) for block in blocks if block.startswith(beginning))


def test_every_language_is_named() -> None:
    first = DOC.partition("Amounts")[0]

    for name in CustomerTexts().languages:
        assert str(Locale.parse(name).get_display_name("en")) in first


def test_the_examples_can_be_used_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "receipt.html").write_text(example("{% extends"))
    (tmp_path / "de.po").write_text(example("msgid"))

    texts = customer_texts(load_settings({**KEYS, "FULFILL_TEMPLATES": str(tmp_path)}, None))

    german = texts.language("de")
    assert german.gettext("Thank you for your order: here is your receipt") == "Danke! Ihr Beleg"
    assert list(texts.unused()) == []
