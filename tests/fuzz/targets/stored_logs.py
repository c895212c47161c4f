"""A log in which one event was damaged: every view is made and every policy followed; what can't be read is parked."""

from contextlib import suppress
from pathlib import Path

from eventsourcing.persistence import StoredEvent
from fakes.outside import Outside
from fuzz.json_mutation import json_mutator
from fuzz.shops import Shops
from fuzz.target import Target
from golden.stored_logs import read_log, stored_logs
from shop import Shop, SQLiteStore
from typed_ids import as_session

from domain.errors import UnreadableEvent

_LOG = read_log(stored_logs()[-1])
_SESSIONS = sorted({str(each.originator_id) for each in _LOG if str(each.originator_id).startswith("cs_")})


def _open(directory: Path) -> Shop:
    return Shop(directory, SQLiteStore(), Outside())


_shops = Shops(_open, uses_max=1)


def check(data: bytes) -> str:
    """Which event, in two bytes, and what its state is instead."""
    number = int.from_bytes(data[:2], "big") % len(_LOG)
    damaged = _LOG[number]
    damaged = StoredEvent(damaged.originator_id, damaged.originator_version, damaged.topic, data[2:])
    shop = _shops.one()
    shop.runtime.log.store.insert_events([*_LOG[:number], damaged, *_LOG[number + 1 :]])

    shop.rest()

    if _is_readable(shop, damaged):
        return "followed"  # it has other events now, which were never decided
    for id in _SESSIONS:
        with suppress(UnreadableEvent):
            shop.runtime.queries.checkout(as_session(id))
    assert shop.runtime.log.store.select_parked_events()
    assert shop.runtime.queries.work_queue()
    return "parked"


def _is_readable(shop: Shop, stored: StoredEvent) -> bool:
    try:
        shop.runtime.log.decode(stored)
    except UnreadableEvent:
        return False
    return True


TARGET = Target(
    check=check,
    runs=150,
    bytes_max=8192,
    mutate=json_mutator(),
    seeds=[
        *(n.to_bytes(2, "big") + bytes(each.state) for n, each in list(enumerate(_LOG))[::7]),
        b"\0\x03{}",
        b"\0\x05\xff",
    ],
)
