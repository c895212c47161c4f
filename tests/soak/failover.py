"""Two servers with synchronous replication: the primary is killed in full flight and its standby promoted."""

import random
import tempfile
import time
from pathlib import Path

from eventually import wait_for
from postgres_server import USER, PostgresServer
from processes import FulfillProcess, ServeProcess, ended, several
from soak.desk import Desk
from soak.engine import report_findings, settled
from soak.load import Load
from soak.report import Report
from soak.supervised import Supervised, leader_changes
from sold_on_postgres import Shop, shop_on

_PER_SECOND = 20.0
_SYNCHRONOUS = {"synchronous_commit": "remote_apply", "synchronous_standby_names": "*"}
_SETTLE_SECONDS_MAX = 120.0


def soak_failover(seconds: float, seed: int) -> Report:
    """As many rounds as there is time for, each with servers of its own."""
    report, chance = Report(part="failover"), random.Random(seed)
    deadline, rounds = time.monotonic() + seconds, 0
    while rounds == 0 or time.monotonic() < deadline:
        rounds += 1
        of_round = Report(part=f"failover {rounds}")
        _round(of_round, chance)
        of_round.print()
        report.problems += of_round.problems
    report.numbers["rounds"] = rounds
    return report


def _round(report: Report, chance: random.Random) -> None:
    primary = PostgresServer(_SYNCHRONOUS, is_durable=True)
    standby = PostgresServer(is_durable=True)
    with primary, standby, tempfile.TemporaryDirectory() as directory:
        primary.initialize()
        primary.start()
        standby.copy_of(primary)
        standby.start()
        hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        url = f"postgresql://{USER}:{primary.password}@{hosts}/postgres?target_session_attrs=read-write"
        with shop_on(url, Path(directory)) as shop:
            shop.open()
            processes = several(shop.directory, shop.settings, serve=2, work=2)
            with ended(processes):
                _fail_over(report, shop, primary, standby, processes, chance)


def _fail_over(
    report: Report,
    shop: Shop,
    primary: PostgresServer,
    standby: PostgresServer,
    processes: list[FulfillProcess],
    chance: random.Random,
) -> None:
    servers = [process for process in processes if isinstance(process, ServeProcess)]
    load = Load(shop, servers, chance, _PER_SECOND)
    desk = Desk(shop, load.with_parcel, chance)
    supervised = Supervised(processes, chance, 0)
    supervised.start()
    load.start()
    desk.start()
    time.sleep(chance.uniform(5, 12))
    before = len(shop.acknowledged)
    chance.choice([primary.crash, primary.kill])()
    killed_at = time.monotonic()
    standby.promote()
    report.numbers["until the standby was promoted"] = f"{time.monotonic() - killed_at:.1f} s"
    report.demand(wait_for(lambda: load.acknowledged_since > killed_at), "no webhook was taken again")
    report.numbers["until a webhook was taken again"] = f"{time.monotonic() - killed_at:.1f} s"
    led = wait_for(lambda: any(process.is_leading for process in processes))
    report.demand(led, "no process leads")
    time.sleep(5)
    load.stop_selling()
    report.demand(wait_for(lambda: load.is_delivered), "not everything could be delivered")
    desk.stop()
    desk.fill_up()
    report.demand(settled(shop, desk, _SETTLE_SECONDS_MAX), "it did not finish")
    load.stop()
    desk.close()
    codes = supervised.stop()
    report.demand(set(codes) == {0}, f"stopped, they ended with {codes}")
    report_findings(report, shop, shop.findings())
    report.numbers |= {
        "acknowledged before the failover": before,
        "processes that ended by themselves": supervised.ended_by_themselves,
        "changes of the leader": leader_changes([process.log for process in processes]),
    }
    report.numbers.pop("by kind")
