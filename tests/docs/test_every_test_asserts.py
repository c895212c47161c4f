"""Every test can fail: it asserts something, itself or by a helper."""

import ast
from collections.abc import Iterator, Set
from pathlib import Path

TESTS = Path(__file__).parents[1]
ASSERTING = ("then", "assert_", "check", "demand", "expect")
"""How the names of shared helpers and methods begin that assert."""
EXCEPTIONS = {
    "test_no_write_waits_for_maintenance": "a write that waits fails by the store's lock timeout",
    "test_no_maintenance_waits_for_an_append": "a statement that waits fails by its lock timeout",
    "test_a_stream_that_is_gone_breaks_nothing": "the logger must not raise",
    "test_the_test_on_the_page_passes": "the function that it calls is on the page, and asserts",
}
"""Tests that fail by an error alone, each with the reason."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def asserts(function: Function, helpers: Set[str]) -> bool:
    return any(is_assertion(node, helpers) for node in ast.walk(function))


def is_assertion(node: ast.AST, helpers: Set[str]) -> bool:
    match node:
        case ast.Assert():
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="AssertionError"))):
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name == "raises" or name.startswith(ASSERTING) or name in helpers
        case _:
            return False


def asserting_helpers(tree: ast.Module) -> Set[str]:
    """The helpers of a module that assert, also by another helper."""
    helpers: set[str] = set()
    found = [each for each in functions(tree) if not each.name.startswith("test_")]
    while new := {each.name for each in found if each.name not in helpers and asserts(each, helpers)}:
        helpers |= new
    return helpers


def silent(tree: ast.Module) -> Iterator[str]:
    helpers = asserting_helpers(tree)
    for function in functions(tree):
        if function.name.startswith("test_") and not asserts(function, helpers):
            yield function.name


def test_every_test_asserts_something() -> None:
    modules = sorted(TESTS.rglob("test_*.py"))
    found = {name: path for path in modules for name in silent(ast.parse(path.read_text()))}

    assert len(modules) > 200
    assert {name: str(path) for name, path in found.items() if name not in EXCEPTIONS} == {}
    assert EXCEPTIONS.keys() <= found.keys(), "an exception that is not needed any more"


def test_a_test_without_an_assertion_is_found() -> None:
    tree = ast.parse("def test_it():\n    shop.pay()\n\ndef test_all():\n    see(1)\n\ndef see(n):\n    assert n\n")

    assert [*silent(tree)] == ["test_it"]
