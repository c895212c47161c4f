"""After the scenes: the shop stays open for a trial, with the engine inside this process."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from infrastructure.settings import load_settings
from interfaces.bootstrap import bootstrap
from interfaces.demo.playbill import Playbill
from interfaces.demo.stage import Stage
from interfaces.demo.storefront import Storefront
from interfaces.web.serve import serve


def keep_open(settings: Mapping[str, str], stage: Stage, stripe_url: str, port: int, playbill: Playbill) -> int:
    """Serve the shop until Ctrl-C or SIGTERM. Return the exit code, 0 unless the engine failed."""
    # the same outbox as that of the engine which played the scenes
    runtime = bootstrap(replace(load_settings(settings, None), outbox=stage.outbox))
    shop = Storefront(stage.sandbox, stripe_url, stage.goods, runtime.queries, runtime.staff, stage.outbox)
    directory = stage.engine.directory
    (directory / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    playbill.heading("The shop is open until you press Ctrl-C.")
    playbill.places(
        {
            "The shop": f"http://localhost:{port}/demo",
            "The sandbox in the place of Stripe": f"{stripe_url}/",
            "The outbox with its mails": str(stage.outbox),
            "Its orders, in another terminal": f"cd {directory} && {shlex.quote(_fulfill())} queue",
        }
    )
    code = serve(runtime, "127.0.0.1", port, shop.routes())
    playbill.heading("The shop is closed, and everything it made is removed.")
    return code


def _fulfill() -> str:
    """The command that runs."""
    return str(Path(sys.argv[0]).absolute())
