"""A merchant's own deliveries and views can be type-checked against ours."""

from importlib.resources import files

import pytest


@pytest.mark.parametrize("package", ["domain", "application", "infrastructure", "interfaces"])
def test_a_package_shows_type_checkers_that_it_is_typed(package: str) -> None:
    assert files(package).joinpath("py.typed").is_file()
