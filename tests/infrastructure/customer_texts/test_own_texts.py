"""The merchant's own texts and templates, and the messages about those that can't be used."""

from dataclasses import replace
from pathlib import Path

import pytest
from customer_language import render_not_found
from log_parts import COURSE, MUG, mail

from domain.mail import Mail, MailKind
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.customer_texts.own_texts import OwnTextsError
from infrastructure.customer_texts.translations import PO_FILES
from infrastructure.mail.render import Written, render
from infrastructure.setting_values import SettingsError
from infrastructure.settings import load_settings
from interfaces.bootstrap import customer_texts

RECEIPT = replace(mail(MailKind.RECEIPT, MUG, COURSE), locale="en")
KEYS = {"STRIPE_API_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}


def given(directory: Path, **files: str) -> None:
    """`mails__receipt_html` is the file `mails/receipt.html`."""
    for name, text in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = directory / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def texts_of(directory: Path, **settings: str) -> CustomerTexts:
    """As a server has them that starts with this directory."""
    return customer_texts(load_settings({**KEYS, "FULFILL_TEMPLATES": str(directory), **settings}, None))


def written(mail: Mail, texts: CustomerTexts) -> Written:
    return render(mail, texts, shop="Shop", is_answered=False)


def refusal(directory: Path, **settings: str) -> str:
    with pytest.raises((OwnTextsError, SettingsError)) as refused:
        texts_of(directory, **settings)
    return str(refused.value).replace(f"{directory}/", "")


def test_a_template_of_ours_name_takes_its_place_for_every_language(tmp_path: Path) -> None:
    given(tmp_path, mails__receipt_txt="{{ mail.heading }} {% trans %}Total{% endtrans %} {{ mail.total }}")

    texts = texts_of(tmp_path)

    assert written(RECEIPT, texts).text == "Thank you for your order Total €13.90"
    german = written(replace(RECEIPT, locale="de"), texts).text
    assert german == "Vielen Dank für Ihre Bestellung Gesamtbetrag 13,90\u00a0€"


def test_a_template_can_change_a_part_of_ours(tmp_path: Path) -> None:
    given(
        tmp_path,
        mails__receipt_html='{% extends "original/mails/receipt.html" %}'
        '{% block content %}<p>A & B</p>{% include "mails/_note.html" %}{{ super() }}{% endblock %}',
        mails___note_html="<p>{{ mail.lines[0].title }}</p>",
    )

    html = written(replace(RECEIPT, lines=(replace(RECEIPT.lines[0], title="<Mug>"),)), texts_of(tmp_path)).html

    before, _, after = html.partition("<p>A & B</p><p>&lt;Mug&gt;</p>")
    assert "<h1>Thank you for your order</h1>" in before
    assert '<table class="rows"' in after


def test_a_base_of_the_merchants_is_used_by_all_mails(tmp_path: Path) -> None:
    given(tmp_path, mails__base_txt="{{ mail.greeting }}\n{% block content %}{% endblock %}\nMade by hand in Ghent.")
    texts = texts_of(tmp_path)

    for kind in MailKind:
        assert written(replace(RECEIPT, kind=kind), texts).text.endswith("\nMade by hand in Ghent.")


def test_a_message_of_the_merchants_wins_over_ours_and_leaves_the_others(tmp_path: Path) -> None:
    given(
        tmp_path,
        de_po='msgid "Thank you for your order"\nmsgstr "Juhu, <eine> Bestellung!"\n',
        en_po='msgid "Total"\nmsgstr "Sum"\n',
    )
    texts = texts_of(tmp_path)

    german, english = written(replace(RECEIPT, locale="de-AT"), texts), written(RECEIPT, texts)

    assert "<h1>Juhu, &lt;eine&gt; Bestellung!</h1>" in german.html, "a text is no markup"
    assert "Gesamtbetrag: " in german.text
    assert "\nSum: €13.90" in english.text


def test_a_text_is_no_markup_in_a_template_either(tmp_path: Path) -> None:
    given(
        tmp_path,
        en_po='msgid "Total"\nmsgstr "A & <b>"\n\nmsgid "%(label)s: %(value)s"\nmsgstr "<%(label)s> %(value)s"\n\n'
        'msgid "Your license key:"\nmsgid_plural "Your license keys:"\nmsgstr[0] "<key>"\nmsgstr[1] "<keys>"\n',
        mails__receipt_html="{% trans %}Total{% endtrans %}"
        "{% trans label='<x>', value=1 %}{{ label }}: {{ value }}{% endtrans %}"
        "{% trans count=2 %}Your license key:{% pluralize %}Your license keys:{% endtrans %}",
        mails__receipt_txt="{% trans %}Total{% endtrans %}{% trans label='<x>', value=1 %}{{ label }}: {{ value }}"
        "{% endtrans %}",
    )

    both = written(RECEIPT, texts_of(tmp_path))

    assert both.html == "A &amp; &lt;b&gt;&lt;&lt;x&gt;&gt; 1&lt;keys&gt;"
    assert both.text == "A & <b><<x>> 1"


def test_a_file_that_claims_another_encoding_is_read_as_the_utf_8_that_it_is(tmp_path: Path) -> None:
    given(
        tmp_path,
        de_po='msgid ""\nmsgstr "Content-Type: text/plain; charset=ISO-8859-1\\n"\n\n'
        'msgid "Total"\nmsgstr "Für alles"\n',
    )

    assert texts_of(tmp_path).language("de").gettext("Total") == "Für alles"


def test_a_regional_catalog_goes_before_that_of_its_language(tmp_path: Path) -> None:
    given(tmp_path, pt_BR_po='msgid "Carrier"\nmsgstr "Transportador"\n', pt_po='msgid "Total"\nmsgstr "Soma"\n')
    texts = texts_of(tmp_path)

    brazil, portugal = texts.language("pt-BR"), texts.language("pt")

    assert [language.gettext("Carrier") for language in (brazil, portugal)] == ["Transportador", "Transportadora"]
    assert [language.gettext("Total") for language in (brazil, portugal)] == ["Soma", "Soma"]
    assert brazil.gettext("Subtotal") == "Subtotal"


def test_a_language_of_the_merchants_own_is_written_from_its_side(tmp_path: Path) -> None:
    given(tmp_path, he_po='msgid "We could not find this order"\nmsgstr "לא מצאנו את ההזמנה"\n')
    texts = texts_of(tmp_path, FULFILL_LOCALE="he")

    html = render_not_found(texts.language(None), texts)
    receipt = written(replace(RECEIPT, locale="auto"), texts)

    assert '<html lang="he" dir="rtl">' in html
    assert "לא מצאנו את ההזמנה" in html
    assert 'dir="rtl"' in receipt.html
    assert '<td class="amount" align="left">' in receipt.html
    assert "text-align: right" in receipt.html


def test_our_own_catalogs_could_be_the_merchants(tmp_path: Path) -> None:
    for path in PO_FILES.glob("*.po"):
        (tmp_path / path.name).write_bytes(path.read_bytes())

    assert written(replace(RECEIPT, locale="ja"), texts_of(tmp_path)) == written(
        replace(RECEIPT, locale="ja"), CustomerTexts()
    )


def test_what_changes_after_the_start_changes_nothing(tmp_path: Path) -> None:
    given(tmp_path, mails__receipt_txt="As it was")
    texts = texts_of(tmp_path)

    given(tmp_path, mails__receipt_txt="{{ nonsense", de_po="nonsense")

    assert written(replace(RECEIPT, locale="de"), texts).text == "As it was"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"mails__receipt_txt": "\n{% if %}"}, "mails/receipt.txt, line 2: Expected an expression, got 'end of"),
        ({"mails__receipt_html": "\n\n{{ mial.total }}"}, "mails/receipt.html, line 3: there is no 'mial' here."),
        ({"mails__receipt_html": "{{ mail.totl }}"}, "mails/receipt.html, line 1: 'mail' has no 'totl' here."),
        (
            {"mails__receipt_txt": "{% if mail.total == 'never' %}\n{{ mail.totl }}{% endif %}"},
            "mails/receipt.txt, line 2: 'mail' has no 'totl' here.",
        ),
        (
            {"mails__receipt_txt": "{% for line in mail.lines %}\n{{ line.titel }}{% endfor %}"},
            "mails/receipt.txt, line 2: 'infrastructure.mail.content.LineContent object' has no attribute 'titel'.",
        ),
        (
            {"pages__items_html": "{% macro items(all, language, unfolded, keys_unfolded) %}\n{{ al }}{% endmacro %}"},
            "pages/items.html, line 2: there is no 'al' here.",
        ),
        (
            {"pages__base_html": "{% macro f(page) %}{{ page.anything }}{% endmacro %}\n{{ 1 / 0 }}"},
            "pages/base.html, line 2: ZeroDivisionError: division by zero.",
        ),
        (
            {"pages__landing_html": '{% extends "pages/bse.html" %}'},
            "pages/landing.html, line 1: there is no template 'pages/bse.html'.",
        ),
        ({"mails___part_html": "{% endif %}"}, "mails/_part.html, line 1: Encountered unknown tag 'endif'."),
        ({"mails__reciept_html": ""}, "mails/reciept.html must be one of the templates of mails/: backordered.html, "),
        ({"receipt_html": ""}, "receipt.html: unknown entry; only mails/, pages/, landing.css and texts such as de."),
        ({"emails__receipt_html": ""}, "emails: unknown entry; only mails/, pages/"),
        ({"german_po": ""}, "german.po must be named after a language, such as de.po or pt_BR.po."),
        ({"de_XX_po": ""}, "de_XX.po must be named after a language"),
        (
            {"de_po": 'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=n+;\\n"\n'},
            "de.po: the rule in Plural-Forms can't be used: unexpected end of plural form.",
        ),
        (
            {"de_po": 'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=n%(n-7);\\n"\n'},
            "de.po: the rule in Plural-Forms can't be used: ",
        ),
        ({"de_po": 'msgid "Total"\nmsgstr "Summe\n'}, 'de.po, line 2: must be msgid "...", msgstr "...", "..."'),
        ({"de_po": 'msgid "Total"\nmsgstr "50 % Summe"\n'}, "de.po, line 1: a percent sign that is no value"),
        (
            {"de_po": 'msgid "Hello %(name)s,"\nmsgstr "Hallo %(nmae)s,"\n'},
            "de.po, line 1: the text has no value %(nmae)s; it has name.",
        ),
        (
            {"ja_po": 'msgid "Your license key:"\nmsgid_plural "Your license keys:"\nmsgstr[0] "A"\nmsgstr[1] "B"\n'},
            "ja.po, line 1: msg has more translations than num_plurals of catalog.",
        ),
        (
            {"fr_po": 'msgid "Your license key:"\nmsgid_plural "Your license keys:"\nmsgstr[0] "A"\n'},
            "fr.po, line 1: a text for a number needs 2 forms in this language, and has 1.",
        ),
    ],
)  # fmt: skip
def test_a_mistake_stops_the_start_with_its_file_and_line(tmp_path: Path, files: dict[str, str], message: str) -> None:
    given(tmp_path, **files)

    assert refusal(tmp_path).startswith(message)


