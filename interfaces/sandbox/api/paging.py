"""Lists in pages, as Stripe cuts them: a limit and a cursor, before or after an object."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, TypeVar

from interfaces.sandbox.api.call import ApiCall
from interfaces.sandbox.model.errors import StripeError, missing_resource
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.stripe_json.shapes import JsonObject, list_json

PAGING: Final = ("ending_before", "expand", "limit", "starting_after")
_LIMIT_DEFAULT: Final = 10
_LIMIT_MAX: Final = 100


class Listed(Protocol):
    @property
    def id(self) -> str: ...


class Dated(Protocol):
    @property
    def created(self) -> int: ...


Item = TypeVar("Item", bound=Listed)


def page_json(call: ApiCall, url: str, items: Sequence[Item], render: Callable[[Item], JsonObject]) -> JsonObject:
    """One page of the items, which are in the order in which Stripe lists them."""
    found, has_more = _page(call.params, items)
    return list_json(url, [render(item) for item in found], has_more=has_more)


def newest_first(items: Iterable[Item]) -> list[Item]:
    return list(items)[::-1]


def created_within(params: Params) -> Callable[[Dated], bool]:
    """The filter `created`: one moment, or bounds named gt, gte, lt and lte."""
    bounds = Params({}) if _is_moment(params) else params.child("created")
    bounds.allow_only(("gt", "gte", "lt", "lte"))
    exact = params.integer("created") if _is_moment(params) else None
    gt, gte, lt, lte = (bounds.integer(name) for name in ("gt", "gte", "lt", "lte"))

    def is_within(item: Dated) -> bool:
        created = item.created
        return (
            (exact is None or created == exact)
            and (gt is None or created > gt)
            and (gte is None or created >= gte)
            and (lt is None or created < lt)
            and (lte is None or created <= lte)
        )

    return is_within


def _is_moment(params: Params) -> bool:
    return params.is_text("created")


def _page(params: Params, items: Sequence[Item]) -> tuple[Sequence[Item], bool]:
    limit = params.integer("limit", minimum=1, maximum=_LIMIT_MAX) or _LIMIT_DEFAULT
    after, before = params.text("starting_after"), params.text("ending_before")
    if after is not None and before is not None:
        raise StripeError("You can only use one of `starting_after` and `ending_before`.")
    if before is not None:
        end = _position(items, before, "ending_before")
        start = max(0, end - limit)
        return items[start:end], start > 0
    start = 0 if after is None else _position(items, after, "starting_after") + 1
    return items[start : start + limit], start + limit < len(items)


def _position(items: Sequence[Item], identifier: str, param: str) -> int:
    for position, item in enumerate(items):
        if item.id == identifier:
            return position
    raise missing_resource("object", identifier, param=param)
