"""One word, one meaning: no two classes of the production packages have the same name."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "application", "infrastructure", "interfaces")
SANDBOX = "interfaces/sandbox/"
OF_STRIPE = {"Address", "CustomField", "Event", "LineItem", "TaxId", "WebhookDelivery"}
"""Stripe's own words. The sandbox, which imports nothing of the engine, has a class for each of them as well."""


def modules_by_class() -> Mapping[str, list[str]]:
    found = defaultdict(list)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef):
                    found[node.name].append(str(path.relative_to(ROOT)))
    return found


def test_a_class_name_is_used_once() -> None:
    shared = {name: modules for name, modules in modules_by_class().items() if len(modules) > 1}
    of_stripe = {name: modules for name, modules in shared.items() if name in OF_STRIPE}

    assert shared == of_stripe, "name them after what each of them is"
    for name, modules in of_stripe.items():
        assert [module.startswith(SANDBOX) for module in modules] == [False, True], f"{name}: {modules}"


def test_every_shared_name_is_still_shared() -> None:
    names = modules_by_class()

    assert {name for name in OF_STRIPE if len(names.get(name, [])) < 2} == set()
