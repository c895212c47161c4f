"""What people paste, and what it finds."""

from collections.abc import Set
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.reading.search_terms import (
    amounts,
    beginnings,
    readings,
    terms_of_amount,
    terms_of_code,
    terms_of_email,
    terms_of_phone,
    terms_of_reference,
    terms_of_text,
    terms_of_tracking,
    wholes,
    words,
)

TERMS = {
    *terms_of_text("Sinéad O’Brien-Lüders"),
    *terms_of_text("Bjørn Łęcki Strauß Đorđević Kırmızı Æsa"),
    *terms_of_email("mara.muster+shop@mail.example.com"),
    *terms_of_phone("+4915112345678"),
    *terms_of_code("SW1A 1AA", "GB"),
    *terms_of_text("Berliner Str. 5"),
    *terms_of_text("Neue Hauptstraße 7"),
    *terms_of_text("Karl-Marx-Str."),
    *terms_of_text("SO-77"),
    *words("VZ10X-TW2KN"),
    *terms_of_tracking("00340434161094000000"),
    *terms_of_tracking("RR123456785DE"),
    *terms_of_tracking("1Z 999-AA1 01 2345 6784"),
    *terms_of_reference("ORDER-1 of May"),
    *terms_of_amount(Decimal("1234.50"), "eur"),
    *terms_of_amount(Decimal("500"), "jpy"),
    *terms_of_amount(Decimal("0.99"), "gbp"),
    *terms_of_amount(Decimal("4900"), "jpy"),
    *terms_of_code("10999", "DE"),
    *terms_of_code("75011", "FR"),
    *terms_of_code("A-1040", "AT"),
    *terms_of_code("00-950", "PL"),
    *terms_of_text("Fritz Danziger"),
    *words("pi_3MtwBwLkdIwHu7ix28a3tqPa"),
    *words("plink_1MoC3ULkdIwHu7ixZjtGpVl2"),
    *words("cs_test_a1B2c3"),
    *words("cus_Nff"),
}


def is_found(question: str) -> bool:
    return any(all(map(finds_a_term, reading)) for reading in readings(question) if reading)


def finds_a_term(word: str, terms: Set[str] = frozenset(TERMS)) -> bool:
    return any(
        term in (*wholes(word), *(amounts(word) or ())) or term.startswith(tuple(beginnings(word))) for term in terms
    )


@pytest.mark.parametrize(
    "question",
    [
        "Sinéad O’Brien-Lüders <mara.muster+shop@mail.example.com>",
        '"O\'Brien-Lüders, Sinéad" <mara.muster+shop@mail.example.com>,',
        "mailto:mara.muster+shop@mail.example.com?subject=Order",
        "MAILTO:mara.muster+shop@mail.example.com",
        "<mara.muster+shop@mail.example.com>;",
        "muster",
        "mail.example.com",
        "O'Brien",
        "O´Brien",
        "O`Brien",
        "OBrien-Luders",
        "O'Brien Lüders",
        "OBrien",
        "O’BRIEN‑LÜDERS",  # with a hyphen that does not break
        "Lüders",
        "luders sinead",
        "bjorn",
        "Lecki",
        "Łęcki",
        "strauss",
        "Strauß",
        "dordevic",
        "Kirmizi",
        "aesa",
        "+4915112345678",
        "+49 (0)151 / 123 456-78",
        "0049 151 12345678",
        "0151-12345678",
        "(0151) 12 34 56 78",
        "Tel.: 0151 12345678",
        "Phone +49 151 12345678",
        "tel:+49-151-12345678",
        "151 12345678",
        "SW1A 1AA",
        "sw1a1aa",
        "D-10999",
        "d-10999 danziger",
        "DE-10999",
        "F-75011",
        "FR-75011",
        "75011",
        "10999",
        "Berliner Straße 5",
        "berliner strasse",
        "Berliner Str.",
        "Hauptstr. 7",
        "Hauptstraße",
        "HAUPTSTRASSE 7",
        "Strasse",
        "Karl-Marx-Straße",
        "A-1040",
        "1040",
        "a1040",
        "PL-00-950",
        "SO-77",
        "so 77",
        "00340434161094000000",
        "0034 0434 1610 9400 0000",
        "0034-0434-1610-9400-0000",
        "1Z 999-AA1 01 2345 6784",
        "RR 123 456 785 DE",
        "1Z999AA10123456784",
        "1z-999-aa1-01-2345-6784",
        "VZ10X-TW2KN · ORDER-1 of May",
        "VZ10X-TW2KN · ORDER-1 of…",
        "MUG-VZ10X-TW2KN · ORDER-1 of May",
        "mug-vzlox-tw2kn order-1",
        "77",
        "1234.50",
        "1234,50",
        "1.234,50 EUR",
        "€1,234.50",
        "1 234,50 €",
        "1'234.50",
        "123450",
        "0,99 GBP",
        ".99",
        "4,900 JPY",
        "0,99",
        "1234,5 EUR",
        "4.900",
        "99",
        "500 JPY",
        "https://dashboard.stripe.com/test/payments/pi_3MtwBwLkdIwHu7ix28a3tqPa",
        "https://dashboard.stripe.com/acct_1032D82eZvKYlo2C/test/payments/pi_3MtwBwLkdIwHu7ix28a3tqPa?tab=overview#log",
        "dashboard.stripe.com/test/payments/pi_3MtwBwLkdIwHu7ix28a3tqPa",
        "https://dashboard.stripe.com/payment-links/plink_1MoC3ULkdIwHu7ixZjtGpVl2",
        "https://shop.example.com/after-checkout?session_id=cs_test_a1B2c3",
        "https://checkout.stripe.com/c/pay/cs_test_a1B2c3#fidkdWxOYHwnPyd1",
        "(cs_test_a1B2c3)",
    ],
)
def test_what_people_paste_is_found(question: str) -> None:
    assert is_found(question)


