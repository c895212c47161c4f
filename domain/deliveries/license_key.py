"""`license_key`: keys from a pool, one for each piece. Without enough keys the line waits for an import."""

from collections.abc import Mapping

from domain import reasons, refusals
from domain.checkout import LineItem
from domain.deliveries.line_delivery import LineDelivery
from domain.errors import Refused
from domain.fulfillment import Fulfillment
from domain.handing_over import deliver, has_its_stock
from domain.identifiers import InvalidIdentifier, SessionId, fulfillment_id, key_pool_id, pool_name
from domain.key_pool import KeyPool
from domain.line import Line, LineState
from domain.personal import Personal
from domain.plan import PlannedLine, Rule, Setting
from domain.reason import Reason
from domain.stock_item import LineRef
from domain.streams import Streams


class LicenseKey(LineDelivery):
    def settings(self, rule: Rule, item: LineItem) -> dict[str, Setting]:
        """Return the pool of the rule; without one, a pool with the name of the SKU, the product or the line item."""
        return {**rule.settings, "pool": pool_of(rule, item.product) or item.id}

    def objection(self, settings: Mapping[str, Setting]) -> Reason | None:
        try:
            pool_name(str(settings["pool"]))
        except InvalidIdentifier:
            return reasons.invalid_pool()
        return None

    def hand_over(self, session_id: SessionId, line: Line, do: Streams) -> None:
        ref, name = LineRef(session_id, line.plan.id), line.plan.key_pool
        assert name is not None, "a line that gets keys has the pool in its plan"
        pool = do.command(KeyPool, key_pool_id(name), KeyPool.assign, ref, line.plan.item.quantity)
        if keys := pool.keys_of(ref):
            deliver(session_id, line.plan.id, do, keys=keys)
        else:
            detail, id = reasons.not_enough_keys(name), fulfillment_id(session_id)
            do.command(Fulfillment, id, Fulfillment.block, line.plan.id, LineState.BACKORDERED, detail)

    def let_go(self, session_id: SessionId, plan: PlannedLine, do: Streams) -> None:
        """The next import is for others, unless the line waits for new keys in the place of revoked ones."""
        line = do.load(Fulfillment, fulfillment_id(session_id)).lines.get(plan.id)
        if line is not None and line.keys_awaited and line.plan.key_pool == plan.key_pool:
            return
        _stop_waiting(session_id, plan, do)

    def take_over(self, session_id: SessionId, line: Line, why: Reason, do: Streams) -> tuple[Personal, ...]:
        """
        Raises:
            Refused: an import has just served the line, which is about to be delivered with its keys.
        """
        keys = _stop_waiting(session_id, line.plan, do).keys_of(LineRef(session_id, line.plan.id))
        if keys and line.is_ready:
            raise Refused(refusals.keys_just_imported(line.plan.id))
        return keys

    def cancel(self, session_id: SessionId, line: Line, why: Reason, do: Streams) -> None:
        """Leave the queue of the pool. Keys that the line got while it waited for stock were shown to no customer, so
        they return to the pool."""
        if line.plan.key_pool is not None:
            ref = LineRef(session_id, line.plan.id)
            do.command(KeyPool, key_pool_id(line.plan.key_pool), KeyPool.return_keys, ref)
            _stop_waiting(session_id, line.plan, do)


LICENSE_KEY = LicenseKey()


def pool_of(rule: Rule, product: str | None) -> str | None:
    """Return the pool that the rule names; else the one named after its SKU or product."""
    pool = rule.settings.get("pool") or rule.sku or product
    return str(pool) if pool else None


def deliver_assigned(event: KeyPool.Assigned, do: Streams) -> None:
    """Deliver the keys that an import assigned to a waiting line; if its stock is gone, the line gets them with the
    stock. A delivered line that waits for new keys gets them in the place of revoked ones."""
    line = do.load(Fulfillment, fulfillment_id(event.session)).lines.get(event.line_item)
    if line is None or line.plan.key_pool is None or key_pool_id(line.plan.key_pool) != event.originator_id:
        return  # the line has been replanned
    if line.keys_awaited:
        do.command(Fulfillment, fulfillment_id(event.session), Fulfillment.replace_keys, event.line_item, event.keys)
    elif line.is_ready and has_its_stock(event.session, line, do):
        deliver(event.session, event.line_item, do, keys=event.keys)


def _stop_waiting(session_id: SessionId, plan: PlannedLine, do: Streams) -> KeyPool:
    assert plan.key_pool is not None, "a line that gets keys has the pool in its plan"
    return do.command(KeyPool, key_pool_id(plan.key_pool), KeyPool.stop_waiting, LineRef(session_id, plan.id))
