"""The views of a running engine let requests pass, which the writer's thread shares one interpreter with."""

from pathlib import Path

from every_store import sqlite_url
from fakes.outside import BEGINNING
from fakes.time_in_hand import TimeInHand
from typed_ids import as_stream

from application.reading.projector import BATCH_MAX
from application.writing.unit_of_work import Stamp, stamped
from domain.stock_item import StockItem
from infrastructure.settings import load_settings
from interfaces.bootstrap import Replacements, bootstrap
from interfaces.databases import migrate


def test_building_views_pauses_while_a_request_waits_to_be_written(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "STRIPE_API_KEY": "sk_test_example",
            "STRIPE_WEBHOOK_SECRET": "whsec_ZXhhbXBsZQ==",
            "DATABASE_URL": sqlite_url(tmp_path),
            "FULFILL_CATALOG": str(tmp_path / "catalog.toml"),
        },
        None,
    )
    migrate(settings.database)
    time = TimeInHand()
    runtime = bootstrap(settings, Replacements(threads=time, deliveries={}))
    stamp, sku = Stamp(actor="staff:kim", now=BEGINNING), as_stream("sku_mug")
    runtime.writer.has_thread = True

    def count_often(start: int) -> None:
        counts = (stamped(StockItem.Counted(on_hand=n), stamp, sku, n) for n in range(start, start + 6 * BATCH_MAX))
        runtime.log.append(list(counts))

    count_often(1)
    runtime.queries.stock()
    quiet = sum(time.slept)
    count_often(1 + 6 * BATCH_MAX)
    runtime.writer.submit(stamp, [], lambda _: None)
    runtime.queries.stock()
    busy = sum(time.slept)
    runtime.log.close()
    runtime.views.close()

    assert quiet == 0
    assert busy > 0
