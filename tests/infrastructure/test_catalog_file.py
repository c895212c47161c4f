"""What a shopkeeper may write in the catalog file, and what is refused with which sentence."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from builders import a_checkout, a_line_item
from typed_ids import as_sku

from domain.catalog import Catalog, LowStock
from domain.deliveries.kind import BUILT_IN, DeliveryKind
from domain.identifiers import pool_name
from domain.plan import Rule
from domain.reference import Alike
from infrastructure.catalog_file import FILE_BYTES_MAX, CatalogError, load_catalog

OWN = frozenset({"courier"})
KINDS = "access, courier, http, license_key, manual, shipment"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "catalog.toml"


def load(file: Path, text: str | bytes) -> Catalog:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_catalog(file, OWN)


def refusal(file: Path, text: str | bytes) -> str:
    """The sentence, without the file's name at its beginning."""
    with pytest.raises(CatalogError) as refused:
        load(file, text)
    sentence = str(refused.value)
    assert sentence.startswith((f"{file}: ", f"{file} "))
    assert not re.match(r": (is|can't|must)\b", sentence.removeprefix(str(file))), "a verb follows the name itself"
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence.removeprefix(str(file)).removeprefix(":").removeprefix(" ")


def is_refused(file: Path, text: str) -> bool:
    try:
        load(file, text)
    except CatalogError:
        return True
    return False


def a_rule(keys: str) -> str:
    return f"[products.prod_1]\n{keys}"


def test_an_absent_file_has_no_rules(tmp_path: Path) -> None:
    catalog = load_catalog(tmp_path / "nowhere" / "catalog.toml", OWN)

    assert (catalog.prices, catalog.products) == ({}, {})
    assert catalog.kinds == BUILT_IN | OWN


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "\ufeff", "[products]\n[prices]\n"])
def test_a_file_without_rules_is_as_good_as_none(text: str, file: Path) -> None:
    catalog = load(file, text)

    assert catalog == load_catalog(file.with_name("absent.toml"), OWN)


@pytest.mark.parametrize("kind", ["access", "shipment", "license_key", "manual", "courier"])
def test_a_rule_needs_only_a_delivery(kind: str, file: Path) -> None:
    catalog = load(file, a_rule(f'delivery = "{kind}"'))

    assert catalog.products == {"prod_1": Rule(delivery=kind)}


@pytest.mark.parametrize("kind", DeliveryKind)
def test_a_rule_that_leaves_its_lines_to_a_person_by_mistake_is_refused(kind: DeliveryKind, file: Path) -> None:
    bare = Rule(delivery=kind.value)
    planned = Catalog(products={"prod_1": bare}).plan_line(a_line_item(product="prod_1"))

    assert planned.kind is kind or is_refused(file, a_rule(f'delivery = "{kind}"')), (
        f"Lines of a rule with `delivery = {kind}` alone are manual. Name what the rule lacks in `_needed_by` of "
        "infrastructure/catalog_file.py, or give it a default in `settings` of the kind's LineDelivery"
    )


def test_every_kind_can_have_what_it_can_use(file: Path) -> None:
    catalog = load(
        file,
        """
        [products.prod_course]
        delivery = "access"
        link = "https://example.com/course?of=python"
        [products.prod_mug]
        delivery = "shipment"
        sku = "mug, blue"
        track_stock = true
        name = "Tasse – blau"
        [prices.price_pro]
        delivery = "license_key"
        pool = "pro-2026"
        [prices.price_service]
        delivery = "http"
        url = "http://localhost:8000/deliver?token=1"
        allow_private = true
        timeout_seconds = 30
        [prices.price_parcel]
        delivery = "courier"
        express = true
        days = 2
        depot = "north"
        """,
    )

    assert catalog.products == {
        "prod_course": Rule(delivery="access", settings={"link": "https://example.com/course?of=python"}),
        "prod_mug": Rule(delivery="shipment", sku=as_sku("mug, blue"), track_stock=True, name="Tasse – blau"),
    }
    assert catalog.prices == {
        "price_pro": Rule(delivery="license_key", settings={"pool": "pro-2026"}),
        "price_service": Rule(
            delivery="http",
            settings={
                "url": "http://localhost:8000/deliver?token=1",
                "allow_private": True,
                "timeout_seconds": 30,
            },
        ),
        "price_parcel": Rule(delivery="courier", settings={"express": True, "days": 2, "depot": "north"}),
    }


