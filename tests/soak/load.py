"""Customers who buy, and Stripe that delivers: everything twice, in any order, to any server, until it is taken."""

import random
import threading
import time
from collections.abc import Sequence

import httpx2
from processes import ServeProcess
from sold_on_postgres import Shop

_BASKETS = (("course",), ("course",), ("course", "license"), ("license",), ("course", "mug"))
_DELIVERERS = 8
_PAUSE_SECONDS = 0.2
_VISITS = 0.05


class Load:
    def __init__(self, shop: Shop, servers: Sequence[ServeProcess], chance: random.Random, per_second: float) -> None:
        self._shop = shop
        self._servers = servers
        self._chance = chance
        self._interval = 1 / per_second
        self._lock = threading.Lock()
        self._to_deliver: list[str] = []
        self._in_hand = 0
        self._is_selling = True
        self._is_over = threading.Event()
        self.refused = 0
        self.acknowledged_since = 0.0
        """When the delivery that was acknowledged last began, by the monotonic clock."""
        self.seconds: list[float] = []
        """How long each delivery took that was acknowledged."""
        self.with_parcel: list[str] = []
        """Sessions that staff have to ship something of."""
        threads = [threading.Thread(target=self._sell, daemon=True)]
        threads += [threading.Thread(target=self._deliver, daemon=True) for _ in range(_DELIVERERS)]
        self._threads = threads

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop_selling(self) -> None:
        self._is_selling = False
        self._threads[0].join()

    @property
    def is_delivered(self) -> bool:
        with self._lock:
            return not self._to_deliver and not self._in_hand

    def deliver_again(self, events: Sequence[str]) -> None:
        with self._lock:
            self._to_deliver += events

    def stop(self) -> None:
        self._is_selling = False
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _sell(self) -> None:
        while self._is_selling:
            started = time.monotonic()
            basket = self._chance.choice(_BASKETS)
            event = self._shop.buy(*basket)
            with self._lock:
                self._to_deliver += [event, event]
                if "mug" in basket:
                    self.with_parcel.append(self._shop.paid[-1])
            time.sleep(max(0.0, self._interval - (time.monotonic() - started)))

    def _deliver(self) -> None:
        with httpx2.Client(trust_env=False, timeout=20.0) as client:
            while not self._is_over.is_set():
                event = self._any()
                if event is None:
                    self._is_over.wait(_PAUSE_SECONDS)
                else:
                    self._try(event, client)

    def _any(self) -> str | None:
        with self._lock:
            if not self._to_deliver:
                return None
            place = self._chance.randrange(len(self._to_deliver))
            self._to_deliver[place], self._to_deliver[-1] = self._to_deliver[-1], self._to_deliver[place]
            self._in_hand += 1
            return self._to_deliver.pop()

    def _try(self, event: str, client: httpx2.Client) -> None:
        server = self._chance.choice(self._servers)
        if self._chance.random() < _VISITS:
            server.get(f"/after-checkout?session_id={self._chance.choice(self._shop.paid)}")
        began = time.monotonic()
        is_taken = self._shop.deliver(event, server, client)
        with self._lock:
            self._in_hand -= 1
            if is_taken:
                self.acknowledged_since = began
                self.seconds.append(time.monotonic() - began)
            else:
                self.refused += 1
                self._to_deliver.append(event)
        if not is_taken:
            self._is_over.wait(_PAUSE_SECONDS)
