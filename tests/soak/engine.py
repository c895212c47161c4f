"""The engine as in production: many processes over one durable database, killed at random, with the database going
away."""

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from eventually import wait_for
from log_invariants import Findings
from postgres_server import PostgresServer
from processes import FulfillProcess, ServeProcess, ended, several
from soak.desk import Desk
from soak.load import Load
from soak.maintenance import BUSY, report_maintenance
from soak.report import Report
from soak.supervised import Supervised, leader_changes
from sold_on_postgres import Shop, shop_on

_PER_SECOND = 30.0
_KILL_EVERY_SECONDS = 4.0
_SETTLE_SECONDS_MAX = 600.0
_FIRST_KEYS = 100


def soak_engine(seconds: float, seed: int) -> Report:
    report = Report(part="engine")
    with PostgresServer(BUSY, is_durable=True) as postgres, tempfile.TemporaryDirectory() as directory:
        postgres.initialize()
        postgres.start()
        with shop_on(postgres.url(), Path(directory)) as shop:
            shop.open(keys=_FIRST_KEYS)
            processes = several(shop.directory, shop.settings, serve=2, work=3)
            with ended(processes):
                _day(report, shop, postgres, processes, random.Random(seed), seconds)
    return report


def _day(
    report: Report,
    shop: Shop,
    postgres: PostgresServer,
    processes: list[FulfillProcess],
    chance: random.Random,
    seconds: float,
) -> None:
    servers = [process for process in processes if isinstance(process, ServeProcess)]
    load = Load(shop, servers, chance, _PER_SECOND)
    desk = Desk(shop, load.with_parcel, chance)
    supervised = Supervised(processes, chance, _KILL_EVERY_SECONDS)
    supervised.start()
    load.start()
    desk.start()
    time.sleep(seconds / 3)
    _away(report, "restart of PostgreSQL", postgres.stop, postgres, load)
    time.sleep(seconds / 3)
    _away(report, "kill of PostgreSQL", postgres.kill, postgres, load)
    time.sleep(seconds / 3)
    load.stop_selling()
    supervised.spare()
    report.say(f"{len(shop.paid)} sold, waiting until all is done")
    with report.timed("until all was done"):
        report.demand(wait_for(lambda: load.is_delivered, _SETTLE_SECONDS_MAX), "not everything could be delivered")
        desk.stop()
        desk.fill_up()
        report.demand(settled(shop, desk), "it did not finish")
    load.stop()
    desk.close()
    codes = supervised.stop()
    report.demand(set(codes) == {0}, f"stopped, they ended with {codes}")
    found = shop.findings()
    report_findings(report, shop, found)
    report_maintenance(report, postgres)
    seconds_taken = sorted(load.seconds)
    report.numbers |= {
        "delivery acknowledged after, p50 and p99": [f"{quantile(seconds_taken, p):.3f} s" for p in (0.5, 0.99)],
        "deliveries refused or cut off, and repeated": load.refused,
        "commands of staff": desk.commands,
        "processes killed": supervised.kills,
        "processes that ended by themselves": supervised.ended_by_themselves,
        "changes of the leader": leader_changes([process.log for process in processes]),
    }


def settled(shop: Shop, desk: Desk, seconds_max: float = _SETTLE_SECONDS_MAX) -> bool:
    """Ship whatever can leave until nothing more is to be done."""

    def is_so() -> bool:
        desk.ship_all()
        time.sleep(0.2)
        return shop.is_at_rest()

    return wait_for(is_so, seconds_max)


def report_findings(report: Report, shop: Shop, found: Findings) -> None:
    report.problems += found.problems
    report.numbers |= {
        "checkouts paid and fulfilled": len(shop.paid),
        "Stripe events acknowledged": len(shop.acknowledged),
        "deliveries answered": len(shop.answers),
        "events in the log": found.counts.total(),
        "attempts repeated": found.repeated,
        "worker IDs": len(found.workers),
        "by kind": dict(sorted(found.counts.items())),
    }


def quantile(ordered: Sequence[float], part: float) -> float:
    return ordered[int(part * (len(ordered) - 1))]


def _away(report: Report, what: str, end: Callable[[], None], postgres: PostgresServer, load: Load) -> None:
    report.say(what)
    end()
    time.sleep(2)
    started = time.monotonic()
    postgres.start()
    wait_for(lambda: load.acknowledged_since > started)
    report.numbers[f"{what}: from its start until a webhook was taken again"] = f"{time.monotonic() - started:.1f} s"
