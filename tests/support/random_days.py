"""A day in a shop, drawn from a seed: customers, couriers and staff act while the policies lag some events behind.

Without a store and without threads: units of work over a log in memory, one after the other. Beside the log the day
keeps what is true: how many pieces lie on each shelf, and who handed over which line.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar, cast

from builders import a_checkout, a_line_item
from kinds import ACCESS, LICENSE_KEY, MANUAL, SHIPMENT
from scenario import NoLog
from typed_ids import as_session, as_sku, as_stream

from application.log.log import Log
from application.ports import DeliveryReceipt, DeliveryRequest
from application.running.effect_kinds import Attempt
from application.running.handlers import Deliver
from application.writing.recent_states import RecentStates
from application.writing.unit_of_work import Stamp, UnitOfWork
from domain import reasons, revoked_keys, staff_decisions
from domain.catalog import Catalog
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.deliveries.kind import BUILT_IN
from domain.effect import Effect
from domain.errors import Refused
from domain.event import A, Event
from domain.fulfillment import Fulfillment
from domain.identifiers import LineItemId, SessionId, StreamId, fulfillment_id
from domain.key_pool import KeyPool
from domain.line import Line, LineState
from domain.personal import Personal
from domain.plan import Rule
from domain.policies.fulfillment import FulfillmentPolicy
from domain.policies.inventory import InventoryPolicy
from domain.policy import Policy
from domain.source import Source
from domain.stock_item import LineRef, StockItem

T = TypeVar("T")

_NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
_SKUS, _POOLS, _COURIER = ("mug", "box"), ("basic", "pro"), "courier"
_STEPS_MAX, _ROUNDS_MAX, _CHECKOUTS_MAX = 60, 40, 4


def _catalog(**rules: Rule) -> Catalog:
    products = {f"prod_{name}": rule for name, rule in rules.items()}
    return Catalog(products=products, kinds=BUILT_IN | {_COURIER})


_MORNING = _catalog(
    parcel=Rule(delivery=SHIPMENT, sku=as_sku("mug"), track_stock=True),
    sent=Rule(delivery=_COURIER, sku=as_sku("mug"), track_stock=True),
    seat=Rule(delivery=ACCESS, sku=as_sku("box"), track_stock=True),
    key=Rule(delivery=LICENSE_KEY, settings={"pool": "basic"}),
    boxed=Rule(delivery=LICENSE_KEY, sku=as_sku("box"), track_stock=True, settings={"pool": "basic"}),
    service=Rule(delivery=MANUAL),
)
_AFTERNOON = _catalog(
    parcel=Rule(delivery=_COURIER, sku=as_sku("mug"), track_stock=True),
    sent=Rule(delivery=SHIPMENT, sku=as_sku("box"), track_stock=True),
    seat=Rule(delivery=ACCESS),
    key=Rule(delivery=LICENSE_KEY, settings={"pool": "pro"}),
    boxed=Rule(delivery=SHIPMENT, sku=as_sku("box"), track_stock=True),
    service=Rule(delivery=_COURIER),
)
_PRODUCTS = [id.removeprefix("prod_") for id in _MORNING.products]


@dataclass
class _Call:
    """An attempt that a worker claimed and that has no outcome yet."""

    attempt: Attempt
    is_lost: bool = False
    """Its process has ended: another worker makes it again."""


class Day:
    """Raises `AssertionError` as soon as the books are wrong or a line is handed over twice."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._streams: dict[str, list[Event]] = defaultdict(list)
        self._log: list[Event] = []
        self._followed = 0
        self._recent = RecentStates(NoLog())
        self._catalog = _MORNING
        self._products = self._draw.sample(_PRODUCTS, self._draw.choice([1, 2, 2, 3]))
        self._on_shelf: Counter[str] = Counter()
        self._keys = 0
        self._checkouts: dict[str, Checkout] = {}
        self._calls: list[_Call] = []
        self._handed: dict[LineRef, set[str]] = defaultdict(set)
        """Who handed a line over: a person, or an idempotency key of the courier's."""
        self._canceled: set[LineRef] = set()
        self._unshipped: Counter[LineRef] = Counter()
        """How often a line was taken out of its parcel."""
        self._deliver = Deliver(_Courier(), cast(Log, self))
        self.refused = 0

    def play(self) -> None:
        steps: Sequence[Callable[[], object]] = (
            self._buy,
            self._count,
            self._ship,
            self._complete,
            self._claim,
            self._end_call,
            self._replan,
            self._import,
            self._retry,
            self._settle,
            self._change_rules,
            self._cancel,
            self._revoke_keys,
            self._replace_keys,
            self._unship,
        )
        weights = [self._draw.choice([0.1, 1.0, 1.0, 4.0]) for _ in steps]
        lag = self._draw.choice([0.2, 0.5, 0.9])
        for sku in _SKUS:
            self._on_shelf[sku] = self._draw.randint(0, 4)
            self._count_true(sku)
        self._import_into("basic", self._draw.randint(1, 4))
        self._buy()
        for step in self._draw.choices(
            steps, [weight + 0.1 for weight in weights], k=self._draw.randint(10, _STEPS_MAX)
        ):
            step()
            if self._draw.random() > lag:
                self._follow(self._draw.randint(1, 6))
        self._tidy_up()
        self._check_the_evening()

    @property
    def events(self) -> Sequence[Event]:
        """All that was recorded, in order."""
        return self._log

    # What is recorded.

    def get(self, kind: type[A], id: StreamId) -> A:
        known = self._recent.get(id)
        state = known if isinstance(known, kind) else kind(id=id)
        for event in self._streams[id][state.version :]:
            state = state.evolve(event)
        return state

    def _fetch(self, ids: Sequence[str]) -> Mapping[str, list[Event]]:
        return {id: list(self._streams[id]) for id in ids}

    def _do(self, actor: str, session_id: SessionId | None, command: Callable[[UnitOfWork], T]) -> T:
        """
        Raises:
            Refused: by a command of staff. Nothing of it is recorded.
        """
        unit = UnitOfWork(self._fetch, self._recent)
        with unit.attempt(Stamp(actor=actor, now=_NOW, session_id=session_id)):
            result = command(unit)
        for event in unit.pending:
            assert event.originator_version == len(self._streams[event.originator_id]) + 1
            self._streams[event.originator_id].append(event)
        self._log += unit.pending
        self._recent.keep(unit.states, ())
        if actor.startswith("policy:"):
            for event in unit.pending:
                if isinstance(event, Fulfillment.LineItemDelivered):
                    self._take(self._line(LineRef(event.session, event.line_item)), is_sure=True)
        return result

    def _staff(self, session_id: SessionId | None, command: Callable[[UnitOfWork], object]) -> bool:
        try:
            self._do("staff:ann", session_id, command)
        except Refused:
            self.refused += 1
            return False
        return True

    def _follow(self, events: int) -> bool:
        """The policies follow the log by so many events. False if there was none."""
        policies: Sequence[Policy] = (FulfillmentPolicy(self._catalog), InventoryPolicy())
        read = self._log[self._followed : self._followed + events]
        for event in read:
            for policy in policies:
                if type(event) in policy.reads | policy.further.keys():
                    self._do(f"policy:{policy.name}", event.session_id, partial(policy.decide, event))
            self._followed += 1
        self._check_books()
        return bool(read)

    # What is true.

    def _line(self, claim: LineRef) -> Line:
        return self.get(Fulfillment, fulfillment_id(claim.session_id)).lines[claim.line_item]

    def _take(self, line: Line, *, is_sure: bool) -> None:
        """Pieces leave the shelf. Where it is not sure that they were there, they may come from elsewhere."""
        sku, quantity = line.plan.stock_sku, line.plan.item.quantity
        if sku is None or (not is_sure and self._on_shelf[sku] < quantity):
            return
        self._on_shelf[sku] -= quantity
        assert self._on_shelf[sku] >= 0, f"{quantity} of {sku} were handed over and not there"

    def _hand_over(self, claim: LineRef, who: str) -> None:
        self._handed[claim].add(who)
        assert claim not in self._canceled, f"{claim} was canceled, and handed over by {who}"
        assert len(self._handed[claim]) == 1, f"{claim} was handed over by {sorted(self._handed[claim])}"

    def _check_books(self) -> None:
        for sku in _SKUS:
            item = self.get(StockItem, as_stream(f"sku_{sku}"))
            assert item.on_hand == self._on_shelf[sku], f"{item.on_hand} of {sku} in the books, {self._on_shelf} there"
            assert 0 <= item.promised <= item.on_hand, f"{item.promised} of {item.on_hand} {sku} are promised"

    # What people do.

    def _buy(self) -> None:
        if len(self._checkouts) == _CHECKOUTS_MAX:
            return
        session_id = f"cs_test_{len(self._checkouts)}"
        products = self._draw.sample(self._products, self._draw.randint(1, len(self._products)))
        items = [
            a_line_item(f"li_{product}", product=f"prod_{product}", quantity=self._draw.choice([1, 1, 2]))
            for product in products
        ]
        paid = "paid" if self._draw.random() < 0.8 else "unpaid"
        self._checkouts[session_id] = a_checkout(line_items=items, payment_status=paid)
        self._learn(as_stream(session_id))

    def _settle(self) -> None:
        unpaid = [id for id, checkout in self._checkouts.items() if checkout.payment_status == "unpaid"]
        if unpaid:
            id = self._draw.choice(unpaid)
            self._checkouts[id] = replace(self._checkouts[id], payment_status="paid")
            self._learn(as_stream(id))

    def _learn(self, id: StreamId) -> None:
        answer = self._checkouts[id]
        self._do(
            "worker:1",
            as_session(id),
            lambda do: do.command(CheckoutSession, id, CheckoutSession.learn, answer, source=Source.WEBHOOK, at=_NOW),
        )

    def _count(self) -> None:
        """Pieces came or broke, and staff count the shelf."""
        sku = self._draw.choice(_SKUS)
        self._on_shelf[sku] = max(0, self._on_shelf[sku] + self._draw.randint(-2, 2))
        self._count_true(sku)

    def _count_true(self, sku: str) -> None:
        count, on_shelf = StockItem.count, self._on_shelf[sku]
        self._do("staff:ann", None, lambda do: do.command(StockItem, as_stream(f"sku_{sku}"), count, on_shelf))

    def _import(self) -> None:
        self._import_into(self._draw.choice(_POOLS), self._draw.randint(1, 3))

    def _import_into(self, pool: str, count: int) -> None:
        keys = [f"KEY-{self._keys + number}" for number in range(count)]
        self._keys += count
        self._do(
            "staff:ann", None, lambda do: do.command(KeyPool, as_stream(f"keys_{pool}"), KeyPool.import_keys, keys)
        )

    def _change_rules(self) -> None:
        self._catalog = _AFTERNOON if self._catalog is _MORNING else _MORNING

    def _some_checkout(self, is_meant: Callable[[Line], bool]) -> str | None:
        """One that has a line of this kind: staff see what there is to do."""
        ids = [id for id in self._checkouts if any(map(is_meant, self._lines(as_session(id))))]
        return self._draw.choice(ids) if ids else None

    def _lines(self, id: SessionId) -> Sequence[Line]:
        return list(self.get(Fulfillment, fulfillment_id(id)).lines.values())

    def _retry(self) -> None:
        if id := self._some_checkout(lambda line: not line.state.is_finished):
            self._staff(
                as_session(id), lambda do: do.command(CheckoutSession, as_stream(id), CheckoutSession.request_retry)
            )

    def _replan(self) -> None:
        if id := self._some_checkout(lambda line: line.state.needs_a_person):
            if self._draw.random() < 0.7:
                self._change_rules()
            self._replan_by_the_catalog(as_session(id))

    def _replan_by_the_catalog(self, id: SessionId) -> bool:
        plan = self._catalog.plan(self._checkouts[id])
        return self._staff(id, lambda do: staff_decisions.replan(id, plan, "c0ffee", do))

    def _ship(self) -> None:
        if id := self._some_checkout(lambda line: line.is_to_pack):
            self._ship_from(as_session(id), [])

    def _complete(self) -> None:
        if id := self._some_checkout(lambda line: not line.state.is_finished):
            waiting = [line.plan.id for line in self._lines(as_session(id)) if not line.state.is_finished]
            self._complete_by_hand(as_session(id), self._draw.sample(waiting, self._draw.randint(0, len(waiting))))

    def _cancel(self) -> None:
        """Some lines or all of them, of a checkout that is paid or not."""
        if not self._checkouts:
            return
        id = as_session(self._draw.choice(list(self._checkouts)))
        open_lines = [line.plan.id for line in self._lines(id) if not line.state.is_finished]
        chosen = self._draw.sample(open_lines, self._draw.randint(0, len(open_lines)))
        if self._staff(id, lambda do: staff_decisions.cancel(id, chosen, do, notifies=False)):
            canceled = {LineRef(id, line_item) for line_item in chosen or open_lines}
            assert all(self._line(claim).state is LineState.CANCELED for claim in canceled)
            assert not any(self._handed[claim] for claim in canceled), f"{canceled} were handed over before"
            self._canceled |= canceled
        self._check_books()

    def _revoke_keys(self) -> None:
        self._change_keys(revoked_keys.revoke)

    def _replace_keys(self) -> None:
        self._change_keys(revoked_keys.replace)

    def _change_keys(self, decision: Callable[..., revoked_keys.KeyChange]) -> None:
        """One of the keys of a line, or all that are valid."""
        if not (id := self._some_checkout(lambda line: bool(line.all_keys))):
            return
        line = self._draw.choice([line for line in self._lines(as_session(id)) if line.all_keys])
        numbers = [self._draw.randint(1, len(line.all_keys))] if self._draw.random() < 0.5 else []
        self._staff(as_session(id), lambda do: decision(as_session(id), line.plan.id, numbers, do))

    def _unship(self) -> None:
        """Lines of a parcel are back on the shelf, or lost."""
        left = [
            (as_session(id), self.get(Fulfillment, fulfillment_id(as_session(id))).parcels) for id in self._checkouts
        ]
        parcels = [(id, parcel) for id, of_checkout in left for parcel in of_checkout]
        if not parcels:
            return
        id, parcel = self._draw.choice(parcels)
        lines = self._draw.sample(parcel.lines, self._draw.randint(1, len(parcel.lines)))
        is_restocked, unship = self._draw.random() < 0.5, staff_decisions.unship
        assert self._staff(id, lambda do: unship(id, parcel.number, lines, do, is_restocked=is_restocked))
        for claim in [LineRef(id, line) for line in lines]:
            plan = self._line(claim).plan
            if is_restocked and plan.stock_sku is not None:
                self._on_shelf[plan.stock_sku] += plan.item.quantity
            self._handed[claim].clear()
            self._unshipped[claim] += 1
        self._check_books()

    def _ship_from(self, id: SessionId, lines: Sequence[LineItemId]) -> bool:
        before = self._open_lines(id)
        ship = staff_decisions.ship
        return self._staff(id, lambda do: ship(id, lines, do, carrier="DHL", tracking=None)) and self._gone(id, before)

    def _complete_by_hand(self, id: SessionId, lines: Sequence[LineItemId]) -> bool:
        before = self._open_lines(id)
        return self._staff(id, lambda do: staff_decisions.complete(id, lines, do)) and self._gone(id, before)

    def _open_lines(self, id: SessionId) -> Mapping[LineRef, bool]:
        """The lines that are not handed over, and whether a person finds their pieces on the shelf."""
        return {
            LineRef(id, line.plan.id): line.is_to_pack or self._is_promised(line, id)
            for line in self._lines(id)
            if not line.state.is_finished
        }

    def _is_promised(self, line: Line, id: SessionId) -> bool:
        sku = line.plan.stock_sku
        return sku is None or LineRef(id, line.plan.id) in self.get(StockItem, as_stream(f"sku_{sku}")).reserved

    def _gone(self, id: str, before: Mapping[LineRef, bool]) -> bool:
        for claim, is_on_shelf in before.items():
            line = self._line(claim)
            if line.state is LineState.DELIVERED:
                self._hand_over(claim, "a person")
                if is_on_shelf:
                    self._take(line, is_sure=True)
        self._check_books()
        return True

    # What workers and couriers do.

    def _effects(self) -> Sequence[Effect]:
        return [self.get(Effect, as_stream(id)) for id in list(self._streams) if id.startswith("eff_")]

    def _claim(self) -> None:
        claimable = [effect for effect in self._effects() if effect.is_open and self._is_free(effect)]
        if claimable:
            self._claim_one(self._draw.choice(claimable))

    def _is_free(self, effect: Effect) -> bool:
        return not any(call.attempt.effect.id == effect.id and not call.is_lost for call in self._calls)

    def _claim_one(self, effect: Effect) -> None:
        """As the effect runner does it."""
        assert effect.requested
        assert effect.requested.session_id
        session_id = effect.requested.session_id

        def claim(do: UnitOfWork) -> Effect | None:
            why = self._deliver.prepare(effect, session_id, do)
            if why is not None:
                do.command(Effect, effect.id, Effect.withdraw, why)
                return None
            if effect.worker is not None:
                do.command(Effect, effect.id, Effect.orphan, effect.worker, now=_NOW, random=0.0)
            started = do.command(Effect, effect.id, Effect.start, "1", now=_NOW)
            return started if started.worker is not None else None

        started = self._do("worker:1", session_id, claim)
        self._calls = [call for call in self._calls if call.attempt.effect.id != effect.id]
        if started is not None:
            line = self._line(LineRef(session_id, effect.requested.line.id)) if effect.requested.line else None
            assert effect.is_under_way or line is None or self._is_promised(line, session_id), f"{line} has no stock"
            attempt = Attempt(effect=started, session_id=session_id, number=started.attempt)
            self._calls.append(_Call(attempt))

    def _end_call(self) -> None:
        calls = [call for call in self._calls if not call.is_lost]
        if calls:
            call = self._draw.choice(calls)
            self._draw.choice([self._succeed, self._succeed, self._fail, self._lose])(call)

    def _claim_of(self, call: _Call) -> LineRef:
        requested = call.attempt.effect.requested
        assert requested
        assert requested.line
        return LineRef(call.attempt.session_id, requested.line.id)

    def _succeed(self, call: _Call) -> None:
        self._calls.remove(call)
        claim, attempt = self._claim_of(call), call.attempt
        self._hand_over(claim, attempt.key)
        self._take(self._line(claim), is_sure=False)
        done = self._deliver.perform(attempt)

        def record(do: UnitOfWork) -> None:
            assert done.outcome is None or done.outcome(do) is None
            do.command(Effect, attempt.effect.id, Effect.succeed, attempt.number)

        self._do("worker:1", attempt.session_id, record)
        self._check_books()

    def _fail(self, call: _Call) -> None:
        """It did not work this time, or never will; but what was handed over before its process ended stays so."""
        if call.attempt.key in self._handed[self._claim_of(call)]:
            self._succeed(call)
            return
        self._calls.remove(call)
        retry_at = self._draw.choice([None, _NOW])
        attempt, fail = call.attempt, Effect.fail
        self._do(
            "worker:1",
            attempt.session_id,
            lambda do: do.command(
                Effect, attempt.effect.id, fail, attempt.number, reasons.port_failed("no"), retry_at=retry_at
            ),
        )

    def _lose(self, call: _Call) -> None:
        call.is_lost = True
        if self._draw.random() < 0.5:
            self._hand_over(self._claim_of(call), call.attempt.key)

    # The evening.

    def _tidy_up(self) -> None:
        """Nothing goes wrong any more, staff see to whatever waits for them, and everything is handed over."""
        for _ in range(_ROUNDS_MAX):
            did = [self._follow_to_the_end(), self._end_all_calls(), self._serve()]
            if not any(did):
                return
        raise AssertionError(f"The day does not end: {[self._lines(as_session(id)) for id in self._checkouts]}")

    def _follow_to_the_end(self) -> bool:
        did = False
        while self._follow(10):
            did = True
        return did

    def _end_all_calls(self) -> bool:
        for effect in self._effects():
            if effect.is_open and self._is_free(effect):
                self._claim_one(effect)
        calls = list(self._calls)
        for call in calls:
            self._succeed(call)
        return bool(calls)

    def _serve(self) -> bool:
        did = [self._restock(sku) for sku in _SKUS] + [self._import_missing(pool) for pool in _POOLS]
        for id in self._checkouts:
            if any(line.is_to_pack for line in self._lines(as_session(id))):
                assert self._ship_from(as_session(id), []), f"what is ready to pack of {id} can't be shipped"
                did.append(True)
            if any(line.is_undecided for line in self._lines(as_session(id))):
                did.append(self._replan_by_the_catalog(as_session(id)))
                continue
            by_hand = [
                line.plan.id
                for line in self._lines(as_session(id))
                if line.state in {LineState.MANUAL, LineState.GIVEN_UP}
            ]
            if by_hand:
                assert self._complete_by_hand(as_session(id), by_hand), f"{by_hand} of {id} can't be completed"
                did.append(True)
        return any(did)

    def _restock(self, sku: str) -> bool:
        wanted = sum(self.get(StockItem, as_stream(f"sku_{sku}")).backordered.values())
        if wanted:
            self._on_shelf[sku] += wanted
            self._count_true(sku)
        return bool(wanted)

    def _import_missing(self, pool: str) -> bool:
        waiting = self.get(KeyPool, as_stream(f"keys_{pool}")).waiting
        if waiting:
            self._import_into(pool, sum(waiting.values()))
        return bool(waiting)

    def _check_the_evening(self) -> None:
        self._check_books()
        for id, checkout in self._checkouts.items():
            for line in self.get(Fulfillment, fulfillment_id(as_session(id))).lines.values():
                assert checkout.payment_status == "paid", f"{id} is not paid, and planned"
                is_canceled = LineRef(as_session(id), line.plan.id) in self._canceled
                assert line.state is (LineState.CANCELED if is_canceled else LineState.DELIVERED), f"{id} {line}"
        delivered = Counter(
            LineRef(event.session, event.line_item)
            for event in self._log
            if isinstance(event, Fulfillment.LineItemDelivered)
        )
        delivered.subtract(self._unshipped)
        assert set(delivered.values()) <= {0, 1}, delivered
        for sku in _SKUS:
            item = self.get(StockItem, as_stream(f"sku_{sku}"))
            needs = [claim for claim in item.needs if not self._may_still_pay(claim.session_id)]
            assert not needs, f"{sku} is still wanted by {needs}"
        self._check_keys()

    def _may_still_pay(self, id: SessionId) -> bool:
        is_canceled = self.get(CheckoutSession, id).is_canceled
        return self._checkouts[id].payment_status == "unpaid" and not is_canceled

    def _check_keys(self) -> None:
        """Every key that was taken from a pool, and not returned, is in the hands of the customer for whom it was
        taken, and of no other, before it is revoked; then of none. Who is to get new ones has them."""
        taken: dict[LineRef, list[Personal]] = defaultdict(list)
        holders: dict[Personal, set[LineRef]] = defaultdict(set)
        pools: dict[LineRef, str] = {}
        for event in self._log:
            if not isinstance(event, KeyPool.Assigned | KeyPool.Returned | KeyPool.Revoked):
                continue
            claim = LineRef(event.session, event.line_item)
            pools[claim] = event.originator_id
            for key in event.keys:
                if isinstance(event, KeyPool.Assigned):
                    taken[claim].append(key)
                    holders[key].add(claim)
                else:
                    taken[claim].remove(key)
                    holders[key] -= {claim} if isinstance(event, KeyPool.Returned) else set()
        assert all(len(claims) <= 1 for claims in holders.values()), f"a key has several holders: {holders.values()}"
        for claim, keys in taken.items():
            line = self._line(claim)
            assert list(line.keys) == keys, f"{line} has not {keys}, which were taken for it"
            assert not keys or f"keys_{line.plan.key_pool}" == pools[claim], f"{line} has keys of another pool"
        for id in self._checkouts:
            for line in self._lines(as_session(id)):
                assert not line.keys_awaited, f"{line} waits for new keys"


class _Courier:
    def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
        return DeliveryReceipt()