def test_a_directory_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    assert "not there is not a directory." in refusal(tmp_path / "not there")


def test_a_file_that_is_no_text_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "de.po").write_bytes(b"\n\n\xff")

    assert refusal(tmp_path) == "de.po, line 3: is not valid UTF-8."


def test_a_file_of_any_size_stops_the_start_and_not_the_machine(tmp_path: Path) -> None:
    (tmp_path / "de.po").write_bytes(b"\n" * (1024 * 1024 + 1))

    assert refusal(tmp_path) == "de.po is larger than 1 MiB."


def test_a_default_language_without_texts_stops_the_start(tmp_path: Path) -> None:
    assert refusal(tmp_path, FULFILL_LOCALE="pl").startswith("FULFILL_LOCALE must be one of de,")
    given(tmp_path, pl_po="")

    assert texts_of(tmp_path, FULFILL_LOCALE="pl").language(None).tag == "pl"


def test_what_is_hidden_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / ".receipt.html.swp").write_bytes(b"\xff")

    assert written(RECEIPT, texts_of(tmp_path)) == written(RECEIPT, CustomerTexts())


def test_a_text_that_nothing_shows_is_reported(tmp_path: Path) -> None:
    given(
        tmp_path,
        mails__receipt_txt="{% trans %}Made in Ghent{% endtrans %}",
        de_po='msgid "Total"\nmsgstr "Summe"\n\nmsgid "Made in Ghent"\nmsgstr "Aus Gent"\n\n'
        'msgid "As it was in an older version"\nmsgstr "Wie früher"\n\n'
        'msgid "Your license key:"\nmsgid_plural "Your license keys:"\nmsgstr[0] "Key:"\nmsgstr[1] "Keys:"\n',
    )

    assert list(texts_of(tmp_path).unused()) == ["de.po, line 7"]
    assert list(CustomerTexts().unused()) == []
