"""What the translations must be: every text that customers read, as it stands in the code and the templates now."""

from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po

from infrastructure.customer_texts.translations import PO_FILES, TEXTS

ROOT = Path(__file__).parents[2]
LANGUAGES = ("de", "es", "fr", "it", "ja", "nl", "pt")
_METHODS = [("**.py", "python"), ("**/templates/**", "jinja2.ext:babel_extract")]
_OPTIONS = {"**/templates/**": {"trimmed": "true", "silent": "false", "encoding": "utf-8"}}
_FOLDERS = ("application", "infrastructure", "interfaces")
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"gettext": None, "gettext_noop": None, "ngettext": (1, 2), "_": None}
_WIDTH = 118


@lru_cache(maxsize=1)
def extracted() -> Catalog:
    """Return every text, wherever it stands."""
    found = Catalog(charset="utf-8")
    for folder in _FOLDERS:
        places = extract_from_dir(ROOT / folder, _METHODS, _OPTIONS, keywords=_KEYWORDS)
        for _name, _line, text, _comments, _context in places:
            found.add(text)
    return found


def read(language: str) -> Catalog:
    with (PO_FILES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def written_template() -> str:
    return _head({"Content-Type": "text/plain; charset=utf-8"}) + _body(extracted())


def written(language: str) -> str:
    """Return the translation as it must be now, with the translations that it has; what is new has none."""
    path = PO_FILES / f"{language}.po"
    translation = read(language) if path.exists() else Catalog(locale=language)
    translation.update(extracted(), no_fuzzy_matching=True)
    translation.obsolete.clear()
    plural = get_plural(language)
    head = {
        "Language": language,
        "Content-Type": "text/plain; charset=utf-8",
        "Plural-Forms": f"nplurals={plural.num_plurals}; plural={plural.plural_expr};",
    }
    return _head(head) + _body(translation)


def update() -> Iterator[Path]:
    """Update every translation, and yield those that have changed."""
    files = {TEXTS: written_template(), **{PO_FILES / f"{name}.po": written(name) for name in LANGUAGES}}
    for path, text in files.items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            yield path


def _head(fields: dict[str, str]) -> str:
    lines = "".join(f'"{name}: {value}\\n"\n' for name, value in fields.items())
    return f'msgid ""\nmsgstr ""\n{lines}\n'


def _body(translation: Catalog) -> str:
    """By the alphabet and without places, so that code can move without a change in the files."""
    file = BytesIO()
    write_po(file, translation, width=_WIDTH, omit_header=True, no_location=True, sort_output=True)
    return file.getvalue().decode()