@pytest.mark.parametrize(
    "question",
    [
        "Brienz",
        "0151 12345679",
        "+43 151 12345678",
        "1234,51",
        "1 234,51",
        "4,901",
        "Tel.: 0151 12345679",
        "O'Brien-Muster-Lee",
        "dashboard.stripe.com/test/payments/pi_another",
        "1.234,50 USD",
        "https://dashboard.stripe.com/test/payments/pi_another",
        "mara@example.com",
        "SW1A 1AB",
        "D-10998",
        "0034 0434 1610 9400 0001",
        "1Z999AA10123456785",
        "1z-999-aa1-01-2345-6785",
        "VZ10X-TW2KN · ORDER-2",
        "VZ10X-TW2KM · ORDER-1 of May",
        "F-10999",
        "FR-10999",
        "D-75011",
        "F-75001",
        "CH-8001",
        "FIN-00100",
        "Marxstraße",
    ],
)
def test_what_is_another_is_not_found(question: str) -> None:
    assert not is_found(question)


@pytest.mark.parametrize("text", ["Berliner Str. 5", "Berliner Straße 5", "BERLINER STRASSE 5", "Berliner Str.5"])
@pytest.mark.parametrize("question", ["Berliner Str.", "berliner straße", "Berliner Strasse", "berliner str"])
def test_the_ways_to_write_a_street_find_each_other(text: str, question: str) -> None:
    terms = frozenset(terms_of_text(text))

    assert any(all(finds_a_term(word, terms) for word in reading) for reading in readings(question))


@pytest.mark.parametrize("question", ["Strasse", "Straße", "STR.", "(Str.)", "Hauptstrasse", "Hauptstr.,"])
def test_the_abbreviation_of_a_street_is_no_start_of_a_word(question: str) -> None:
    terms = frozenset(terms_of_text("Max Strom Hauptstrom"))

    assert not any(all(finds_a_term(word, terms) for word in reading) for reading in readings(question))


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("1", ["1", "1.00", "1.000"]),
        ("12.5", ["12.5", "12.50", "12.500"]),
        ("12.50", ["12.50", "12.500"]),
        ("12.", ["12.", "12", "12.00", "12.000"]),
        ("12,5", ["12,5", "12.50", "12.500"]),
        ("1,500", ["1,500", "1500", "1500.00", "1500.000", "1.500"]),
        ("eu", ["eu"]),
        ("eur", None),
        ("1z", None),
        ("12.5000", None),
    ],
)
def test_a_number_finds_the_amounts_that_equal_it(word: str, found: list[str] | None) -> None:
    assert amounts(word) == found


@pytest.mark.parametrize(
    ("text", "found"), [("1,234.50", ["1234.50"]), ("2.10.2026", ["2.10.2026"]), ("v1,5", ["v1,5"])]
)
def test_only_an_amount_is_read_as_one(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("text", "code"), [("D-10999", "10999 de"), ("F-75001", "75001 fr"), ("CH-8001", "8001 ch"), ("L-1234", "1234 lu")]
)
def test_a_postal_code_behind_a_country_is_a_code_of_that_country(text: str, code: str) -> None:
    assert list(readings(text)) == [[text.casefold()], [code]]


@pytest.mark.parametrize(
    ("text", "country", "terms"),
    [
        ("10999", "DE", {"10999 de"}),
        ("D-10999", "DE", {"10999 de", "d-10999", "d10999"}),
        ("SW1A 1AA", "GB", {"sw1a1aa gb", "1aa"}),
        ("00-950", "", {"00-950", "950", "00950"}),
        ("", "IE", set()),
    ],
)
def test_a_postal_code_has_no_term_that_is_the_beginning_of_another(text: str, country: str, terms: set[str]) -> None:
    assert {*terms_of_code(text, country)} == terms


def test_digits_are_a_phone_number_only_where_nothing_else_is_asked_for() -> None:
    assert list(readings("12345678 mug")) == [["12345678", "mug"]]
    assert list(readings("12345")) == [["12345"]], "too few for a phone number"


@given(text=st.text(max_size=60))
def test_every_text_is_found_by_itself(text: str) -> None:
    terms = [*terms_of_text(text), *terms_of_email(text), *terms_of_code(text, "DE")]

    assert all(any(term.startswith(word) for term in terms) for word in words(text))


@given(text=st.text(max_size=60))
def test_every_question_can_be_read(text: str) -> None:
    assert all(isinstance(reading, list) for reading in readings(text))