def test_of_several_rules_the_highest_number_asks_for_the_warning(file: Path) -> None:
    catalog = load(
        file,
        """
        [products.prod_mug]
        delivery = "shipment"
        sku = "mug"
        track_stock = true
        low_stock = 3
        [prices.price_mug]
        delivery = "shipment"
        sku = "mug"
        track_stock = true
        low_stock = 5
        [products.prod_pro]
        delivery = "license_key"
        low_stock = 0
        [prices.price_pro]
        delivery = "license_key"
        pool = "other"
        low_stock = 20
        [products.prod_hat]
        delivery = "shipment"
        sku = "hat"
        track_stock = true
        """,
    )

    assert catalog.low_stock == LowStock(
        skus={as_sku("mug"): 5}, pools={pool_name("prod_pro"): 0, pool_name("other"): 20}
    )


def test_a_warning_changes_no_decision_so_the_digest_stays(file: Path) -> None:
    rule = '[products.prod_1]\ndelivery = "license_key"\n'

    assert load(file, rule).digest == load(file, f"{rule}low_stock = 9").digest


def test_a_merchant_who_chose_the_ids_can_use_them(file: Path) -> None:
    catalog = load(file, '[products."gold.2026"]\ndelivery = "manual"\n[prices.gold-monthly]\ndelivery = "manual"')

    assert list(catalog.products) == ["gold.2026"]
    assert list(catalog.prices) == ["gold-monthly"]


def test_what_the_file_says_is_what_is_planned(file: Path) -> None:
    catalog = load(file, '[products.prod_li_1]\ndelivery = "access"\nlink = "https://example.com/"\nname = "Course"')

    (line,) = catalog.plan(a_checkout(line_items=[a_line_item()]))

    assert (line.delivery, line.title, line.settings) == ("access", "Course", {"link": "https://example.com/"})


