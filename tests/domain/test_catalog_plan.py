"""The plan: what fulfilling each line of a session means, by the merchant's file and the product's metadata."""

from typing import Any

import pytest
from builders import a_checkout, a_line_item
from kinds import ACCESS, HTTP, LICENSE_KEY, MANUAL, SHIPMENT
from typed_ids import as_sku

from domain import reasons
from domain.catalog import Catalog
from domain.checkout import LineItem
from domain.deliveries.kind import BUILT_IN
from domain.plan import PlannedLine, Rule

NO_RULE = reasons.no_rule()


def planned(item: LineItem, catalog: Catalog | None = None) -> PlannedLine:
    (line,) = (catalog or Catalog()).plan(a_checkout(line_items=[item]))
    return line


def by_product(rule: Rule, **others: Any) -> Catalog:
    return Catalog(products={"prod_li_1": rule}, **others)


def test_a_product_is_delivered_as_the_file_says() -> None:
    rule = Rule(delivery=SHIPMENT, sku=as_sku("mug-blue"), track_stock=True, name="The mug", settings={"fragile": True})

    line = planned(a_line_item(), by_product(rule))

    assert line == PlannedLine(
        item=a_line_item(),
        delivery=SHIPMENT,
        sku=as_sku("mug-blue"),
        track_stock=True,
        name="The mug",
        settings={"fragile": True},
    )


def test_a_rule_for_the_price_wins_over_the_one_for_its_product() -> None:
    catalog = Catalog(
        prices={"price_li_1": Rule(delivery=ACCESS)}, products={"prod_li_1": Rule(delivery=SHIPMENT, sku=as_sku("mug"))}
    )

    assert planned(a_line_item(), catalog).delivery == ACCESS


def test_the_file_wins_over_the_products_metadata() -> None:
    item = a_line_item(metadata={"delivery": "shipment", "sku": "mug"})

    line = planned(item, by_product(Rule(delivery=ACCESS)))

    assert (line.delivery, line.sku) == (ACCESS, None)


def test_without_a_rule_in_the_file_the_products_metadata_says_how() -> None:
    line = planned(a_line_item(metadata={"delivery": " shipment ", "sku": " mug-blue "}))

    assert (line.delivery, line.sku, line.remark) == (SHIPMENT, "mug-blue", None)


@pytest.mark.parametrize("metadata", [{"delivery": "access"}, {"delivery": "access", "sku": " "}])
def test_metadata_needs_no_sku(metadata: dict[str, str]) -> None:
    line = planned(a_line_item(metadata=metadata))

    assert (line.delivery, line.sku, line.remark) == (ACCESS, None, None)


def test_metadata_alone_never_takes_stock() -> None:
    assert planned(a_line_item(metadata={"delivery": "shipment", "sku": "mug"})).stock_sku is None


@pytest.mark.parametrize("metadata", [{}, {"sku": "mug"}, {"delivery": " "}])
def test_a_product_without_a_rule_waits_for_a_person(metadata: dict[str, str]) -> None:
    line = planned(a_line_item(metadata=metadata))

    assert (line.delivery, line.remark) == (MANUAL, NO_RULE)


@pytest.mark.parametrize("changes", [{"price": None}, {"product": None}, {"price": None, "product": None}])
def test_a_line_item_without_a_price_or_product_is_planned_all_the_same(changes: dict[str, Any]) -> None:
    assert planned(a_line_item(**changes)).remark == NO_RULE


def test_a_delivery_without_a_handler_waits_for_a_person() -> None:
    line = planned(a_line_item(metadata={"delivery": "drone"}))

    assert (line.delivery, line.remark) == (MANUAL, reasons.unknown_delivery("drone"))


def test_a_long_delivery_is_cut() -> None:
    line = planned(a_line_item(metadata={"delivery": "x" * 400}))

    assert line.remark == reasons.unknown_delivery("x" * 40)


