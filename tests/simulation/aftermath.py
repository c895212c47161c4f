"""The end of a run: no more mishaps, and staff do what waits for them. Then customers must have what they paid for."""

from typing import TYPE_CHECKING

from simulation.merchant import end_authorizations
from simulation.scheduler import Restless
from simulation.story import ANN
from typed_ids import as_pool, as_session, as_sku

from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, Sku, fulfillment_id
from domain.key_pool import KeyPool
from domain.line import LineState
from domain.stock_item import StockItem

if TYPE_CHECKING:
    from simulation.process import Process
    from simulation.world import World

_ROUNDS = 6
_DAYS_MAX = 6 * 86400.0
_PAUSE_SECONDS_MAX = 1800.0
_SKUS = ("mug", "vase")


def tidy_up(world: "World") -> None:
    """Runs as a task of the world.

    Raises:
        Restless: after days, work is still open.
    """
    world.calm_down()
    end_authorizations(world)
    _rest(world)
    _serve_all(world)
    if world.poison:  # everything else is done by now, whatever it has crashed
        world.say(f"Deliveries no longer crash processes: {sorted(world.poison)}")
        world.poison.clear()
        _serve_all(world)


def _serve_all(world: "World") -> None:
    for _ in range(_ROUNDS):
        if not _serve(world):
            return
        _rest(world)


def _rest(world: "World") -> None:
    until, pause = world.scheduler.now + _DAYS_MAX, 120.0
    while not world.is_at_rest():
        world.scheduler.sleep(pause)
        pause = min(2 * pause, _PAUSE_SECONDS_MAX)
        if world.scheduler.now > until:
            raise Restless(f"After days, work is still open: {world.what_is_open()}")
    world.scheduler.sleep(1.0)


def _serve(world: "World") -> bool:
    """Do the work that waits for staff. Return False if there was none."""
    did: list[bool] = []

    def act(desk: "Process") -> None:
        did.extend(_restock(desk, as_sku(sku)) for sku in _SKUS)
        did.append(_more_keys(desk))
        did.extend(_handle(desk, as_session(session_id)) for session_id in world.customers)

    world.at_desk("evening", act)
    return any(did)


def _restock(desk: "Process", sku: Sku) -> bool:
    item = desk.runtime.log.get(StockItem, f"sku_{sku}")
    wanted = sum(item.backordered.values())
    if wanted:
        desk.runtime.staff.count(sku, item.on_hand + wanted, ANN)
    return bool(wanted)


def _more_keys(desk: "Process") -> bool:
    pool = desk.runtime.log.get(KeyPool, "keys_keys")
    missing = sum(pool.waiting.values()) - len(pool.free)
    if not pool.waiting:
        return False
    first = 1000 + len(pool.known)
    desk.runtime.staff.import_keys(as_pool("keys"), [f"KEY-{first + number}" for number in range(max(1, missing))], ANN)
    return True


def _handle(desk: "Process", session_id: SessionId) -> bool:
    fulfillment = desk.runtime.log.get(Fulfillment, fulfillment_id(session_id))
    staff, lines = desk.runtime.staff, fulfillment.lines.values()
    did = False
    if parked := desk.runtime.log.store.select_parked_events(subjects=[session_id]):
        [first] = desk.runtime.log.store.select_positions([parked[0].position])
        stream = str(first.originator_id)
        staff.retry(stream if stream.startswith("evt_") else session_id, ANN)
        return True
    is_poison = desk.world.customer_of(session_id) in desk.world.poison
    if not is_poison and desk.world.take_given_up(session_id):
        staff.retry(session_id, ANN)
        return True
    if any(line.is_undecided for line in lines):
        # with a server's settings, as the command asks for where its own differ
        next(iter(desk.world.servers.values())).runtime.staff.replan(session_id, ANN)
        return True
    if any(line.state is LineState.MANUAL for line in lines):
        staff.complete(session_id, [], ANN)
        did = True
    if any(line.is_to_pack for line in lines):
        staff.ship(session_id, [], carrier="Pigeon", tracking=None, by=ANN)
        did = True
    return did
