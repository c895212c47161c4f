"""Every mutant of a module: the module with one small mistake in it."""

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from mutation.operators import replacements

Key = tuple[str, str, str, str]

_FOR_TYPES = {"annotation", "returns", "decorator_list", "bases", "type_params"}
"""Fields in which nothing stands that runs by a rule of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    path: str
    """The module, as `domain/stock_item.py`."""
    line: int
    function: str
    """The qualified name of the function, or the class, that it is in; empty outside of them."""
    before: str
    """The changed lines, as `ast.unparse` writes them, and so free of layout."""
    after: str
    code: CodeType

    @property
    def key(self) -> Key:
        """What names it, wherever in the module it stands."""
        return self.path, self.function, self.before, self.after

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.function}\n{difference(self.before, self.after)}"


def difference(before: str, after: str) -> str:
    changed = [f"    - {line}" for line in before.splitlines()] + [f"    + {line}" for line in after.splitlines()]
    return "\n".join(changed)


def mutants(root: Path, path: str) -> Iterator[Mutant]:
    """All of them, in the order of the source and always the same."""
    tree = ast.parse((root / path).read_text())
    for index, top in enumerate(tree.body):
        before = ast.unparse(top).splitlines()
        for place in _places(_Place(tree, "body", index, line=top.lineno)):
            node = place.node
            for other in replacements(node):
                place.put(other)
                code = compile(ast.fix_missing_locations(tree), str(root / path), "exec")
                lines = list(difflib.ndiff(before, ast.unparse(tree.body[index]).splitlines()))
                place.put(node)
                yield Mutant(
                    path=path,
                    line=place.line,
                    function=place.scope,
                    before="\n".join(line[2:].strip() for line in lines if line[0] == "-"),
                    after="\n".join(line[2:].strip() for line in lines if line[0] == "+"),
                    code=code,
                )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree a node hangs: in a field of its parent, or in the list that is there."""

    parent: ast.AST
    field: str
    index: int | None
    line: int
    scope: str = ""
    """The function, else the class, that it is in."""

    @property
    def node(self) -> ast.AST:
        held = getattr(self.parent, self.field)
        found: ast.AST = held if self.index is None else held[self.index]
        return found

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def _places(place: _Place) -> Iterator[_Place]:
    """This place and all below, but for what only the type checker or a reader sees."""
    node = place.node
    if _is_for_types(node):
        return
    is_type_checking = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    if not is_type_checking:
        yield place
    scope = (
        f"{place.scope}.{node.name}".lstrip(".") if isinstance(node, ast.ClassDef | ast.FunctionDef) else place.scope
    )
    for field, value in ast.iter_fields(node):
        if field in _FOR_TYPES or (is_type_checking and field != "orelse"):
            continue
        for index, child in [(None, value)] if isinstance(value, ast.AST) else _listed(value):
            line = getattr(child, "lineno", place.line)
            yield from _places(_Place(node, field, index, line, scope))


def _listed(value: object) -> list[tuple[int | None, ast.AST]]:
    of = value if isinstance(value, list) else []
    return [(index, child) for index, child in enumerate(of) if isinstance(child, ast.AST)]


def _is_for_types(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Assert():  # an assert states what the type checker can't know
            return True
        case ast.Expr(value=ast.Constant()):  # a docstring, or `...`
            return True
        case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar" | "ParamSpec"))):
            return True
        case ast.BinOp(op=ast.BitOr()):  # `A | B`, an alias
            return all(part.replace(".", "").isidentifier() for part in ast.unparse(node).split(" | "))
        case _:
            return False
