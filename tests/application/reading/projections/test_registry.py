"""A projection of a module here is followed, listed and rebuilt for being in the registry."""

import importlib
import pkgutil

from application.reading import projections
from application.reading.projection import Projection
from application.reading.registry import PROJECTIONS


def test_every_projection_is_in_the_registry() -> None:
    modules = [
        importlib.import_module(each.name)
        for each in pkgutil.iter_modules(projections.__path__, f"{projections.__name__}.")
    ]
    defined = {value.name for module in modules for value in vars(module).values() if isinstance(value, Projection)}

    missing = defined - {each.name for each in PROJECTIONS}
    assert not missing, f"Add {', '.join(sorted(missing))} to PROJECTIONS in application/reading/registry.py"
