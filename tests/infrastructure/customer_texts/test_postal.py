"""Addresses as the postal services of their countries want them."""

import inspect
import re

import pytest
from babel.core import Locale
from stripe.checkout import Session

from domain.checkout import Address
from domain.personal import Personal
from infrastructure.customer_texts.postal import countries, postal_lines

ENGLISH = Locale.parse("en")


def an_address(country: str | None, line1: str, line2: str, city: str, state: str, postal_code: str) -> Address:
    parts = {"line1": line1, "line2": line2, "city": city, "state": state, "postal_code": postal_code}
    kept = {name: Personal(text) for name, text in {**parts, "country": country}.items() if text}
    return Address(**kept)


@pytest.mark.parametrize(
    ("country", "parts", "written"),
    [
        ("DE", ("Hauptstraße 1", "", "Berlin", "", "10115"), "Hauptstraße 1|10115 Berlin|Germany"),
        ("FR", ("1 rue de la Paix", "Bât. B", "Paris", "", "75002"), "1 rue de la Paix|Bât. B|75002 Paris|France"),
        ("IT", ("Via Roma 1", "", "Torino", "TO", "10121"), "Via Roma 1|10121 Torino TO|Italy"),
        ("ES", ("Calle Mayor 1", "", "Getafe", "Madrid", "28901"), "Calle Mayor 1|28901 Getafe Madrid|Spain"),
        (
            "US",
            ("1 Main St", "Apt 2", "Springfield", "IL", "62701"),
            "1 Main St|Apt 2|Springfield, IL 62701|United States",
        ),
        ("US", ("1 Main St", "", "Springfield", "", "62701"), "1 Main St|Springfield 62701|United States"),
        ("CA", ("1 King St W", "", "Toronto", "ON", "M5H 1A1"), "1 King St W|Toronto ON M5H 1A1|Canada"),
        ("AU", ("1 George St", "", "Sydney", "NSW", "2000"), "1 George St|Sydney NSW 2000|Australia"),
        ("GB", ("1 High St", "", "Oxford", "", "OX1 1AA"), "1 High St|Oxford|OX1 1AA|United Kingdom"),
        ("HU", ("Fő utca 1.", "", "Budapest", "", "1011"), "Budapest|Fő utca 1.|1011|Hungary"),
        ("BR", ("Rua A, 1", "Centro", "Recife", "PE", "50000-000"), "Rua A, 1|Centro|Recife-PE|50000-000|Brazil"),
        ("MX", ("Calle 1", "", "Puebla", "Pue.", "72000"), "Calle 1|72000 Puebla, Pue.|Mexico"),
        ("IN", ("1 MG Road", "", "Pune", "Maharashtra", "411001"), "1 MG Road|Pune 411001|Maharashtra|India"),
        ("TR", ("Atatürk Cd. 1", "", "Çankaya", "Ankara", "06420"), "Atatürk Cd. 1|06420 Çankaya/Ankara|Türkiye"),
        (
            "JP",
            ("1-2-3 Jingumae", "", "Shibuya-ku", "Tokyo", "150-0001"),
            "1-2-3 Jingumae|Shibuya-ku, Tokyo|150-0001|Japan",
        ),
        (
            "JP",
            ("神宮前1-2-3", "青山ビル4階", "渋谷区", "東京都", "150-0001"),
            "〒150-0001|東京都渋谷区神宮前1-2-3|青山ビル4階|Japan",
        ),
        ("KR", ("세종대로 1", "", "중구", "서울특별시", "04524"), "서울특별시 중구|세종대로 1|04524|South Korea"),
        (
            "HK",
            ("1 Queen's Rd", "", "Central", "Hong Kong Island", ""),
            "1 Queen's Rd|Central|Hong Kong Island|Hong Kong SAR China",
        ),
        ("XX", ("1 Road", "", "Town", "Region", "1"), "1 Road|1 Town|Region|XX"),
        (None, ("1 Road", "", "Town", "", "1"), "1 Road|1 Town"),
        ("DE", ("", "", "", "", ""), "Germany"),
        (None, ("", "", "", "", ""), ""),
    ],
)
def test_an_address_is_in_the_order_of_its_country(
    country: str | None, parts: tuple[str, str, str, str, str], written: str
) -> None:
    assert "|".join(postal_lines(an_address(country, *parts), ENGLISH)) == written


def test_the_country_is_named_in_the_customers_language() -> None:
    address = an_address("at", "Hauptplatz 1", "", "Graz", "", "8010")

    assert postal_lines(address, Locale.parse("fr"))[-1] == "Autriche"
    assert postal_lines(address, Locale.parse("ja"))[-1] == "オーストリア"


def test_what_people_typed_stays_one_line_each() -> None:
    lines = postal_lines(an_address("us", "1 Road\nX", "{city}", "To\u202ewn, ", "%(x)s", "1\r\n2"), ENGLISH)

    assert lines == ("1 Road X", "{city}", "Town,, %(x)s 1 2", "United States")


def test_every_country_that_stripe_ships_to_is_one() -> None:
    stripes = set(re.findall('"([A-Z]{2})"', inspect.getsource(Session.ShippingAddressCollection)))

    assert len(stripes) > 200
    assert stripes - countries() == {"ZZ"}, "ZZ is anywhere else"


@pytest.mark.parametrize("code", ["AA", "EU", "QM", "QO", "QZ", "UK", "UN", "XA", "XX", "XZ", "ZZ", "DEU", "de", ""])
def test_no_group_placeholder_or_other_spelling_is_a_country(code: str) -> None:
    assert code not in countries()
