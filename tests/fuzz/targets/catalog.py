"""`catalog.toml`: a catalog, or one sentence that says where it is wrong."""

from fuzz.target import Target, scratch, write

from infrastructure.catalog_file import CatalogError, load_catalog

_FILE = scratch() / "catalog.toml"


def check(data: bytes) -> str:
    write(_FILE, data)
    try:
        catalog = load_catalog(_FILE, frozenset({"courier"}))
    except CatalogError as error:
        assert str(error).startswith(str(_FILE))
        assert len(str(error)) < 5000
        return "refused"
    assert catalog == load_catalog(_FILE, frozenset({"courier"}))
    return "read"


TARGET = Target(
    check=check,
    runs=20_000,
    bytes_max=8192,
    seeds=[
        b"",
        b'[products.prod_1]\ndelivery = "shipment"\nsku = "MUG"\ntrack_stock = true\nname = "Mug"\n',
        b'[prices.price_1]\ndelivery = "http"\nurl = "https://example.com/x?y=z"\ntimeout_seconds = 5\n',
        b'[prices.price_2]\ndelivery = "license_key"\npool = "pro"\n[products.x]\ndelivery = "access"\nlink = "http://a"',
        b'[products."prod 1"]\ndelivery = "courier"\nfast = true\nfloor = 3\n',
        b"products = 3",
        b"products = " + b"1" * 5000,
        b"[products.prod_1]\ndelivery = 1979-05-27T07:32:00Z\nx = [[{a = 0x1f, b = inf}], '''\n''']",
        b'\xef\xbb\xbf"\\uD800" = "\\U0010FFFF"',
    ],
)
