"""Plays a day against a shop on this machine, in compressed time."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Final, assert_never

from interfaces.sandbox.model.values import Price
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.traffic.customers import CustomerAction, Shopper, actions_of
from interfaces.sandbox.traffic.scenarios import Scenario
from interfaces.sandbox.traffic.stall import StallProduct, stocked
from interfaces.sandbox.traffic.visitors import Visitors
from interfaces.sandbox.webhooks.courier import Pace
from interfaces.sandbox.webhooks.endpoints import local_url

PACE: Final = Pace(debit_delay_seconds=3 * 3600.0, retry_cap_seconds=4.0, attempts_max=8)
"""Of the sandbox that a day is played in: debits take hours of the day, repetitions seconds on the wall."""

_DAY_SECONDS: Final = 24 * 3600
_AFTERWARDS_SECONDS: Final = 26 * 3600
"""Until the last checkout that was left open has expired."""
_DELIVERIES_SECONDS: Final = 300.0
_LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """How far the day has come."""

    at: float
    """Seconds since it began."""
    actions_done: int
    actions: int


@dataclass(kw_only=True)
class Day:
    """One day, once. The sandbox must have a webhook endpoint, and PACE."""

    sandbox: Sandbox
    scenario: Scenario
    seed: int
    landing_url: str
    """The shop's page after checkout, without its query; on this machine."""
    speed: float
    """Seconds of the day in a second."""
    customers: int | None = None
    """The number of customers, if it is not the scenario's."""
    is_stopped: threading.Event = field(default_factory=threading.Event)
    is_over: bool = False
    """Whether it came to its end."""
    visits: Mapping[str, int] = field(default_factory=dict)
    """Answers of the landing page, by status; `none` where there was none."""
    _prices: Mapping[tuple[str, str], Price] = field(default_factory=dict)
    _sessions: dict[tuple[int, int], str] = field(default_factory=dict)
    """By customer and which of their orders."""

    def play(self, report: Callable[[Moment], None]) -> None:
        """To its end, or until it is stopped.

        Raises:
            StripeError: the landing page is not on this machine.
        """
        visitors = Visitors(local_url(self.landing_url))
        self._prices = stocked(self.sandbox)
        self._begin()
        try:
            self._live(visitors, report)
        finally:
            self.visits = visitors.leave(self.is_stopped)
        self._end()
        self.is_over = not self.is_stopped.is_set()

    def _begin(self) -> None:
        self.sandbox.hold_clock()
        self.sandbox.change_weather(self.scenario.weather, seed=self.seed)
        for fault, chance in self.scenario.faults:
            self.sandbox.faults.add_chance(fault, chance, seed=self.seed)

    def _live(self, visitors: Visitors, report: Callable[[Moment], None]) -> None:
        actions = actions_of(self.scenario, self.seed, self.customers)
        began, midnight = time.monotonic(), ceil(self.sandbox.clock.now())
        for number, action in enumerate(actions, start=1):
            if self.is_stopped.wait(max(0.0, began + action.at / self.speed - time.monotonic())):
                return
            self._pass_time(midnight + action.at)
            self._do(action, visitors)
            report(Moment(at=action.at, actions_done=number, actions=len(actions)))
        self._pass_time(midnight + _DAY_SECONDS)

    def _do(self, action: CustomerAction, visitors: Visitors) -> None:
        order = (action.customer.number, action.order)
        match action.deed:
            case "order":
                self._sessions[order] = self._order(action.customer, action.order)
            case "pay":
                self._pay(action.customer, self._sessions[order])
            case "return":
                visitors.visit(action.customer.number, self._sessions[order])
            case _:
                assert_never(action.deed)

    def _order(self, customer: Shopper, number: int) -> str:
        values: dict[str, object] = {
            "mode": "payment",
            "success_url": f"{self.landing_url}?session_id={{CHECKOUT_SESSION_ID}}",
            "customer_email": customer.email,
            "client_reference_id": f"order-{customer.number}-{number}",
            "line_items": [self._line(good, customer.currency) for good in customer.goods],
        }
        if any(good.is_parcel for good in customer.goods):
            values["shipping_address_collection"] = {"allowed_countries": ["DE"]}
        return self.sandbox.create_session(values).id

    def _line(self, good: StallProduct, currency: str) -> Mapping[str, object]:
        adjustable = {"enabled": True, "minimum": 1, "maximum": 9}
        return {"price": self._prices[good.sku, currency].id, "quantity": 1, "adjustable_quantity": adjustable}

    def _pay(self, customer: Shopper, session_id: str) -> None:
        first = self.sandbox.session(session_id).line_items[0]
        quantities = {} if customer.quantity is None else {first.id: customer.quantity}
        self.sandbox.pay(session_id, by=customer.pays_by or "card", name="Alex Example", quantities=quantities)

    def _end(self) -> None:
        """The night: debits end, checkouts expire, and Stripe sends again what did not get through."""
        if not self.is_stopped.is_set():
            self._pass_time(self.sandbox.clock.now() + _AFTERWARDS_SECONDS)
            self._wait_for_deliveries()
        if not self.is_stopped.is_set():
            self._resend_what_is_missing()
            self._wait_for_deliveries()

    def _resend_what_is_missing(self) -> None:
        self.sandbox.clear_weather()
        self.sandbox.faults.clear()
        with self.sandbox.reading() as state:
            missing = [each for each in state.deliveries.values() if each.state in ("dropped", "given_up")]
        for delivery in missing:
            self.sandbox.resend(delivery.event_id, endpoint_id=delivery.endpoint_id)

    def _wait_for_deliveries(self) -> None:
        """Until nothing is left to deliver, or it takes too long, or the day is stopped."""
        latest = time.monotonic() + _DELIVERIES_SECONDS
        while not self.is_stopped.is_set() and time.monotonic() < latest:
            if self.sandbox.wait_for_deliveries(_LOOK_SECONDS):
                return

    def _pass_time(self, until: float) -> None:
        """What is due happens here and not in between, so that it happens in the same order every time."""
        self.sandbox.clock.advance(max(0.0, until - self.sandbox.clock.now()))
        self.sandbox.release_clock()
        self.sandbox.hold_clock()
