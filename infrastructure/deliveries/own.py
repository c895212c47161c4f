"""The merchant's own kinds of delivery: entry points of installed packages, as docs/own-deliveries.md shows."""

from typing import Any

from application.ports import Deliverer
from domain.deliveries.kind import BUILT_IN
from domain.effect import MAIL, RETRIEVE
from infrastructure.entry_points import installed, load_all

GROUP = "checkout_fulfillment.deliveries"


def own_kinds() -> frozenset[str]:
    """Return the names of the kinds that installed packages offer. Nothing is loaded, so none of them is checked."""
    return frozenset(entry.name for entry in installed(GROUP))


def own_deliveries() -> dict[str, Deliverer]:
    """Return every kind that an installed package offers, by its name. A kind that does not load stops the start;
    otherwise its lines would silently wait for a person.

    Raises:
        NotLoaded: one does not load, or its name can't be used.
    """
    wanted = "make an object with a method `deliver(request)`"
    return load_all(GROUP, "delivery", BUILT_IN | {MAIL, RETRIEVE}, _made, wanted)


def _made(maker: Any) -> Deliverer | None:
    made = maker()
    if isinstance(made, type) or not callable(getattr(made, "deliver", None)):
        return None
    deliverer: Deliverer = made
    return deliverer