def test_the_digest_distinguishes_rules_and_not_layouts(file: Path) -> None:
    one = load(file, '[products.prod_1]\ndelivery = "shipment"\nsku = "a"\n[products.prod_2]\ndelivery = "manual"')
    same = load(file, '# a\n[products]\nprod_2.delivery="manual"\n[products.prod_1]\nsku="a"\ndelivery="shipment"')
    others = [
        load(file, '[products.prod_1]\ndelivery = "shipment"\nsku = "b"\n[products.prod_2]\ndelivery = "manual"'),
        load(file, '[prices.prod1]\ndelivery = "shipment"\nsku = "a"\n[products.prod_2]\ndelivery = "manual"'),
        load(file, ""),
        load(file, "[sessions]\nwith_rule = true"),
        load(file, '[sessions]\nwith_rule = true\npayment_links = ["plink_1"]'),
    ]

    assert one.digest == same.digest
    assert len({each.digest for each in (one, *others)}) == len(others) + 1
    assert len(one.digest) == 16


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[sessions]", "[sessions]: needs metadata, payment_links or with_rule."),
        ("sessions = 1", "[sessions]: needs metadata, payment_links or with_rule."),
        ("[sessions]\nonly = 1", "[sessions]: unknown key only; it can have metadata, payment_links, with_rule."),
        ("[sessions]\nmetadata = { app = 1 }", '[sessions]: metadata must be texts by key, such as { app = "mugs" }.'),
        ("[sessions]\nmetadata = 1", '[sessions]: metadata must be texts by key, such as { app = "mugs" }.'),
        ("[sessions]\npayment_links = 1", "[sessions]: payment_links must be a list of IDs that start with plink_."),
        (
            '[sessions]\npayment_links = ["x"]',
            "[sessions]: payment_links must be a list of IDs that start with plink_.",
        ),
        ("[sessions]\nwith_rule = 1", "[sessions]: with_rule must be true or false."),
        (
            "[sessions]\nwith_rule = false",
            "[sessions]: leaves no session to this shop; remove the table, or give it a condition.",
        ),
        ("x = 1", "unknown table [x]; use [products.ID], [prices.ID], [sessions] and [repeats]."),
        (
            '[product.prod_1]\ndelivery = "manual"',
            "unknown table [product]; use [products.ID], [prices.ID], [sessions] and [repeats].",
        ),
        ("products = 1", "products must be written as tables, [products.ID]."),
        ("[[prices]]\nx = 1", "prices must be written as tables, [prices.ID]."),
        ("[products]\nprod_1 = 1", "[products.prod_1]: must be a table with `delivery` in it."),
        ("[products.prod_1]", f"[products.prod_1]: needs `delivery`, one of {KINDS}."),
        (a_rule('delivery = "mail"'), f"[products.prod_1]: delivery must be one of {KINDS}."),
        (a_rule("delivery = 1"), f"[products.prod_1]: delivery must be one of {KINDS}."),
        (
            '[products.price_1]\ndelivery = "manual"',
            "[products.price_1]: the name of this table must be the ID of a product, like prod_A1b2C3.",
        ),
        (
            '[prices.prod_1]\ndelivery = "manual"',
            "[prices.prod_1]: the name of this table must be the ID of a price, like price_1A2b3C.",
        ),
        (
            '[products."Blue mug"]\ndelivery = "manual"',
            "[products.Blue mug]: the name of this table must be the ID of a product, like prod_A1b2C3.",
        ),
        (
            a_rule('delivery = "shipment"\ntrack_stok = true'),
            "[products.prod_1]: unknown key track_stok for the delivery shipment; "
            "it can have delivery, sku, track_stock, name, low_stock.",
        ),
        (
            a_rule('delivery = "access"\nurl = "https://example.com"'),
            "[products.prod_1]: unknown key url for the delivery access; "
            "it can have delivery, sku, track_stock, name, low_stock, link.",
        ),
        (
            a_rule('delivery = "shipment"\nsku = "mug"\nlow_stock = 3'),
            "[products.prod_1]: low_stock needs `track_stock = true`, or the delivery license_key.",
        ),
        (
            a_rule('delivery = "license_key"\nlow_stock = -1'),
            "[products.prod_1]: low_stock must be a whole number from 0 to 1000000.",
        ),
        (a_rule('delivery = "http"'), "[products.prod_1]: the delivery http needs `url`, the address of your service."),
        (
            a_rule('delivery = "shipment"\ntrack_stock = true'),
            "[products.prod_1]: track_stock needs `sku`, the SKU whose stock is counted.",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_is_allowed(text: str, sentence: str, file: Path) -> None:
    assert refusal(file, text) == sentence


@pytest.mark.parametrize("value", ["1", "0", '"true"', "1.0", "[true]", "{}"])
@pytest.mark.parametrize("key", ["track_stock", "allow_private"])
def test_a_switch_is_true_or_false(key: str, value: str, file: Path) -> None:
    text = a_rule(f'delivery = "http"\nurl = "https://example.com/"\nsku = "a"\n{key} = {value}')

    assert refusal(file, text) == f"[products.prod_1]: {key} must be true or false."


@pytest.mark.parametrize("value", ["1", "true", '""', '"  "', '"a\\nb"', '["a"]', f'"{"x" * 201}"', "2026-01-01"])
def test_a_name_is_a_short_text(value: str, file: Path) -> None:
    text = a_rule(f'delivery = "manual"\nname = {value}')

    assert refusal(file, text) == "[products.prod_1]: name must be a text of 1 to 200 characters on one line."


@pytest.mark.parametrize("value", ['"a/b"', f'"{"x" * 101}"'])
def test_a_sku_must_be_one_that_stock_can_be_counted_for(value: str, file: Path) -> None:
    text = a_rule(f'delivery = "shipment"\nsku = {value}')

    assert refusal(file, text).startswith("[products.prod_1]: sku must be a SKU of 1 to 100 characters")


@pytest.mark.parametrize("value", ['"a b"', '"ä"', f'"{"x" * 101}"'])
def test_a_pool_must_be_one_that_keys_can_be_imported_into(value: str, file: Path) -> None:
    text = a_rule(f'delivery = "license_key"\npool = {value}')

    assert refusal(file, text).startswith("[products.prod_1]: pool must be the name of a key pool: 1 to 100 letters")


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "data:text/html,x", "example.com", "//example.com", "https://", "https://a b", "http://["],
)
def test_a_link_that_is_no_web_address_never_reaches_a_customer(link: str, file: Path) -> None:
    text = a_rule(f'delivery = "access"\nlink = "{link}"')

    assert refusal(file, text).startswith("[products.prod_1]: link must be a link of at most 2048 characters")


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("ftp://example.com/", "must start with https:// or http:// and a host"),
        ("example.com", "must start with https:// or http:// and a host"),
        ("https://", "must start with https:// or http:// and a host"),
        ("file:///etc/passwd", "must start with https:// or http:// and a host"),
        ("https://ann:secret@example.com/", "must not hold a user name or a password; the call is signed instead"),
        ("https://example.com:99999/", "must have a host that can exist, and a port from 1 to 65535 if any"),
        ("https://example.com:0/", "must have a host that can exist, and a port from 1 to 65535 if any"),
        ("https://[::1/", "must have a host that can exist, and a port from 1 to 65535 if any"),
        (f"https://{'a' * 300}/", "must have a host that can exist, and a port from 1 to 65535 if any"),
        ("https://exämple.com/", "must be at most 2048 ASCII characters without spaces; write a host's xn-- form"),
        ("https://example.com/a b", "must be at most 2048 ASCII characters without spaces; write a host's xn-- form"),
    ],
)
def test_a_callback_that_could_not_be_made_is_refused_at_the_start(url: str, complaint: str, file: Path) -> None:
    text = a_rule(f'delivery = "http"\nurl = "{url}"')

    assert refusal(file, text) == f"[products.prod_1]: url {complaint}."