def test_a_kind_of_the_merchants_own_is_carried_out_automatically() -> None:
    line = planned(a_line_item(), by_product(Rule(delivery="drone"), kinds=BUILT_IN | {"drone"}))

    assert (line.delivery, line.remark, line.kind) == ("drone", None, None)


def test_an_http_delivery_goes_where_the_file_says() -> None:
    line = planned(a_line_item(), by_product(Rule(delivery=HTTP, settings={"url": "https://example.com/hook"})))

    assert (line.delivery, line.settings) == (HTTP, {"url": "https://example.com/hook"})


def test_metadata_can_not_say_where_an_http_delivery_goes() -> None:
    line = planned(a_line_item(metadata={"delivery": "http", "url": "https://evil.example"}))

    assert line.delivery == MANUAL
    assert line.remark == reasons.no_url()


@pytest.mark.parametrize(
    ("rule", "product", "pool"),
    [
        (Rule(delivery=LICENSE_KEY, sku=as_sku("pro"), settings={"pool": "big"}), "prod_li_1", "big"),
        (Rule(delivery=LICENSE_KEY, sku=as_sku("pro")), "prod_li_1", "pro"),
        (Rule(delivery=LICENSE_KEY), "prod_li_1", "prod_li_1"),
    ],
)
def test_license_keys_come_from_the_named_pool_else_that_of_the_sku_else_of_the_product(
    rule: Rule, product: str, pool: str
) -> None:
    assert planned(a_line_item(product=product), by_product(rule)).settings["pool"] == pool


def test_license_keys_of_a_price_without_a_product_have_a_pool_too() -> None:
    catalog = Catalog(prices={"price_li_1": Rule(delivery=LICENSE_KEY)})

    assert planned(a_line_item(product=None), catalog).settings["pool"] == "li_1"


def test_a_pool_that_can_not_exist_waits_for_a_person() -> None:
    line = planned(a_line_item(), by_product(Rule(delivery=LICENSE_KEY, settings={"pool": "a b"})))

    assert line.delivery == MANUAL
    assert line.remark == reasons.invalid_pool()


def test_a_sku_that_can_not_exist_waits_for_a_person_and_takes_no_stock() -> None:
    line = planned(a_line_item(), by_product(Rule(delivery=SHIPMENT, sku=as_sku("a/b"), track_stock=True)))

    assert (line.delivery, line.stock_sku) == (MANUAL, None)
    assert line.remark == reasons.invalid_sku()


def test_what_a_person_must_deliver_for_want_of_a_kind_takes_stock_all_the_same() -> None:
    line = planned(a_line_item(), by_product(Rule(delivery="drone", sku=as_sku("mug"), track_stock=True)))

    assert (line.delivery, line.stock_sku) == (MANUAL, "mug")


def test_stock_is_taken_only_where_the_rule_tracks_it() -> None:
    assert planned(a_line_item(), by_product(Rule(delivery=SHIPMENT, sku=as_sku("mug")))).stock_sku is None


def test_every_line_is_planned_in_the_order_of_the_session() -> None:
    items = [a_line_item(f"li_{number}") for number in range(120)]

    plan = Catalog().plan(a_checkout(line_items=items))

    assert [line.id for line in plan] == [item.id for item in items]


def test_a_quantity_of_zero_is_nothing_bought() -> None:
    items = [a_line_item("li_1", quantity=0), a_line_item("li_2", quantity=2)]

    assert [line.id for line in Catalog().plan(a_checkout(line_items=items))] == ["li_2"]


def test_a_session_without_lines_has_an_empty_plan() -> None:
    assert Catalog().plan(a_checkout(line_items=[])) == ()


def test_the_line_goes_by_the_merchants_name_for_it_else_by_stripes_description() -> None:
    assert planned(a_line_item(), by_product(Rule(delivery=ACCESS, name="The course"))).title == "The course"
    assert planned(a_line_item()).title == "Product of li_1"


def test_a_catalog_that_comes_from_no_file_names_none() -> None:
    assert Catalog().digest == ""
