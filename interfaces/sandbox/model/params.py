"""Parameters as Stripe's libraries send them: forms whose names nest, `line_items[0][price]=...`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from interfaces.sandbox.model.errors import StripeError, invalid_parameter, missing_parameter, unknown_parameter

Tree: TypeAlias = "str | dict[str, Tree]"
"""One parameter: text, or more parameters by name. A list is one whose names are its positions."""

_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\]){0,12})")
_POSITION: Final = re.compile(r"[0-9]{1,9}")
"""Python reads no number of more than 4300 digits."""
_PART: Final = re.compile(r"\[([^\[\]]*)\]")


class Params:
    """Reads parameters, and knows how Stripe names each of them when it refuses it."""

    def __init__(self, tree: Mapping[str, Tree], path: str = "") -> None:
        self._tree = tree
        self._path = path

    @classmethod
    def of_form(cls, pairs: Iterable[tuple[str, str]]) -> "Params":
        tree: dict[str, Tree] = {}
        for name, value in pairs:
            _plant(tree, name, value)
        return cls(tree)

    @classmethod
    def of_values(cls, values: Mapping[str, object]) -> "Params":
        """The same parameters as one would pass them to the SDK."""
        return cls(_tree_of_mapping(values))

    def fingerprint(self) -> str:
        return repr(self._tree)

    def named(self, name: str) -> str:
        return f"{self._path}[{name}]" if self._path else name

    def has(self, name: str) -> bool:
        return name in self._tree

    def is_text(self, name: str) -> bool:
        return isinstance(self._tree.get(name), str)

    def allow_only(self, names: Iterable[str]) -> None:
        """Check that there are no other parameters than these.

        Raises:
            StripeError: there is another one.
        """
        for name in self._tree.keys() - set(names):
            raise unknown_parameter(self.named(name))

    def text(self, name: str) -> str | None:
        """Return a text; None if it is missing or empty.

        Raises:
            StripeError: it is an object.
        """
        value = self._tree.get(name)
        if isinstance(value, dict):
            raise invalid_parameter(self.named(name), f"Invalid string: {self.named(name)}")
        return value or None

    def required(self, name: str) -> str:
        """Return a text that must be there.

        Raises:
            StripeError: it is missing or empty.
        """
        value = self.text(name)
        if value is None and self.has(name):
            raise invalid_parameter(
                self.named(name),
                f"You passed an empty string for '{self.named(name)}'.",
                code="parameter_invalid_empty",
            )
        if value is None:
            raise missing_parameter(self.named(name))
        return value

    def url(self, name: str) -> str | None:
        """A web address, such as the page to return to."""
        text = self.text(name)
        if text is not None:
            check_url(text, self.named(name))
        return text

    def integer(self, name: str, *, minimum: int = 0, maximum: int = 99_999_999_999) -> int | None:
        """Return an integer; None if it is missing.

        Raises:
            StripeError: it is no integer from `minimum` to `maximum`.
        """
        text = self.text(name)
        if text is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,15}", text):
            message = f"Invalid integer: {text}"
            raise invalid_parameter(self.named(name), message, code="parameter_invalid_integer")
        if not minimum <= int(text) <= maximum:
            message = f"This value must be between {minimum} and {maximum}."
            raise invalid_parameter(self.named(name), message, code="parameter_invalid_integer")
        return int(text)

    def number(self, name: str) -> float | None:
        """Return a decimal number; None if it is missing.

        Raises:
            StripeError: it is no number.
        """
        text = self.text(name)
        if text is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,9})?", text):
            raise invalid_parameter(self.named(name), f"Invalid decimal: {text}")
        return float(text)

    def seconds(self, name: str, *, maximum: float) -> float | None:
        """Return a length of time in seconds; None if it is missing.

        Raises:
            StripeError: it is no number from 0 to `maximum`.
        """
        seconds = self.number(name)
        if seconds is not None and not 0 <= seconds <= maximum:
            raise invalid_parameter(self.named(name), f"Between 0 and {maximum:.0f} seconds.")
        return seconds

    def flag(self, name: str) -> bool | None:
        """Return a boolean; None if it is missing.

        Raises:
            StripeError: it is neither `true` nor `false`.
        """
        text = self.text(name)
        if text is None:
            return None
        if text not in ("true", "false"):
            raise invalid_parameter(self.named(name), f"Invalid boolean: {text}")
        return text == "true"

    def choice(self, name: str, options: Sequence[str]) -> str | None:
        """Return one of the options; None if it is missing.

        Raises:
            StripeError: it is another text.
        """
        text = self.text(name)
        if text is not None and text not in options:
            message = f"Invalid {self.named(name)}: must be one of {', '.join(options)}"
            raise invalid_parameter(self.named(name), message)
        return text

    def child(self, name: str) -> "Params":
        """Return the parameters of an object; none if it is missing.

        Raises:
            StripeError: it is no object.
        """
        value = self._tree.get(name, {})
        if isinstance(value, str) and value:
            raise invalid_parameter(self.named(name), "Invalid object")
        return Params({} if isinstance(value, str) else value, self.named(name))

    def children(self, name: str) -> list["Params"]:
        """The objects of a list, in the order of their positions."""
        listed = self.child(name)
        return [listed.child(position) for position in sorted(listed._tree, key=_position)]

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; a single text counts as a list of one."""
        value = self._tree.get(name, {})
        if isinstance(value, str):
            return (value,) if value else ()
        listed = Params(value, self.named(name))
        return tuple(listed.required(position) for position in sorted(value, key=_position))

    def pairs(self, name: str) -> dict[str, str]:
        """An object of texts, such as metadata. Setting one to nothing removes it."""
        return {key: value for key, value in self._pairs(name).items() if value}

    def merged(self, name: str, old: Mapping[str, str]) -> dict[str, str]:
        """What an update makes of the old texts: only those it names change. Nothing at all removes them all."""
        if self._tree.get(name) == "":
            return {}
        return {key: value for key, value in {**old, **self._pairs(name)}.items() if value}

    def counts(self, name: str) -> dict[str, int]:
        """An object of quantities."""
        listed = self.child(name)
        counts = {key: listed.integer(key, maximum=999_999) for key in listed._tree}
        return {key: count for key, count in counts.items() if count is not None}

    def _pairs(self, name: str) -> dict[str, str]:
        listed = self.child(name)
        return {key: listed.text(key) or "" for key in listed._tree}


def check_url(url: str, param: str) -> None:
    """Check that a parameter is an http or https URL with a host.

    Raises:
        StripeError: it is not.
    """
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid:
        raise invalid_parameter(param, "Not a valid URL", code="url_invalid")


def _plant(tree: dict[str, Tree], name: str, value: str) -> None:
    match = _NAME.fullmatch(name)
    if match is None:
        raise StripeError(f"Invalid parameter name: {name}")
    *branches, leaf = [match[1], *_PART.findall(match[2])]
    for branch in branches:
        grown = tree.setdefault(branch or str(len(tree)), {})
        if isinstance(grown, str):
            raise invalid_parameter(name, f"Conflicting values for parameter: {name}")
        tree = grown
    tree[leaf or str(len(tree))] = value


def _tree_of_mapping(values: Mapping[str, object]) -> dict[str, Tree]:
    return {name: _tree_of(value) for name, value in values.items() if value is not None}


def _tree_of(value: object) -> Tree:
    if isinstance(value, Mapping):
        return _tree_of_mapping(value)
    if isinstance(value, list | tuple):
        return {str(position): _tree_of(item) for position, item in enumerate(value)}
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _position(name: str) -> int:
    return int(name) if _POSITION.fullmatch(name) else 0
