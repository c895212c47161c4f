"""The merchant's own templates and translations, read from the directory that `FULFILL_TEMPLATES` names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po

from infrastructure.customer_texts.locales import cldr_locale, translation_names
from infrastructure.customer_texts.own_style import STYLE_NAME, OwnStyle, fault_in_style
from infrastructure.customer_texts.translations import compiled

SHIPPED_TEMPLATES = Path(__file__).parent / "templates"
_FOLDERS = ("mails", "pages")
_FILE_BYTES_MAX = 1024 * 1024
_PLURALS_TRIED = 200
_PO_LINE = re.compile(r'|#.*|((msgctxt|msgid|msgid_plural|msgstr(\[\d\])?)\s*)?"([^"\\]|\\.)*"')
"""What a line of a translation can be. The library reads others too, and drops a part of them."""
_VALUE = re.compile(r"%\((\w+)\)s")


class OwnTextsError(Exception):
    """A text or template of the merchant's can't be used. The message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTemplate:
    path: Path
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTexts:
    templates: Mapping[str, OwnTemplate] = field(default_factory=dict)
    """By name, such as `mails/receipt.html`."""
    translations: Mapping[str, Catalog] = field(default_factory=dict)
    """By name, such as `de` or `pt_BR`."""
    style: OwnStyle | None = None


def read_own_texts(directory: Path) -> OwnTexts:
    """Read every file of the directory. Files whose names begin with a dot are left alone.

    Raises:
        OwnTextsError: a file can't be read, is not one that would be used, or is a translation with a mistake.
    """
    if not directory.is_dir():
        raise OwnTextsError(f"FULFILL_TEMPLATES: {directory} is not a directory.")
    templates: dict[str, OwnTemplate] = {}
    translations: dict[str, Catalog] = {}
    style = None
    for path in _entries(directory):
        if path == directory / STYLE_NAME and path.is_file():
            style = _style(path)
        elif path.is_dir() and path.name in _FOLDERS:
            templates.update(_templates(path))
        elif path.suffix == ".po" and path.is_file():
            translations[_translation_name(path)] = _translation(path)
        else:
            raise OwnTextsError(
                f"{path}: unknown entry; only mails/, pages/, {STYLE_NAME} and texts such as de.po are used."
            )
    return OwnTexts(templates=templates, translations=translations, style=style)


def _entries(directory: Path) -> Sequence[Path]:
    try:
        return sorted(path for path in directory.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise OwnTextsError(f"{directory} can't be read: {error.strerror or type(error).__name__}.") from error


def _style(path: Path) -> OwnStyle:
    style = OwnStyle(path=path, source=_text(path))
    if fault := fault_in_style(style.source):
        line, why = fault
        raise OwnTextsError(f"{path}, line {line}: {why}.")
    return style


def _templates(folder: Path) -> Iterator[tuple[str, OwnTemplate]]:
    shipped = sorted(path.name for path in (SHIPPED_TEMPLATES / folder.name).iterdir())
    for path in _entries(folder):
        if path.name not in shipped and not path.name.startswith("_"):
            raise OwnTextsError(
                f"{path} must be one of the templates of {folder.name}/: {', '.join(shipped)}. "
                "Start the names of included templates with _."
            )
        yield f"{folder.name}/{path.name}", OwnTemplate(path=path, source=_text(path))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_FILE_BYTES_MAX + 1)
        if len(content) > _FILE_BYTES_MAX:
            raise OwnTextsError(f"{path} is larger than 1 MiB.")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise OwnTextsError(f"{path}, line {line}: is not valid UTF-8.") from error
    except OSError as error:
        raise OwnTextsError(f"{path} can't be read: {error.strerror or type(error).__name__}.") from error


def _translation_name(path: Path) -> str:
    locale = cldr_locale(path.stem)
    names = translation_names(locale) if locale else ()
    name = path.stem.replace("-", "_")
    if name not in names:
        raise OwnTextsError(f"{path} must be named after a language, such as de.po or pt_BR.po.")
    return name


def _translation(path: Path) -> Catalog:
    lines = _text(path).splitlines()
    for number, line in enumerate(lines, 1):
        if not _PO_LINE.fullmatch(line.strip()):
            raise OwnTextsError(f'{path}, line {number}: must be msgid "...", msgstr "...", "..." or # ....')
    try:
        translation = read_po(lines, locale=_translation_name(path), abort_invalid=True)
    except PoFileError as error:
        reason = str(error).removesuffix(f" on {error.lineno}")
        raise OwnTextsError(f"{path}, line {error.lineno + 1}: {reason}.") from error
    except ValueError as error:
        raise OwnTextsError(f"{path}: {error}.") from error
    for message in translation:
        wrong = _wrong(message, translation.num_plurals) if message.id else None
        if wrong is not None:
            raise OwnTextsError(f"{path}, line {message.lineno}: {wrong}.")
    _check_plurals(path, translation)
    return translation


def _check_plurals(path: Path, translation: Catalog) -> None:
    try:
        form_for = compiled(translation).ngettext  # by another name: these two are no text of ours
        for number in range(_PLURALS_TRIED):
            form_for("one", "many", number)
    except (ValueError, ArithmeticError) as error:
        raise OwnTextsError(f"{path}: the rule in Plural-Forms can't be used: {error}.") from error


def _wrong(message: Message, plurals: int) -> str | None:
    """Return what is wrong with a message that would be used."""
    written = [message.string] if isinstance(message.string, str) else list(message.string)
    if not any(written):
        return None
    forms = sum(map(bool, written))
    if message.pluralizable and forms != plurals:
        return f"a text for a number needs {plurals} forms in this language, and has {forms}"
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    values = {name: "" for id in ids for name in _VALUE.findall(id)}
    for text in written:
        try:
            text % values
        except KeyError as error:
            return f"the text has no value %({error.args[0]})s; it has {', '.join(values) or 'none'}"
        except (ValueError, TypeError):
            return "a percent sign that is no value is written %%"
    return None
