"""A list of parcels that have left: all of them are recorded, or none, and a row that can't be is named."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interfaces.cli.arguments.parcel_file import PARCELS_MAX, ParcelRow, read_parcel_file
from interfaces.cli.usage import UsageError

pytestmark = pytest.mark.every_store

Fulfill = Callable[..., Any]
ORDER, POSTER = "cs_test_a1Q7xK2mVd", "cs_test_c3S9zM4oXf"
BY = ("--as", "kim", "--reason", "picked up")


@pytest.fixture
def listed(tmp_path: Path) -> Callable[..., str]:
    def write(*rows: str, header: str = "order,carrier,tracking") -> str:
        file = tmp_path / "parcels.csv"
        file.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
        return str(file)

    return write


def parcels(fulfill: Fulfill, session: str) -> list[str]:
    story = fulfill("checkout", session, "--json").json["story"]
    return [entry["text"] for entry in story if entry["type"] == "Fulfillment.Shipped"]


def stock(fulfill: Fulfill) -> tuple[int, int]:
    [mugs] = fulfill("stock", "list", "--json").json
    return mugs["on_hand"], mugs["reserved"]


@pytest.mark.usefixtures("small_shop_anywhere")
def test_the_parcels_of_a_list_are_shipped_with_who_and_why(fulfill: Fulfill, listed: Callable[..., str]) -> None:
    result = fulfill("ship-all", listed("ORDER-17,DHL,0034"), *BY)

    assert (result.code, result.out) == (0, "Recorded 1 parcel.\n")
    assert parcels(fulfill, ORDER) == ["Shipped parcel 1 with DHL, tracking 0034: “Mug, blue”"]
    assert stock(fulfill) == (3, 2)
    story = fulfill("checkout", ORDER, "--json").json["story"]
    of_stock = next(entry for entry in story if entry["type"] == "StockItem.Dispatched")
    assert (of_stock["actor"], of_stock["reason"]) == ("staff:kim", "picked up")


@pytest.mark.usefixtures("small_shop_anywhere")
def test_an_order_that_has_left_is_refused_with_its_parcel_and_what_corrects_it(
    fulfill: Fulfill, listed: Callable[..., str]
) -> None:
    fulfill("ship", ORDER, "--carrier", "DHL", "--tracking", "0034", *BY)

    again = [fulfill("ship", ORDER, *named, "--carrier", "UPS", *BY) for named in ((), ("--line", "li_mug"))]
    row = fulfill("ship-all", listed("ORDER-17,DHL,0034"), *BY)

    for result in again:
        assert (result.code, result.out) == (1, "")
        assert ": Shipped already: parcel 1 with DHL, 0034. `fulfill correct-parcel KV96R-719NK " in result.err
        assert "--parcel 1 --tracking ...` corrects it, and `fulfill unship` undoes it.\n" in result.err
    assert (row.code, "Shipped already: parcel 1." in row.err) == (1, True)
    assert len(parcels(fulfill, ORDER)) == 1


@pytest.mark.usefixtures("small_shop_anywhere")
def test_one_refused_row_keeps_the_whole_list_from_being_recorded(fulfill: Fulfill, listed: Callable[..., str]) -> None:
    result = fulfill("ship-all", listed("ORDER-17,DHL,0034", "ORDER-19,DHL,0035", "cs_test_stranger,DHL,"), *BY)

    assert result.code == 1
    assert f"Row 3, FYNAM-S28WS ({POSTER}): No line of this checkout is ready to be packed." in result.err
    assert "(cs_test_stranger): No checkout cs_test_stranger in the log." in result.err
    assert "Row 2" not in result.err
    assert result.err.endswith("Nothing was recorded.\n")
    assert parcels(fulfill, ORDER) == []
    assert stock(fulfill) == (5, 4)


@pytest.mark.usefixtures("small_shop_anywhere")
def test_an_order_twice_in_a_list_is_refused(fulfill: Fulfill, listed: Callable[..., str]) -> None:
    result = fulfill("ship-all", listed("ORDER-17,DHL,0034", f"{ORDER},DHL,0034"), *BY)

    assert result.code == 1
    assert result.err == (
        f"fulfill: Row 3, KV96R-719NK ({ORDER}): Row 2 is of the same order, and ships all that it has ready to pack. "
        "Remove one of the two rows. Nothing was recorded.\n"
    )
    assert parcels(fulfill, ORDER) == []


@pytest.mark.usefixtures("small_shop_anywhere")
def test_a_dry_run_decides_as_the_real_one_and_records_nothing(fulfill: Fulfill, listed: Callable[..., str]) -> None:
    good, dry = listed("ORDER-17,DHL,0034"), ("--dry-run", *BY)

    shown, document = fulfill("ship-all", good, *dry), fulfill("ship-all", good, *dry, "--json")

    assert (shown.code, document.code) == (0, 0)
    assert shown.out.endswith("1 parcel can be shipped. Nothing was recorded.\n")
    listed_parcel = {"row": 2, "session_id": ORDER, "order_number": "KV96R-719NK", "carrier": "DHL", "tracking": "0034"}
    assert document.json == {"parcels": [listed_parcel], "is_dry_run": True, "is_followed": True}
    assert parcels(fulfill, ORDER) == []
    assert fulfill("ship-all", listed("ORDER-19,DHL,0034"), *dry).code == 1


@pytest.mark.usefixtures("small_shop_anywhere")
def test_an_order_that_is_not_known_is_named_by_its_row(fulfill: Fulfill, listed: Callable[..., str]) -> None:
    result = fulfill("ship-all", listed("ORDER-17,DHL,", "ORDER-99,DHL,"), *BY)

    assert result.code == 1
    assert result.err.startswith("fulfill: Row 3: No checkout has")
    assert parcels(fulfill, ORDER) == []


@pytest.mark.usefixtures("small_shop_anywhere")
def test_all_rows_that_are_unknown_or_not_ready_are_named_at_once(fulfill: Fulfill, listed: Callable[..., str]) -> None:
    rows = ("ORDER-98,DHL,", "ORDER-17,DHL,", "ORDER-19,DHL,", "ORDER-99,DHL,")
    many = [f"ORDER-{number},DHL," for number in range(50, 57)]

    result, dry = (fulfill("ship-all", listed(*rows), *more, *BY) for more in ((), ("--dry-run",)))
    long = fulfill("ship-all", listed(*many), *BY)

    assert (result.code, dry.code, long.code) == (1, 1, 1)
    assert result.err == dry.err
    assert re.findall(r"Row \d+", result.err) == ["Row 2", "Row 4", "Row 5"]
    assert result.err.endswith("Nothing was recorded.\n")
    assert long.err.endswith("2 more rows refused: 7, 8. Nothing was recorded.\n")
    assert parcels(fulfill, ORDER) == []


@pytest.mark.usefixtures("small_shop_anywhere")
def test_a_rounded_tracking_number_hides_no_other_refused_row(fulfill: Fulfill, listed: Callable[..., str]) -> None:
    rows = ("ORDER-17,DHL,3.40434E+17", "ORDER-99,DHL,", "ORDER-17,DHL,0034", "ORDER-19,DHL,")

    result, dry = (fulfill("ship-all", listed(*rows), *more, *BY) for more in ((), ("--dry-run",)))

    assert (result.code, dry.code) == (1, 1)
    assert result.err == dry.err
    assert re.findall(r"Row \d+", result.err) == ["Row 2", "Row 3", "Row 4", "Row 2", "Row 5"]
    assert f"Row 2, KV96R-719NK ({ORDER}): A spreadsheet rounded the tracking number (got '3.40434E+17')." in result.err
    assert parcels(fulfill, ORDER) == []


@pytest.mark.usefixtures("small_shop_anywhere")
def test_a_rounded_tracking_number_is_refused_of_a_single_parcel_too(fulfill: Fulfill) -> None:
    rounded = fulfill("ship", ORDER, "--carrier", "DHL", "--tracking", "3.4E+17", *BY)
    fulfill("ship", ORDER, "--carrier", "DHL", "--tracking", "0034", *BY)
    corrected = fulfill("correct-parcel", ORDER, "--tracking", "3,4e+17", *BY)

    assert (rounded.code, corrected.code) == (1, 1)
    assert "rounded the tracking number (got '3.4E+17')" in rounded.err
    assert "rounded the tracking number (got '3,4e+17')" in corrected.err
    assert parcels(fulfill, ORDER) == ["Shipped parcel 1 with DHL, tracking 0034: “Mug, blue”"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_list_is_read_as_spreadsheets_write_it(tmp_path: Path, separator: str) -> None:
    rows = [("\ufeffTracking", " Order", "CARRIER "), ("3E17", '"ORDER-17"', " DHL "), ("", "", ""), ("", "K7", "Post")]
    file = tmp_path / "parcels.csv"
    file.write_bytes("\r\n".join(map(separator.join, rows)).encode())

    assert read_parcel_file(str(file)) == [
        ParcelRow(row=2, order="ORDER-17", carrier="DHL", tracking="3E17"),
        ParcelRow(row=4, order="K7", carrier="Post", tracking=None),
    ]


@pytest.mark.parametrize(
    ("content", "result"),
    [
        (b"", "must be order,carrier,tracking, but it is empty"),
        (b"\nORDER-17,DHL,0034\n", "must be order,carrier,tracking, but it is empty"),
        (
            b"ORDER-17,DHL,0034\n",
            r"must name the columns order, carrier and tracking, each once \(got 'ORDER-17,DHL,0034'\)\. "
            r"Missing: order, carrier, tracking\. Unknown: 'order-17', 'dhl', '0034'\.$",
        ),
        (b"order,carrier\nORDER-17,DHL\n", r"\(got 'order,carrier'\)\. Missing: tracking\.$"),
        (b"order;carrier;tracking;kg\nORDER-17;DHL;;2\n", r"tracking;kg'\)\. Unknown: 'kg'\.$"),
        (b"order,Order,carrier,tracking\na,a,DHL,\n", r"\. More than once: order\.$"),
        (b"order,carrier,tracking\n", r"must have 1 to 500 parcels \(got 0\)"),
        (b"order,carrier,tracking\n" + b"a,b,c\n" * (PARCELS_MAX + 1), r"must have 1 to 500 parcels \(got 501\)"),
        (b"order,carrier,tracking\nORDER-17,DHL\n", "Row 2 has 2 columns, not 3"),
        (b"order,carrier,tracking\n,DHL,0034\n", "Row 2 has no order"),
        (b"order,carrier,tracking\nORDER-17, ,0034\n", "Row 2 has no carrier"),
        (b'order,carrier,tracking\n"ORDER-17,DHL,0034\n', r"Row 2 is not CSV \(.*\): check its quotes\."),
        (
            b"order,carrier,tracking\n,DHL,1\nORDER-17,DHL,2\nORDER-18,UPS\n,,3\n"
            b'"OR"DER,DHL,4\n\n ,UPS,5\nORDER-19,DHL,6,7\n',
            r"parcels\.csv: Rows 2 and 8: each has no order\. Row 4 has 2 columns, not 3: 'ORDER-18, UPS'\. "
            r"Row 5 has no order and no carrier\. Row 6 is not CSV \(.*\): check its quotes\. "
            r"Row 9 has 4 columns, not 3: 'ORDER-19, DHL, 6, 7'\. Nothing was recorded\.$",
        ),
        (b"order,carrier,tracking\nORDER-17,M\xfcller,\n", "is not valid UTF-8"),
        (b" " * (1024 * 1024 + 1), "is larger than 1 MiB"),
    ],
)
def test_what_is_no_list_of_parcels_is_refused_whole(tmp_path: Path, content: bytes, result: str) -> None:
    file = tmp_path / "parcels.csv"
    file.write_bytes(content)

    with pytest.raises(UsageError, match=result):
        read_parcel_file(str(file))
