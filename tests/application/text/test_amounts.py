"""The spellings of amounts that people use, and what each means in which currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.text.amounts import AmbiguousAmount, NoAmount, plain_texts, smallest_unit, written
from domain.money import major_units


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        *(("66,00", "eur", 6600), ("66.00", "eur", 6600), ("66", "eur", 6600), ("66,5", "eur", 6650)),
        *((",99", "eur", 99), (".99", "eur", 99), ("0,500", "eur", 50), ("007", "eur", 700)),
        *(("1.234,50", "eur", 123450), ("1,234.50", "usd", 123450), ("1'234.50", "chf", 123450)),
        *(("1’234.50", "chf", 123450), ("1 234,50", "eur", 123450), ("1\u202f234,50", "eur", 123450)),
        *(("1,234,567", "usd", 123456700), ("1.234.567,8", "eur", 123456780), ("1234,500", "eur", 123450)),
        *(("1,575", "eur", 157500), ("1 575", "eur", 157500)),
        *(("1,500", "jpy", 1500), ("1.500", "jpy", 1500), ("4900", "jpy", 4900), ("1,234,567", "jpy", 1234567)),
        *(("1.500", "kwd", 1500), ("1,5", "kwd", 1500), ("1,234.567", "kwd", 1234567), ("0,575", "kwd", 575)),
    ],
)
def test_an_amount_is_read_in_every_spelling_that_means_one(text: str, currency: str, amount: int) -> None:
    assert smallest_unit(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "amounts"),
    [
        ("1,500", "eur", ["1500", "1.50"]),
        ("1.500", "eur", ["1500", "1.50"]),
        ("12.340", "usd", ["12340", "12.34"]),
        ("1,500", "kwd", ["1500", "1.500"]),
        ("1,575", "kwd", ["1575", "1.575"]),
    ],
)
def test_what_may_be_two_amounts_is_refused_with_a_spelling_for_each(
    text: str, currency: str, amounts: list[str]
) -> None:
    with pytest.raises(AmbiguousAmount) as refused:
        smallest_unit(text, currency)

    assert refused.value.amounts == amounts
    assert len({smallest_unit(each, currency) for each in amounts}) == 2


@pytest.mark.parametrize("currency", ["eur", "jpy", "kwd"])
@pytest.mark.parametrize(
    "text", ["", ".", "-5", "1,2,3", "1,23,456", "49 EUR", "12.", "1e3", "٣", "9" * 16, "1,234.5678"]
)
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(NoAmount):
        smallest_unit(text, currency)


@pytest.mark.parametrize(
    ("text", "currency"), [("24.5", "jpy"), ("49.00", "jpy"), ("1,234.567", "eur"), ("1.2345", "kwd")]
)
def test_more_decimals_than_the_currency_has_are_refused(text: str, currency: str) -> None:
    with pytest.raises(NoAmount):
        smallest_unit(text, currency)


@given(amount=st.integers(0, 10**14), currency=st.sampled_from(["eur", "jpy", "kwd"]))
def test_an_amount_as_we_write_it_is_read_as_the_same_amount(amount: int, currency: str) -> None:
    assert smallest_unit(str(major_units(amount, currency)), currency) == amount


@given(text=st.text(alphabet="0123456789.,' -e", max_size=25))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert len(written(text)) <= 2
    assert len(plain_texts(text)) <= 2


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1 234,50 €", ["1234.50 €"]),
        ("4,900 JPY", ["4900 JPY", "4.900 JPY"]),
        (".99", ["0.99"]),
        ("mug 17", []),
        ("2.10.2026", []),
    ],
)
def test_amounts_within_a_text_get_a_point_and_nothing_else(text: str, plain: list[str]) -> None:
    assert plain_texts(text) == plain
