"""The whole thing running: the sandbox in Stripe's place, the engine behind its real server, customers by HTTP."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import loopback
import stripe

from infrastructure.settings import load_settings
from interfaces.bootstrap import Runtime, bootstrap
from interfaces.databases import migrate
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.web.serve import engine_app
from interfaces.web.server import web_server

_SECONDS_MAX = 20.0


@dataclass(kw_only=True)
class RunningShop:
    sandbox: Sandbox
    runtime: Runtime
    url: str
    client: httpx2.Client
    webhook_secret: str

    def post(self, body: bytes, *, secret: str | None = None, at: int | None = None) -> httpx2.Response:
        """A webhook delivery, signed by Stripe's own SDK unless the secret is empty."""
        headers = {}
        if secret != "":
            sign = stripe.WebhookSignature.generate_signature_header
            headers["Stripe-Signature"] = sign(body.decode("latin-1"), secret or self.webhook_secret, at)
        return self.client.post("/webhook", content=body, headers=headers)

    def visit(self, session_id: str, **headers: str) -> httpx2.Response:
        return self.client.get("/after-checkout", params={"session_id": session_id}, headers=headers)


@contextmanager
def running_shop(
    directory: Path,
    *,
    catalog: str = "",
    environment: Mapping[str, str] | None = None,
    is_thin: bool = False,
    sandbox: Sandbox | None = None,
) -> Iterator[RunningShop]:
    """A sandbox whose webhooks go to a serving engine, until left."""
    (directory / "catalog.toml").write_text(catalog)
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with SandboxServer(sandbox or Sandbox()) as stripe_server:
        sandbox = stripe_server.sandbox
        secret = sandbox.add_webhook(f"{url}/webhook", is_thin=is_thin).secrets[-1].value
        settings = load_settings(
            {
                "STRIPE_API_KEY": "sk_test_example1234",
                "STRIPE_WEBHOOK_SECRET": secret,
                "STRIPE_API_BASE": stripe_server.url,
                "DATABASE_URL": f"sqlite:///{directory}/fulfillment.db",
                "FULFILL_CATALOG": str(directory / "catalog.toml"),
                **(environment or {}),
            },
            None,
        )
        migrate(settings.database)
        runtime = bootstrap(replace(settings, outbox=directory / "outbox"))
        server = web_server(engine_app(runtime), "127.0.0.1", 0)
        thread = threading.Thread(target=server.run, args=([listening],), name="shop-server")
        thread.start()
        try:
            with loopback.client(base_url=url, timeout=_SECONDS_MAX) as client:
                yield RunningShop(sandbox=sandbox, runtime=runtime, url=url, client=client, webhook_secret=secret)
        finally:
            server.should_exit = True
            thread.join(_SECONDS_MAX)
            assert not thread.is_alive(), "the server did not stop"


def stripe_event(id: str, **changes: Any) -> bytes:
    """A Stripe event about a session, as its webhook's body."""
    session = {"id": "cs_test_heard", "object": "checkout.session", "payment_status": "paid"}
    whole = {
        "id": id,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "type": "checkout.session.completed",
        "livemode": False,
        "data": {"object": session},
    }
    return json.dumps({**whole, **changes}).encode()


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about within 10 seconds"
        time.sleep(0.02)
