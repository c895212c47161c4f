"""Writes down what customers read: every mail and page in every language. From the root:

    PYTHONPATH=tests:tests/support .venv/bin/python -m golden.customer_texts
        after a text, a template or a translation was changed: look at the difference in git

HTML stands as it is for English, and once more for a language that is written from right to left. Of every other
language it is what can be read of it, since the markup is the same.
"""

import re
from html import unescape
from pathlib import Path

from customer_language import SHOP, SHOP_TEXTS
from customer_samples import LANGUAGES, sample_mails, sample_pages
from pseudo_language import from_right_to_left

from infrastructure.customer_texts.customer_texts import CustomerTexts

HERE = Path(__file__).parent / "texts"
WITH_MARKUP = ("en", "he")
_SHOWN = "receipt receipt-free payment-failed shipped shipped-with-link backordered delivered".split()
"""The mails whose HTML part is kept: its parts are the same in the others."""
_HEAD = re.compile(r"<head>.*?</head>", flags=re.DOTALL)
_STYLE = re.compile(r"<style>.*?</style>", flags=re.DOTALL)
_BLOCK = re.compile(r"</?(?:h1|h2|p|tr|li|div|dt|dd|summary|br|td|th)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_EMPTY_LINES = re.compile(r"(?:\s*\n)+")


def texts_of(language: str) -> CustomerTexts:
    return from_right_to_left(SHOP) if language == "he" else SHOP_TEXTS


def htmls(language: str) -> dict[str, dict[str, str]]:
    """Return the HTML of mails and of pages, by name."""
    texts = texts_of(language)
    mails = sample_mails(language, texts)
    return {"mails": {name: mails[name].html for name in _SHOWN}, "pages": sample_pages(language, texts)}


def written_down(language: str) -> dict[str, str]:
    """Return the files of a language, by name. A mail's style sheet stands once, since it is the same for all."""
    html = htmls(language)
    style, *_ = _STYLE.findall(html["mails"]["receipt"])
    texts = {
        name: f"{mail.subject}\n\n{mail.text}" for name, mail in sample_mails(language, texts_of(language)).items()
    }
    kept = {"mails.txt": _one_file(texts)}
    for what, all in html.items():
        kept[f"{what}-html.txt"] = _one_file({name: _as_read(each) for name, each in all.items()})
        if language in WITH_MARKUP:
            whole = _one_file({name: _EMPTY_LINES.sub("\n", _STYLE.sub("", each)) for name, each in all.items()})
            kept[f"{what}.html"] = f"{style}\n{whole}" if what == "mails" else whole
    return kept


def _one_file(parts: dict[str, str]) -> str:
    return "\n\n".join(f"=== {name}\n{text.strip()}" for name, text in parts.items()) + "\n"


def _as_read(html: str) -> str:
    title = html.partition("<title>")[2].partition("</title>")[0]
    body = _TAG.sub("", _BLOCK.sub("\x00", " ".join(_HEAD.sub("", html).split())))
    lines = (" ".join(line.split()) for line in [title, *body.split("\x00")])
    return unescape("\n".join(line for line in lines if line))


def main() -> None:
    for language in LANGUAGES:
        folder = HERE / language
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in written_down(language).items():
            (folder / name).write_text(text)


if __name__ == "__main__":
    main()
