"""The merchant's catalog, and the plan that follows from it for a session."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import timedelta

from domain import reasons
from domain.checkout import Checkout, LineItem
from domain.deliveries.by_kind import delivery_of
from domain.deliveries.kind import BUILT_IN, DeliveryKind, built_in, draws_keys
from domain.deliveries.license_key import pool_of
from domain.identifiers import InvalidIdentifier, PoolName, Sku, normal_sku, pool_name, stock_id
from domain.plan import PlannedLine, Rule, Setting
from domain.reason import Reason
from domain.reference import Alike
from domain.whose_session import OurSessions

REPEATS_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LowStock:
    """When staff are warned: if so many available pieces of a SKU, or free keys of a pool, are left, or fewer."""

    skus: Mapping[Sku, int] = field(default_factory=dict)
    pools: Mapping[PoolName, int] = field(default_factory=dict)


NEVER_LOW = LowStock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The rules of the file. The file wins over the Stripe product's metadata, a price over its product."""

    prices: Mapping[str, Rule] = field(default_factory=dict)
    products: Mapping[str, Rule] = field(default_factory=dict)
    kinds: frozenset[str] = BUILT_IN
    """The deliveries that can be carried out here: the built-in ones and the merchant's own."""
    our_sessions: OurSessions | None = None
    """Which sessions of the Stripe account are ours; None: all of them."""
    repeats_within: timedelta = REPEATS_WITHIN
    """A person decides over a second payment for the same reference in this time; 0: no one does."""
    repeats_same: frozenset[Alike] = frozenset()
    """What both must have in common besides the reference."""
    digest: str = ""
    """Identifies this version of the file in the log."""

    @property
    def skus(self) -> Set[str]:
        """The SKUs that the file names."""
        return {rule.sku for rule, _ in self._rules() if rule.sku is not None}

    @property
    def key_pools(self) -> Set[str]:
        """The pools of license keys from which the file's rules draw, as far as they are known without a line item."""
        return {pool for rule, product in self._rules() if (pool := _pool(rule, product)) is not None}

    @property
    def low_stock(self) -> "LowStock":
        """The limits at which the file asks for a warning. Of several rules about one SKU or pool, the highest
        counts."""
        skus: dict[Sku, int] = {}
        pools: dict[PoolName, int] = {}
        for rule, product in self._rules():
            if rule.low_stock is None:
                continue
            if rule.track_stock and rule.sku is not None:
                skus[rule.sku] = max(rule.low_stock, skus.get(rule.sku, 0))
            if (pool := _pool_name(rule, product)) is not None:
                pools[pool] = max(rule.low_stock, pools.get(pool, 0))
        return LowStock(skus=skus, pools=pools)

    @property
    def is_empty(self) -> bool:
        """True if it has no rule: only the metadata of products decides how they are delivered."""
        return not self.prices and not self.products

    def plan(self, checkout: Checkout) -> tuple[PlannedLine, ...]:
        """Return a plan for each line item that was bought. A line item of quantity 0 was not."""
        return tuple(self.plan_line(item) for item in checkout.line_items if item.quantity > 0)

    def plan_for_a_person(self, checkout: Checkout, why: Reason) -> tuple[PlannedLine, ...]:
        """Return the same lines, each left to a person: the engine delivers none of them, and they take no stock."""
        manual = DeliveryKind.MANUAL.value
        return tuple(
            PlannedLine(item=line.item, delivery=manual, sku=line.sku, name=line.name, remark=why)
            for line in self.plan(checkout)
        )

    def is_ours(self, checkout: Checkout) -> bool:
        """False if the session is another application's, which uses the same Stripe account."""
        if self.our_sessions is None:
            return True
        return self.our_sessions.has(checkout, is_with_rule=any(map(self._rule_of, checkout.line_items)))

    def _rules(self) -> Iterator[tuple[Rule, str | None]]:
        """Yield each rule with its product; None for the rule of a price."""
        yield from ((rule, None) for rule in self.prices.values())
        yield from ((rule, product) for product, rule in self.products.items())

    def _rule_of(self, item: LineItem) -> Rule | None:
        rule = self.prices.get(item.price or "") or self.products.get(item.product or "")
        return _from_metadata(item.metadata) if rule is None else rule

    def plan_line(self, item: LineItem) -> PlannedLine:
        rule = self._rule_of(item)
        if rule is None:
            return PlannedLine(item=item, delivery=DeliveryKind.MANUAL.value, remark=reasons.no_rule())
        settings = delivery_of(built_in(rule.delivery)).settings(rule, item)
        remark = self._objection(rule, settings)
        return PlannedLine(
            item=item,
            delivery=rule.delivery if remark is None else DeliveryKind.MANUAL.value,
            sku=rule.sku if _is_sku(rule.sku) else None,
            track_stock=rule.track_stock,
            name=rule.name,
            settings=settings,
            remark=remark,
        )

    def _objection(self, rule: Rule, settings: Mapping[str, Setting]) -> Reason | None:
        """Return why the engine can't follow the rule; None if it can. Such a paid line is never dropped: it becomes
        `manual`."""
        if rule.delivery not in self.kinds:
            return reasons.unknown_delivery(rule.delivery)
        if rule.sku is not None and not _is_sku(rule.sku):
            return reasons.invalid_sku()
        return delivery_of(built_in(rule.delivery)).objection(settings)


def _pool(rule: Rule, product: str | None) -> str | None:
    return pool_of(rule, product) if draws_keys(built_in(rule.delivery)) else None


def _pool_name(rule: Rule, product: str | None) -> PoolName | None:
    """Return the pool of the rule. None also for a name that no pool can have: lines with such a rule become
    `manual`."""
    try:
        name = _pool(rule, product)
        return None if name is None else pool_name(name)
    except InvalidIdentifier:
        return None


def _is_sku(text: Sku | None) -> bool:
    try:
        return text is not None and bool(stock_id(text))
    except InvalidIdentifier:
        return False


def _from_metadata(metadata: Mapping[str, str]) -> Rule | None:
    delivery = metadata.get("delivery", "").strip()
    return Rule(delivery=delivery, sku=normal_sku(metadata.get("sku", "")) or None) if delivery else None
