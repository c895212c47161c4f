"""The entry points of installed packages, loaded and checked."""

import re
from collections.abc import Callable, Set
from functools import cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import TypeVar

T = TypeVar("T")

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_ERROR_MAX = 300


class NotLoaded(Exception):
    """Something that an installed package adds can't be used. The message names it, its package and what is wrong."""


@cache
def installed(group: str) -> EntryPoints:
    """Return the entry points of one group. Reading them takes 10 ms, so a process does it once."""
    return entry_points(group=group)


def load_all(group: str, noun: str, taken: Set[str], make: Callable[[object], T | None], wanted: str) -> dict[str, T]:
    """Load everything that installed packages offer in this group, by its name. `make` converts the loaded object, or
    returns None if it is something else; `wanted` is what the object must do, as the text after "must".

    Raises:
        NotLoaded: one does not load, is something else, or its name can't be used.
    """
    own: dict[str, T] = {}
    for entry in installed(group):
        if entry.name in own:
            raise NotLoaded(f"Two installed packages provide a {noun} named '{entry.name}'. Remove one of them.")
        own[entry.name] = _load(entry, noun, taken, make, wanted)
    return own


def _load(entry: EntryPoint, noun: str, taken: Set[str], make: Callable[[object], T | None], wanted: str) -> T:
    who = f"The {noun} '{entry.name[:60]}' of {_package(entry)}"
    if entry.name in taken:
        raise NotLoaded(f"{who} has the name of a built-in {noun}. Rename it.")
    if not _NAME.fullmatch(entry.name):
        raise NotLoaded(f"{who} must have a name of 1 to 40 lowercase letters, digits, hyphens and underscores.")
    try:
        made = make(entry.load())
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())[:_ERROR_MAX]
        raise NotLoaded(f"{who} can't be loaded from {entry.value}: {text}") from error
    if made is None:
        raise NotLoaded(f"{who}: {entry.value} must {wanted}.")
    return made


def _package(entry: EntryPoint) -> str:
    return f"the package {entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"
