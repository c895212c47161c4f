"""The merchant's word on what fulfilling a product means, and the plan that follows from it for a session."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from domain.checkout import Checkout, LineItem
from domain.deliveries.kind import BUILT_IN, DeliveryKind, Way, built_in, way_of
from domain.errors import InvalidIdentifier
from domain.identifiers import key_pool_id, normal_sku, stock_id

Setting = str | int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one price or product is delivered. `settings` are the kind's own (`link`, `pool`, `url`, ...)."""

    delivery: str
    sku: str | None = None
    track_stock: bool = False
    name: str | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """What one line item of a session needs, frozen when the session was planned."""

    item: LineItem
    delivery: str
    sku: str | None = None
    track_stock: bool = False
    name: str | None = None
    settings: dict[str, Setting] = field(default_factory=dict)
    remark: str | None = None
    """Why a person must look, where the plan itself says so."""

    @property
    def id(self) -> str:
        return self.item.id

    @property
    def title(self) -> str:
        return self.name or self.item.description

    @property
    def stock_sku(self) -> str | None:
        """The SKU whose stock this line takes, if its stock is tracked."""
        return self.sku if self.track_stock else None

    @property
    def key_pool(self) -> str | None:
        """The pool that this line's keys come from, if it is one of keys."""
        return str(self.settings["pool"]) if self.way is Way.FROM_A_POOL else None

    @property
    def way(self) -> Way:
        return way_of(built_in(self.delivery))


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The rules of the file. The file wins over the Stripe product's metadata, a price over its product."""

    prices: Mapping[str, Rule] = field(default_factory=dict)
    products: Mapping[str, Rule] = field(default_factory=dict)
    kinds: frozenset[str] = BUILT_IN
    """The deliveries that can be carried out here: the built-in ones and the merchant's own."""
    digest: str = ""
    """What identifies this version of the file in the log."""

    @property
    def skus(self) -> Set[str]:
        """The SKUs that the file names."""
        rules = (*self.prices.values(), *self.products.values())
        return {rule.sku for rule in rules if rule.sku is not None}

    @property
    def key_pools(self) -> Set[str]:
        """The pools of license keys from which the file's rules draw, as far as they are known without a line item."""
        return {
            str(pool)
            for rules, is_by_product in ((self.prices, False), (self.products, True))
            for id, rule in rules.items()
            if rule.delivery == DeliveryKind.LICENSE_KEY
            and (pool := _pool(rule, id if is_by_product else None)) is not None
        }

    def plan(self, checkout: Checkout) -> tuple[PlannedLine, ...]:
        """A line for everything that was bought; a quantity of 0 is nothing bought."""
        return tuple(self.plan_line(item) for item in checkout.line_items if item.quantity > 0)

    def plan_line(self, item: LineItem) -> PlannedLine:
        rule = self.prices.get(item.price or "") or self.products.get(item.product or "")
        if rule is None:
            rule = _from_metadata(item.metadata)
        if rule is None:
            return PlannedLine(item=item, delivery=DeliveryKind.MANUAL.value, remark="No rule says how to deliver it")
        remark = self._objection(rule, item)
        return PlannedLine(
            item=item,
            delivery=rule.delivery if remark is None else DeliveryKind.MANUAL.value,
            sku=rule.sku if _is_sku(rule.sku) else None,
            track_stock=rule.track_stock,
            name=rule.name,
            settings=_settings(rule, item),
            remark=remark,
        )

    def _objection(self, rule: Rule, item: LineItem) -> str | None:
        """Why the rule can't be followed by a machine. A paid line is never dropped: it becomes `manual` then."""
        if rule.delivery not in self.kinds:
            return f"The delivery '{rule.delivery[:40]}' is not known here"
        if rule.delivery == DeliveryKind.HTTP and not rule.settings.get("url"):
            return "The delivery 'http' needs a url, which only the catalog file can give"
        try:
            if rule.sku is not None:
                stock_id(rule.sku)
            if rule.delivery == DeliveryKind.LICENSE_KEY:
                key_pool_id(str(_settings(rule, item)["pool"]))
        except InvalidIdentifier as error:
            return f"Its rule can't be followed: {error}"
        return None


def _is_sku(text: str | None) -> bool:
    try:
        return text is not None and bool(stock_id(text))
    except InvalidIdentifier:
        return False


def _settings(rule: Rule, item: LineItem) -> dict[str, Setting]:
    settings = dict(rule.settings)
    if rule.delivery == DeliveryKind.LICENSE_KEY:
        settings.setdefault("pool", _pool(rule, item.product) or item.id)
    return settings


def _pool(rule: Rule, product: str | None) -> Setting | None:
    return rule.settings.get("pool") or rule.sku or product


def _from_metadata(metadata: Mapping[str, str]) -> Rule | None:
    delivery = metadata.get("delivery", "").strip()
    return Rule(delivery=delivery, sku=normal_sku(metadata.get("sku", "")) or None) if delivery else None
