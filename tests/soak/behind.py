"""Failovers to a standby that is behind, one after the other, while staff act: the log keeps no gap, and goes on."""

import random
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median

import psycopg
from eventually import wait_for
from postgres_server import USER, PostgresServer
from processes import FulfillProcess, ServeProcess, ended, several
from soak.desk import BY, NOT_NOW, Desk, runtime_of
from soak.engine import report_findings, settled
from soak.load import Load
from soak.report import Report
from soak.supervised import Supervised
from sold_on_postgres import Shop, shop_on
from typed_ids import as_session, as_sku

from interfaces.demo.goods import MUG_SKU

_PER_SECOND = 1.0
_CLERKS = 4
_PAUSE_SECONDS_MAX = 0.2
_LAG_SECONDS_MAX = 0.6
_LATEST = 5
_SETTLE_SHARE = 0.2
_GAPS = """
SELECT originator_id, array_agg(originator_version ORDER BY originator_version) FROM fulfillment.fulfillment_events
GROUP BY 1 HAVING count(*)<>max(originator_version)
"""


class Pair:
    """Two ports, with the primary at one of them and its standby, once there is one, at the other."""

    def __init__(self) -> None:
        self._primary = PostgresServer()
        self._primary.initialize()
        self._primary.start()
        self._standby = PostgresServer()
        self._ports = self._primary.port, self._standby.port
        self._password = self._primary.password

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        return f"postgresql://{USER}:{self._password}@{hosts}/postgres?target_session_attrs=read-write"

    def lag(self) -> None:
        """The standby has the log as it is now, and no more."""
        self._standby.copy_of(self._primary)
        self._standby.start()
        self._standby.stop_following()

    def fail_over(self) -> float:
        """Kill the primary and promote the standby. Returns the seconds that took."""
        began = time.monotonic()
        self._primary.kill()
        self._standby.promote()
        seconds = time.monotonic() - began
        dead, self._primary = self._primary, self._standby
        self._standby = PostgresServer()
        self._standby.port = dead.port
        dead.remove()
        return seconds

    def gaps(self) -> list[tuple[str, list[int]]]:
        """Streams with a gap, and the versions that they have."""
        with psycopg.connect(self._primary.url()) as connection:
            return [(stream, versions) for stream, versions in connection.execute(_GAPS).fetchall()]

    def close(self) -> None:
        self._primary.remove()
        self._standby.remove()


class Clerk:
    """Acts upon the latest checkouts and the shelf, as a process with a memory of its own would, and never rests."""

    def __init__(self, shop: Shop, sessions: Sequence[str], seed: int) -> None:
        self._runtime = runtime_of(shop)
        self._sessions = sessions
        self._chance = random.Random(seed)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="clerk", daemon=True)
        self.recorded = 0
        self.not_now = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()
        self._runtime.log.close()
        self._runtime.views.close()

    def _work(self) -> None:
        while not self._is_over.wait(self._chance.uniform(0, _PAUSE_SECONDS_MAX)):
            self.not_now += 1
            with suppress(*NOT_NOW, IndexError):
                self._act()
                self.not_now -= 1
                self.recorded += 1

    def _act(self) -> None:
        staff, session = self._runtime.staff, self._chance.choice(self._sessions[-_LATEST:])
        match self._chance.randrange(3):
            case 0:
                staff.note(as_session(session), "the customer called", BY)
            case 1:
                staff.ship(as_session(session), [], carrier="DHL", tracking=None, by=BY)
            case _:
                staff.count(as_sku(MUG_SKU), self._chance.randrange(1, 50), BY)


def soak_behind(seconds: float, seed: int) -> Report:
    report, chance = Report(part="behind"), random.Random(seed)
    with ExitStack() as stack:
        pair = Pair()
        stack.callback(pair.close)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        shop = stack.enter_context(shop_on(pair.url, directory))
        shop.open()
        processes = several(directory, shop.settings, serve=1, work=1)
        stack.enter_context(ended(processes))
        _fail_over_and_over(report, shop, pair, processes, chance, seconds * (1 - _SETTLE_SHARE))
    return report


def _fail_over_and_over(
    report: Report, shop: Shop, pair: Pair, processes: list[FulfillProcess], chance: random.Random, seconds: float
) -> None:
    servers = [process for process in processes if isinstance(process, ServeProcess)]
    load = Load(shop, servers, chance, _PER_SECOND)
    clerks = [Clerk(shop, load.with_parcel, chance.randrange(2**32)) for _ in range(_CLERKS)]
    supervised = Supervised(processes, chance, 0)
    supervised.start()
    load.start()
    for clerk in clerks:
        clerk.start()
    promoted: list[float] = []
    taken: list[float] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not report.problems:
        pair.lag()
        time.sleep(chance.uniform(0.1, _LAG_SECONDS_MAX))
        killed_at = time.monotonic()
        promoted.append(pair.fail_over())
        report.demand(wait_for(_is_taken(load, killed_at)), "no webhook was taken again")
        taken.append(time.monotonic() - killed_at)
        report.demand(not (gaps := pair.gaps()), f"gaps after failover {len(promoted)}: {gaps}")
    for clerk in clerks:
        clerk.stop()
    load.stop_selling()
    report.say(f"{len(promoted)} failovers, {len(shop.paid)} sold; Stripe sends all of it again")
    load.deliver_again([shop.events_of(session) for session in shop.paid])
    report.demand(wait_for(lambda: load.is_delivered, 120), "not everything could be delivered")
    desk = Desk(shop, load.with_parcel, chance)
    desk.fill_up()
    report.demand(settled(shop, desk, 240), "it did not finish")
    load.stop()
    desk.close()
    codes = supervised.stop()
    report.demand(set(codes) == {0}, f"stopped, they ended with {codes}")
    report.demand(not supervised.ended_by_themselves, "processes ended by themselves")
    report_findings(report, shop, shop.findings(is_first_log=False))
    report.numbers.pop("by kind")
    report.numbers |= {
        "failovers": len(promoted),
        "from the kill until the standby was promoted": f"{median(promoted):.2f} s, at most {max(promoted):.2f} s",
        "from the kill until a webhook was taken again": f"{median(taken):.2f} s, at most {max(taken):.2f} s",
        "commands of staff that were recorded": sum(clerk.recorded for clerk in clerks),
        "refused or not taken": sum(clerk.not_now for clerk in clerks),
    }


def _is_taken(load: Load, since: float) -> Callable[[], bool]:
    """Whether a delivery that began after this moment was acknowledged."""
    return lambda: load.acknowledged_since > since
