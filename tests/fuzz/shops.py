"""Shops to do things to, each replaced after so many uses, so that no run has to do with what many others left."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import cast

from fakes.outside import Outside
from fuzz.target import scratch
from shop import Shop, SQLiteStore
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from interfaces.web.after_checkout import AfterCheckout
from interfaces.web.app import web_app
from interfaces.web.health import Health
from interfaces.web.rate_limit import RateLimit
from interfaces.web.webhook import Webhook

SECRET = "whsec_for_tests"
_USES_MAX = 200


class Shops:
    def __init__(self, open_shop: Callable[[Path], Shop], uses_max: int = _USES_MAX) -> None:
        self._open_shop = open_shop
        self._uses_max = uses_max
        self._uses = 0
        self._shop: Shop | None = None
        self._directory = scratch()

    def one(self) -> Shop:
        if self._shop is not None and self._uses >= self._uses_max:
            self._shop.kill()
            self._shop.store.close()
            self._shop, self._uses = None, 0
        if self._shop is None:
            self._shop = self._open_shop(self._directory)
        self._uses += 1
        return self._shop


def plain_shop(directory: Path) -> Shop:
    return Shop(directory, SQLiteStore(), Outside())


def position(shop: Shop) -> int:
    """How many events there are."""
    return shop.runtime.log.store.max_notification_id() or 0


def check_nothing_is_parked(shop: Shop) -> None:
    """No policy stumbled over an event."""
    assert not shop.runtime.log.store.select_parked_events()


def web_of(shop: Shop) -> ASGIApp:
    """Its web application behind a proxy on this machine. Without waiting, and without a limit of visits: at every look
    the clock is an hour further."""
    runtime = shop.runtime
    seconds = count(0.0, 3600.0)
    page = AfterCheckout(
        runtime.log,
        runtime.fulfill_checkout,
        runtime.texts,
        livemode=False,
        clock=runtime.clock,
        rate_limit=RateLimit(60, lambda: next(seconds)),
        monotonic=lambda: next(seconds),
    )
    webhook = Webhook(runtime.writer, runtime.webhook_reader, runtime.clock)
    app = web_app(webhook=webhook, after_checkout=page, health=Health(lambda: True, lambda: runtime.gateway.key))
    return cast(ASGIApp, ProxyHeadersMiddleware(app))  # type: ignore[arg-type]  # uvicorn has types of its own
