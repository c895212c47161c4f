"""A SKU or pool that the catalog does not know may be a typing error, and no line would get what is put there."""

from collections.abc import Callable, Iterable, Set
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from interfaces.cli.usage import UsageError, shown

if TYPE_CHECKING:
    from domain.catalog import Catalog

_NEAR_MAX = 3

New = Annotated[
    bool,
    Parameter(
        "--new", negative=(), show_default=False, help="Accept a name that neither the catalog nor the log has yet."
    ),
]


def check_name(
    noun: str, name: str, catalog: "Catalog", of_catalog: Set[str], of_log: Callable[[], Set[str]], *, is_new: bool
) -> None:
    """Ask for --new where the name is unknown. The first name ever needs none if the catalog has no rules.

    Raises:
        UsageError: the name is unknown. The sentence names near ones.
    """
    if is_new or name in of_catalog:
        return
    names = of_catalog | of_log()
    is_first = not (names or catalog.prices or catalog.products)
    if is_first or name in names:
        return
    near = _near(name, names)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise UsageError(f"Neither the catalog nor the log has the {noun} {shown(name)}.{hint} If it is new, add --new.")


def _near(name: str, names: Iterable[str]) -> list[str]:
    """The nearest first. Names are case-sensitive, which is a reason for a typing error."""
    by_folded = {each.casefold(): each for each in sorted(names)}
    return [by_folded[each] for each in get_close_matches(name.casefold(), by_folded, _NEAR_MAX)]