@pytest.mark.parametrize("value", ["0", "31", "true", "1.5", '"10"'])
def test_a_callback_takes_between_one_and_thirty_seconds(value: str, file: Path) -> None:
    text = a_rule(f'delivery = "http"\nurl = "https://example.com/"\ntimeout_seconds = {value}')

    assert refusal(file, text) == "[products.prod_1]: timeout_seconds must be a whole number from 1 to 30."


@pytest.mark.parametrize("value", ["1.5", "[1]", "{ a = 1 }", "2026-01-01", f'"{"x" * 2049}"', str(2**63)])
def test_a_setting_of_an_own_kind_is_something_that_the_log_can_keep(value: str, file: Path) -> None:
    text = a_rule(f'delivery = "courier"\nspeed = {value}')

    sentence = "speed must be a text of at most 2048 characters, a whole number, or true or false"
    assert refusal(file, text) == f"[products.prod_1]: {sentence}."


def test_an_own_kind_has_a_bounded_number_of_settings(file: Path) -> None:
    keys = "\n".join(f"key{n} = {n}" for n in range(51))

    assert "more than 50 settings" in refusal(file, a_rule(f'delivery = "courier"\n{keys}'))


@pytest.mark.parametrize(
    "text",
    ["[products", "delivery = manual", "[products.a]\n[products.a]", b"\xff", "[" * 100_000, "floor = " + "1" * 5000],
    ids=["half a table", "a bare word", "a table twice", "no UTF-8", "too deep", "a number that is too long"],
)
def test_what_is_no_toml_is_refused(text: str | bytes, file: Path) -> None:
    assert refusal(file, text).startswith(("is not TOML: ", "is not valid UTF-8"))


def test_an_oversized_file_is_refused(file: Path) -> None:
    assert refusal(file, b"#" * (FILE_BYTES_MAX + 1)) == "must not be larger than 1 MiB."


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=f"^{tmp_path} can't be read: Is a directory.$"):
        load_catalog(tmp_path, OWN)


def test_a_sku_is_kept_in_one_form_however_the_file_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    file.write_text('[products.prod_1]\ndelivery = "shipment"\nsku = "cafe\u0301 "\n', encoding="utf-8")

    assert load_catalog(file, frozenset()).skus == {"caf\u00e9"}


@pytest.mark.parametrize(("text", "minutes"), [("", 60), ("[repeats]\n", 60), ("[repeats]\nwithin_minutes = 0\n", 0)])
def test_the_time_in_which_a_second_payment_waits_for_a_person(tmp_path: Path, text: str, minutes: int) -> None:
    (tmp_path / "catalog.toml").write_text(text)

    catalog = load_catalog(tmp_path / "catalog.toml", frozenset())

    assert catalog.repeats_within == timedelta(minutes=minutes)
    assert (catalog.digest == load_catalog(tmp_path / "none.toml", frozenset()).digest) is (minutes == 60)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("", frozenset()),
        ("[repeats]\nsame = []\n", frozenset()),
        ('[repeats]\nsame = ["item"]\n', frozenset({Alike.ITEM})),
        ('[repeats]\nwithin_minutes = 60\nsame = ["mail", "item"]\n', frozenset({Alike.MAIL, Alike.ITEM})),
    ],
)
def test_what_a_second_payment_must_have_in_common_with_the_first(
    tmp_path: Path, text: str, same: frozenset[Alike]
) -> None:
    (tmp_path / "catalog.toml").write_text(text)

    catalog = load_catalog(tmp_path / "catalog.toml", frozenset())

    assert (catalog.repeats_same, catalog.repeats_within) == (same, timedelta(hours=1))
    assert (catalog.digest == load_catalog(tmp_path / "none.toml", frozenset()).digest) is (not same)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("repeats = 3\n", "[repeats]: must be a table with `within_minutes`, `same` or both in it."),
        ("[repeats]\nhours = 1\n", "[repeats]: must be a table with `within_minutes`, `same` or both in it."),
        ('[repeats]\nsame = "mail"\n', "[repeats]: same must be a list of 'mail' and 'item', or empty."),
        ('[repeats]\nsame = ["phone"]\n', "[repeats]: same must be a list of 'mail' and 'item', or empty."),
        ("[repeats]\nsame = [1]\n", "[repeats]: same must be a list of 'mail' and 'item', or empty."),
        ("[repeats]\nwithin_minutes = -1\n", "within_minutes must be a whole number from 0 to 10080."),
        ("[repeats]\nwithin_minutes = true\n", "within_minutes must be a whole number from 0 to 10080."),
        ("[repeats]\nwithin_minutes = 10081\n", "within_minutes must be a whole number from 0 to 10080."),
    ],
)
def test_a_wrong_time_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "catalog.toml").write_text(text)

    with pytest.raises(CatalogError, match=re.escape(message)):
        load_catalog(tmp_path / "catalog.toml", frozenset())
