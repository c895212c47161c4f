"""The docstring of every public function that raises documents the errors, and when."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = ROOT / "interfaces" / "cli"
"""The docstring of a command is its help text; docs/cli.md has its errors."""
MODULES = [
    path
    for room in ("domain", "application", "infrastructure", "interfaces")
    for path in sorted((ROOT / room).rglob("*.py"))
    if COMMANDS not in path.parents
]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def public_functions(tree: ast.Module) -> Iterator[tuple[str | None, Function]]:
    """The functions and methods of a module, each with the name of its class."""
    for node in tree.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield None, node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for method in node.body:
                if isinstance(method, Function) and (not method.name.startswith("_") or method.name == "__init__"):
                    yield node.name, method


def raised(function: Function) -> set[str]:
    """The exceptions that the function itself raises, apart from those that it only passes on."""
    found, waiting = set(), list[ast.AST](function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            found.add(ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc))
        waiting.extend(ast.iter_child_nodes(node))
    return found


def says_so(function: Function) -> bool:
    return "Raises:" in (ast.get_docstring(function) or "")


def methods_of_protocols() -> set[str]:
    """Methods whose errors are named where their protocol is, once for all that implement it."""
    found = set()
    for path in MODULES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases):
                found |= {each.name for each in node.body if isinstance(each, Function) and says_so(each)}
    return found


OF_PROTOCOLS = methods_of_protocols()


def silent(path: Path) -> Iterator[str]:
    name = str(path.relative_to(ROOT))
    for owner, function in public_functions(ast.parse(path.read_text())):
        is_documented = says_so(function) or (owner is not None and function.name in OF_PROTOCOLS)
        if (errors := raised(function)) and not is_documented:
            yield f"{name}:{function.lineno}: {function.name} raises {', '.join(sorted(errors))}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_public_function_that_raises_says_so(path: Path) -> None:
    found = list(silent(path))

    assert not found, "\n" + "\n".join(found) + "\nAdd `Raises:` to its docstring: the error, and when it is raised."


def test_a_function_that_raises_is_found() -> None:
    source = """
class A:
    def b(self):
        if self:
            raise ValueError("x")
        def c():
            raise TypeError
"""
    [(owner, function)] = public_functions(ast.parse(source))

    assert (owner, raised(function), says_so(function)) == ("A", {"ValueError"}, False)
