"""The merchant's own kinds of delivery: entry points of installed packages, as docs/own-deliveries.md shows."""

import re
from importlib.metadata import EntryPoint, entry_points

from application.ports import Delivery
from domain.deliveries.kind import BUILT_IN
from domain.effect import MAIL, RETRIEVE

GROUP = "checkout_fulfillment.deliveries"

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_TAKEN = BUILT_IN | {MAIL, RETRIEVE}
_ERROR_MAX = 300


class DeliveryNotLoaded(Exception):
    """A delivery of the merchant's own can't be used. The message names it, its package and what is wrong."""


def own_deliveries() -> dict[str, Delivery]:
    """Every kind that an installed package offers, by its name. An installed kind that does not work stops the start:
    its lines would otherwise wait for a person without a word.

    Raises:
        DeliveryNotLoaded: one does not load, or its name can't be used.
    """
    own: dict[str, Delivery] = {}
    for entry in entry_points(group=GROUP):
        if entry.name in own:
            raise DeliveryNotLoaded(
                f"Two installed packages offer a delivery named '{entry.name}'; remove one of them."
            )
        own[entry.name] = _load(entry)
    return own


def _load(entry: EntryPoint) -> Delivery:
    who = f"The delivery '{entry.name[:60]}' of {_package(entry)}"
    if entry.name in _TAKEN:
        raise DeliveryNotLoaded(f"{who} has the name of a built-in kind; give it another.")
    if not _NAME.fullmatch(entry.name):
        raise DeliveryNotLoaded(
            f"{who} can't be named so; a name is up to 40 small letters, digits, hyphens and underscores."
        )
    try:
        delivery = entry.load()()
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())[:_ERROR_MAX]
        raise DeliveryNotLoaded(f"{who} can't be made by {entry.value}: {text}") from error
    if isinstance(delivery, type) or not callable(getattr(delivery, "deliver", None)):
        raise DeliveryNotLoaded(f"{who}: {entry.value} must make an object with a method `deliver(request)`.")
    made: Delivery = delivery
    return made


def _package(entry: EntryPoint) -> str:
    return f"the package {entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"
