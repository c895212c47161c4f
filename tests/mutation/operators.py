"""The small mistakes that are made in code on purpose, each of which a test should notice."""

import ast
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

_BOUNDARY = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_OPPOSITE: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr}
_SWAPPED = {"any": "all", "all": "any", "min": "max", "max": "min", "lower": "upper", "upper": "lower"}
_RECEIVER_ALONE = {"strip", "removeprefix"}
_ARGUMENT_ALONE = {"reversed", "sorted", "fromkeys"}

Others = Iterator[ast.AST]


def replacements(node: ast.AST) -> Others:
    """What stands in this node's place, in turn. The node itself stays as it is."""
    for kind, make in _OPERATORS.items():
        if isinstance(node, kind):
            yield from make(node)


def _but(node: Any, **changes: object) -> Any:
    other = copy.copy(node)
    for field, value in changes.items():
        setattr(other, field, value)
    return other


def _one_left_out(all_of: Sequence[Any]) -> list[list[Any]]:
    return [[*all_of[:index], *all_of[index + 1 :]] for index in range(len(all_of))]


def _only_the_first(node: ast.For | ast.comprehension) -> ast.AST:
    listed = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])
    return _but(node, iter=ast.Subscript(listed, ast.Slice(upper=ast.Constant(1)), ast.Load()))  # type: ignore[no-any-return]


def _compare(node: ast.Compare) -> Others:
    for index, op in enumerate(node.ops):
        for other in (_BOUNDARY.get(type(op)), _OPPOSITE[type(op)]):
            if other is not None:
                yield _but(node, ops=[*node.ops[:index], other(), *node.ops[index + 1 :]])


def _combine(node: ast.BoolOp) -> Others:
    yield _but(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
    yield from (_joined(node, "values", fewer) for fewer in _one_left_out(node.values))


def _joined(node: ast.AST, field: str, parts: Sequence[ast.AST]) -> ast.AST:
    """Of several parts, or the one that is left."""
    return parts[0] if len(parts) == 1 else _but(node, **{field: parts})


def _negate(node: ast.UnaryOp) -> Others:
    yield node.operand


def _calculate(node: ast.BinOp | ast.AugAssign) -> Others:
    if other := _ARITHMETIC.get(type(node.op)):
        yield _but(node, op=other())


def _choose(node: ast.IfExp) -> Others:
    yield from (node.body, node.orelse)


def _name(node: ast.Constant) -> Others:
    match node.value:
        case bool():
            yield ast.Constant(not node.value)
        case int():
            yield ast.Constant(node.value + 1)
        case str():
            yield ast.Constant(f"xx{node.value}")
        case _:
            pass


def _call(node: ast.Call) -> Others:
    yield from (_but(node, keywords=fewer) for fewer in _one_left_out(node.keywords))
    match node.func:
        case ast.Name(id=name) if name in _SWAPPED:
            yield _but(node, func=ast.Name(_SWAPPED[name], ast.Load()))
        case ast.Attribute(attr=name) if name in _SWAPPED:
            yield _but(node, func=_but(node.func, attr=_SWAPPED[name]))
        case ast.Attribute(value=receiver, attr=name) if name in _RECEIVER_ALONE:
            yield receiver
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _ARGUMENT_ALONE:
            yield node.args[0]
        case _:
            pass


def _list(node: ast.List | ast.Tuple | ast.Set) -> Others:
    if not isinstance(getattr(node, "ctx", None), ast.Store):
        for fewer in _one_left_out(node.elts):
            yield _but(node, elts=fewer) if fewer else ast.Tuple([], ast.Load())


def _map(node: ast.Dict) -> Others:
    for keys, values in zip(_one_left_out(node.keys), _one_left_out(node.values), strict=True):
        yield _but(node, keys=keys, values=values)


def _slice(node: ast.Slice) -> Others:
    yield from (_but(node, **{bound: None}) for bound in ("lower", "upper") if getattr(node, bound))


def _comprehend(node: ast.comprehension) -> Others:
    yield from (_but(node, ifs=fewer) for fewer in _one_left_out(node.ifs))
    yield _only_the_first(node)


def _decide(node: ast.If) -> Others:
    yield from (_but(node, test=ast.Constant(outcome)) for outcome in (True, False))


def _repeat(node: ast.For) -> Others:
    yield _only_the_first(node)


def _nothing(node: ast.stmt) -> Others:
    yield ast.Pass()


def _match(node: ast.Match) -> Others:
    """Without one of its cases, but for the `case _` that does nothing or can't be reached."""
    for fewer, case in zip(_one_left_out(node.cases), node.cases, strict=True):
        if ast.unparse(case.pattern) != "_":
            yield _but(node, cases=fewer)


def _either(node: ast.MatchOr) -> Others:
    yield from (_joined(node, "patterns", fewer) for fewer in _one_left_out(node.patterns))


def _narrow(node: ast.MatchClass) -> Others:
    if node.kwd_attrs:
        yield _but(node, kwd_attrs=[], kwd_patterns=[])


def _guard(node: ast.match_case) -> Others:
    if node.guard:
        yield _but(node, guard=None)


_OPERATORS: Mapping[Any, Callable[[Any], Others]] = {
    ast.Compare: _compare,
    ast.BoolOp: _combine,
    ast.UnaryOp: _negate,
    ast.BinOp | ast.AugAssign: _calculate,
    ast.IfExp: _choose,
    ast.Constant: _name,
    ast.Call: _call,
    ast.List | ast.Tuple | ast.Set: _list,
    ast.Dict: _map,
    ast.Slice: _slice,
    ast.comprehension: _comprehend,
    ast.If: _decide,
    ast.For: _repeat,
    ast.Expr | ast.AugAssign | ast.For | ast.While: _nothing,
    ast.Match: _match,
    ast.MatchOr: _either,
    ast.MatchClass: _narrow,
    ast.match_case: _guard,
}
