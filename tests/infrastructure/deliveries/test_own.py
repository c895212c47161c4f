"""A merchant's own kinds of delivery: what is loaded, and what stops the start."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from fakes.packages import install

from application.ports import DeliveryRequest
from infrastructure.deliveries.own import GROUP, own_deliveries
from infrastructure.entry_points import NotLoaded, installed

COURIER = """
from application.ports import DeliveryReceipt

class Courier:
    def deliver(self, request):
        return DeliveryReceipt(note=request.idempotency_key)

def courier():
    return Courier()

def broken():
    raise RuntimeError("COURIER_URL is\\nnot set")

def nothing():
    return None

def a_class():
    return Courier

def needs(address):
    return Courier()
"""

_numbers = count()

InstallKind = Callable[..., str]


@pytest.fixture
def install_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InstallKind]:
    """Installs a package with one kind, and returns the name of its module."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)

    def install_kind(kind: str, maker: str = "courier", source: str = COURIER) -> str:
        module = f"own_kind_{next(_numbers)}"
        target = f"{module}:{maker}" if maker else module
        install(tmp_path, f"shop-{module}", {f"{module}.py": source}, {GROUP: {kind: target}})
        return module

    yield install_kind
    installed.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith("own_kind_"):
            del sys.modules[name]


def sentence() -> str:
    with pytest.raises(NotLoaded) as refused:
        own_deliveries()
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_without_installed_kinds_there_are_none() -> None:
    assert own_deliveries() == {}


def test_an_installed_kind_delivers_under_its_name(
    install_kind: InstallKind, request_to: Callable[..., DeliveryRequest]
) -> None:
    install_kind("courier")
    install_kind("pigeon-post", "Courier")

    own = own_deliveries()

    assert sorted(own) == ["courier", "pigeon-post"]
    for delivery in own.values():
        assert delivery.deliver(request_to("")).note == "eff_cs_test_a1_deliver_li_1"


@pytest.mark.parametrize("kind", ["access", "shipment", "license_key", "http", "manual", "mail", "retrieve"])
def test_a_built_in_kind_can_not_be_replaced(kind: str, install_kind: InstallKind) -> None:
    module = install_kind(kind)

    assert sentence() == (
        f"The delivery '{kind}' of the package shop-{module} 1.0 has the name of a built-in delivery. Rename it."
    )


@pytest.mark.parametrize("kind", ["Courier", "2day", "a b", "x" * 41, "é"])
def test_a_name_is_short_and_plain(kind: str, install_kind: InstallKind) -> None:
    install_kind(kind)

    assert "must have a name of 1 to 40 lowercase letters, digits, hyphens and underscores" in sentence()


def test_two_packages_can_not_offer_the_same_kind(install_kind: InstallKind) -> None:
    install_kind("courier")
    install_kind("courier")

    assert sentence() == "Two installed packages provide a delivery named 'courier'. Remove one of them."


@pytest.mark.parametrize(
    ("maker", "why"),
    [
        ("broken", "RuntimeError: COURIER_URL is not set"),
        ("missing", "AttributeError: module 'MODULE' has no attribute 'missing'"),
        ("needs", "TypeError: needs() missing 1 required positional argument: 'address'"),
        ("", "TypeError: 'module' object is not callable"),
    ],
)
def test_a_kind_that_can_not_be_made_stops_the_start(maker: str, why: str, install_kind: InstallKind) -> None:
    module = install_kind("courier", maker)

    target = f"{module}:{maker}" if maker else module
    reason = why.replace("MODULE", module)
    assert sentence() == (
        f"The delivery 'courier' of the package shop-{module} 1.0 can't be loaded from {target}: {reason}"
    )


@pytest.mark.parametrize("source", ["import a_library_that_is_not_there", "this is no python", "1 / 0"])
def test_a_module_that_can_not_be_imported_stops_the_start(source: str, install_kind: InstallKind) -> None:
    install_kind("courier", source=source)

    assert "can't be loaded from" in sentence()


@pytest.mark.parametrize("maker", ["nothing", "a_class"])
def test_what_is_no_delivery_stops_the_start(maker: str, install_kind: InstallKind) -> None:
    module = install_kind("courier", maker)

    assert sentence().endswith(f"{module}:{maker} must make an object with a method `deliver(request)`.")


def test_installed_kinds_are_looked_for_when_asked_and_not_at_import(tmp_path: Path) -> None:
    install(tmp_path, "shop-loud", {"loud.py": "print('imported')"}, {GROUP: {"loud": "loud:make"}})
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import infrastructure.deliveries.own"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == ""
