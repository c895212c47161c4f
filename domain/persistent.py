"""An immutable map. A changed map is a new map that shares all but one path of its tree with the first.

Aggregates are immutable, and some hold a million entries: copying a dict for each event takes time in proportion to its
size. The standard library has no such map, and the domain imports nothing else.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Self, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_BITS = 5
_SLOTS = 1 << _BITS
_MASK = _SLOTS - 1
_TOP = 25
"""The shift for the first slot: 6 levels, 30 bits of the hash."""
_LEAF_MAX = 32
"""A fuller leaf splits, unless its keys have the same 30 bits."""
_PIECES = 1000
"""A map of more entries is freed in so many pieces at least."""
_REFERENCES_OF_OURS = 3
"""To a node that no other map has: from a list, its loop, and the call that counts."""

_Node = dict[K, V] | tuple["_Node[K, V]", ...]
"""A leaf, or the children by the next bits of the hash, the highest first."""


class PersistentMap(Mapping[K, V]):
    """Iterates in the order of the hashes: integers from 0 to 2**30 ascend."""

    __slots__ = ("_root", "_size")

    def __init__(self, entries: Mapping[K, V] | None = None) -> None:
        self._root: _Node[K, V] = {}
        self._size = 0
        if entries:
            self._root, self._size = _put_all({}, dict(entries), _TOP)

    def __del__(self) -> None:
        """Free a large tree in pieces. Freed in one go, a million entries take up to 0.3 s in which no other thread
        runs."""
        if self._size > _PIECES:
            trees: list[_Node[K, V]] = [self._root]
            del self._root
            while trees and len(trees) < _PIECES:
                trees = [
                    child
                    for tree in trees
                    if isinstance(tree, tuple) and sys.getrefcount(tree) <= _REFERENCES_OF_OURS
                    for child in tree
                    if child
                ]
            while trees:
                trees.pop()

    def _next(self, root: _Node[K, V], size: int) -> Self:
        new = type(self).__new__(type(self))
        new._root, new._size = root, size
        return new

    def put(self, key: K, value: V) -> Self:
        return self._next(_put(self._root, key, value, hash(key), _TOP), self._size + (key not in self))

    def put_all(self, entries: Mapping[K, V]) -> Self:
        root, added = _put_all(self._root, dict(entries), _TOP)
        return self._next(root, self._size + added)

    def drop(self, key: K) -> Self:
        """Return the map without this key."""
        return self._next(_drop(self._root, key, hash(key), _TOP), self._size - 1) if key in self else self

    def _leaf(self, key: object) -> dict[K, V]:
        """Return the leaf of this key, if there is one."""
        node = self._root
        if isinstance(node, tuple):
            hashed, shift = hash(key), _TOP
            while isinstance(node, tuple):
                node, shift = node[hashed >> shift & _MASK], shift - _BITS
        return node

    def __getitem__(self, key: K) -> V:
        return self._leaf(key)[key]

    def __contains__(self, key: object) -> bool:
        return key in self._leaf(key)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[K]:
        return _keys(self._root)

    def __reversed__(self) -> Iterator[K]:
        return _keys_reversed(self._root)

    def __repr__(self) -> str:
        """Without the entries: there may be a million, and license keys among them."""
        return f"{type(self).__name__}({self._size} entries)"


def _put(node: _Node[K, V], key: K, value: V, hashed: int, shift: int) -> _Node[K, V]:
    if isinstance(node, dict):
        leaf = {**node, key: value}
        return leaf if len(leaf) <= _LEAF_MAX or shift < 0 else _split(leaf, shift)
    slot = hashed >> shift & _MASK
    return (*node[:slot], _put(node[slot], key, value, hashed, shift - _BITS), *node[slot + 1 :])


def _put_all(node: _Node[K, V], entries: dict[K, V], shift: int) -> tuple[_Node[K, V], int]:
    """Return the changed node, and the number of these keys that it did not have."""
    if isinstance(node, dict):
        leaf = {**node, **entries}
        return leaf if len(leaf) <= _LEAF_MAX or shift < 0 else _split(leaf, shift), len(leaf) - len(node)
    children, added = list(node), 0
    for slot, some in _by_slot(entries, shift).items():
        children[slot], new = _put_all(children[slot], some, shift - _BITS)
        added += new
    return tuple(children), added


def _split(leaf: dict[K, V], shift: int) -> _Node[K, V]:
    parts = _by_slot(leaf, shift)
    return tuple(_put_all({}, parts[slot], shift - _BITS)[0] if slot in parts else {} for slot in range(_SLOTS))


def _by_slot(entries: dict[K, V], shift: int) -> dict[int, dict[K, V]]:
    """Return the entries by slot, without empty slots: a thousand entries of a large map go to nearly as many
    leaves."""
    parts: defaultdict[int, dict[K, V]] = defaultdict(dict)
    for key, value in entries.items():
        parts[hash(key) >> shift & _MASK][key] = value
    return parts


def _drop(node: _Node[K, V], key: K, hashed: int, shift: int) -> _Node[K, V]:
    if isinstance(node, dict):
        return {other: value for other, value in node.items() if other != key}
    slot = hashed >> shift & _MASK
    children = (*node[:slot], _drop(node[slot], key, hashed, shift - _BITS), *node[slot + 1 :])
    return children if any(children) else {}  # the first key is found without a walk through empty nodes


def _keys(node: _Node[K, V]) -> Iterator[K]:
    if isinstance(node, dict):
        yield from sorted(node, key=hash)
    else:
        for child in node:
            if child:
                yield from _keys(child)


def _keys_reversed(node: _Node[K, V]) -> Iterator[K]:
    if isinstance(node, dict):
        yield from sorted(node, key=hash, reverse=True)
    else:
        for child in reversed(node):
            if child:
                yield from _keys_reversed(child)
