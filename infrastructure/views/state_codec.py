"""Encodes states of aggregates as parts of bytes, and decodes them by their classes.

No stored form lasts: a row names the digest of all code that made it, and a row of other code counts as missing. So a
state's class may change freely, and no fold of an earlier version is ever believed.
"""

import ast
import hashlib
import inspect
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import islice
from types import GenericAlias, ModuleType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from domain.event import Aggregate
from domain.persistent import PersistentMap

_FORMAT = 1
"""Raised with a change of how this module writes."""
_ENTRIES_PER_PART = 500
"""Other threads wait while a part is encoded or decoded."""

_FIELDS = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])

Part = tuple[str, bytes]
"""A field of the state, and some of its entries; without a name, all fields that hold no entries."""


class StateCodec:
    """Encodes the states of one class. Each map becomes many parts; everything else is the last part."""

    def __init__(self, kind: type[Aggregate[Any]]) -> None:
        self._kind = kind
        hints = get_type_hints(kind)
        names = [field.name for field in fields(kind)]
        self._maps = {name: _entries_decoder(hints[name]) for name in names if get_origin(hints[name]) is PersistentMap}
        self._rest = {name: msgspec.msgpack.Decoder(hints[name]) for name in names if name not in self._maps}
        self._encode = msgspec.msgpack.Encoder().encode
        self.digest = _digest_of_code(kind)

    def parts(self, state: Aggregate[Any]) -> Iterator[Part]:
        for name in self._maps:
            entries = iter(getattr(state, name).items())
            while some := list(islice(entries, _ENTRIES_PER_PART)):
                yield name, self._encode(some)
        yield "", self._encode({name: getattr(state, name) for name in self._rest})

    def state(self, parts: Iterable[Part]) -> Aggregate[Any]:
        """
        Raises:
            msgspec.MsgspecError, KeyError: they are not the parts of such a state.
        """
        maps: dict[str, Any] = {name: PersistentMap() for name in self._maps}
        rest: dict[str, Any] = {}
        for name, body in parts:
            if name:
                maps[name] = maps[name].put_all(dict(self._maps[name].decode(body)))
            else:
                raw = _FIELDS.decode(body)
                rest = {each: decoder.decode(raw[each]) for each, decoder in self._rest.items()}
        return self._kind(**rest, **maps)


def _entries_decoder(hint: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(GenericAlias(list, (GenericAlias(tuple, get_args(hint)),)))


def _digest_of_code(kind: type[Aggregate[Any]]) -> str:
    """The digest of the code of every domain module that the class depends on, without comments and docstrings."""
    digest = hashlib.sha256(str(_FORMAT).encode())
    for name, tree in sorted(_trees(sys.modules[kind.__module__], {}).items()):
        digest.update(f"{name}\n{ast.dump(tree)}\n".encode())
    return digest.hexdigest()


def _trees(module: ModuleType, found: dict[str, ast.Module]) -> dict[str, ast.Module]:
    found[module.__name__] = tree = _without_docstrings(ast.parse(inspect.getsource(module)))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("domain.") and node.module not in found:
            _trees(sys.modules[str(node.module)], found)
    return found


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [each for each in node.body if not _is_text(each)]
    return tree


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
