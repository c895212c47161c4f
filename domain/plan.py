"""The rule for a product, and the plan that follows from it for one line item."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.checkout import LineItem
from domain.deliveries.kind import DeliveryKind, built_in, draws_keys
from domain.identifiers import LineItemId, PoolName, Sku, pool_name
from domain.reason import Reason

Setting = str | int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one price or product is delivered. `settings` are the kind's own (`link`, `pool`, `url`, ...)."""

    delivery: str
    sku: Sku | None = None
    track_stock: bool = False
    name: str | None = None
    low_stock: int | None = None
    """Staff are warned when so few pieces or keys are left, or fewer; None: never."""
    settings: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """What one line item of a session needs, frozen when the session was planned."""

    item: LineItem
    delivery: str
    sku: Sku | None = None
    track_stock: bool = False
    name: str | None = None
    settings: dict[str, Setting] = field(default_factory=dict)
    remark: Reason | None = None
    """The reason for which the plan leaves the line to a person; None otherwise. Such a line is `manual`: no effect
    delivers it."""

    @property
    def id(self) -> LineItemId:
        return self.item.id

    @property
    def title(self) -> str:
        return self.name or self.item.description

    @property
    def stock_sku(self) -> Sku | None:
        """The SKU whose stock this line takes, if its stock is tracked."""
        return self.sku if self.track_stock else None

    @property
    def key_pool(self) -> PoolName | None:
        """The pool of this line's license keys; None for any other delivery."""
        return pool_name(str(self.settings["pool"])) if draws_keys(self.kind) else None

    @property
    def kind(self) -> DeliveryKind | None:
        """None for a merchant's own kind."""
        return built_in(self.delivery)
