"""Staff at work beside the processes: parcels leave, shelves and pools are filled again."""

import random
import threading
from collections.abc import Sequence
from contextlib import suppress

from eventsourcing.persistence import PersistenceError
from sold_on_postgres import Shop
from typed_ids import as_pool, as_session, as_sku

from application.errors import Busy, NotFound, StoreUnavailable
from application.staff.by import By
from domain.errors import Refused
from infrastructure.settings import load_settings
from interfaces.bootstrap import Runtime, bootstrap
from interfaces.demo.goods import KEY_POOL, MUG_SKU

BY = By(name="kim", reason="the day's work")
NOT_NOW = (StoreUnavailable, PersistenceError, Busy, NotFound, Refused)
_PAUSE_SECONDS = 0.5


def runtime_of(shop: Shop) -> Runtime:
    """What a command of staff works with."""
    catalog = {"FULFILL_CATALOG": str(shop.directory / "catalog.toml")}
    return bootstrap(load_settings({**shop.settings, **catalog}, None))


class Desk:
    def __init__(self, shop: Shop, with_parcel: Sequence[str], chance: random.Random) -> None:
        self._runtime = runtime_of(shop)
        self._with_parcel = with_parcel
        self._chance = chance
        self._shipped: set[str] = set()
        self._keys = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="desk", daemon=True)
        self.commands = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()

    def close(self) -> None:
        self._runtime.log.close()
        self._runtime.views.close()

    def fill_up(self) -> None:
        """Enough for everyone who waits."""
        self._runtime.staff.count(as_sku(MUG_SKU), 1_000_000, BY)
        self._import_keys(10_000)

    def ship_all(self) -> None:
        """Whatever can leave now."""
        for session in [each for each in self._with_parcel if each not in self._shipped]:
            with suppress(*NOT_NOW):
                self._runtime.staff.ship(as_session(session), [], carrier="DHL", tracking=None, by=BY)
                self._shipped.add(session)
                self.commands += 1

    def _work(self) -> None:
        while not self._is_over.wait(_PAUSE_SECONDS):
            with suppress(*NOT_NOW):
                if self._chance.random() < 0.3:
                    self._runtime.staff.count(as_sku(MUG_SKU), self._chance.randrange(50), BY)
                    self._import_keys(20)
                    self.commands += 2
            self.ship_all()

    def _import_keys(self, number: int) -> None:
        self._keys += number
        keys = [f"MORE-{each:07}" for each in range(self._keys - number, self._keys)]
        self._runtime.staff.import_keys(as_pool(KEY_POOL), keys, BY)
