"""The demo's stage and shop around a running engine."""

from pathlib import Path

from running import RunningShop

from infrastructure.database import SQLiteFile
from interfaces.demo.engine_process import EngineProcess
from interfaces.demo.goods import stocked
from interfaces.demo.stage import Stage
from interfaces.demo.storefront import Storefront


def stage_of(shop: RunningShop, directory: Path) -> Stage:
    return Stage(
        sandbox=shop.sandbox,
        engine=EngineProcess(directory, int(shop.url.rpartition(":")[2]), {}),
        goods=stocked(shop.sandbox),
        database=SQLiteFile(directory / "fulfillment.db"),
        outbox=directory / "outbox",
    )


def storefront_of(shop: RunningShop, stage: Stage) -> Storefront:
    stripe_url = shop.runtime.settings.stripe_api_base or ""
    return Storefront(stage.sandbox, stripe_url, stage.goods, shop.runtime.queries, shop.runtime.staff, stage.outbox)
