"""What the real Stripe CLI makes of a sandbox that is stopped and started again. Takes half a minute by itself."""

from pathlib import Path

import pytest
from processes import ended
from real_stripe_cli import SandboxProcess, StripeCli

pytestmark = pytest.mark.stripe_cli


def test_the_secret_stays_that_of_the_key_and_who_listens_is_back_after_a_restart(tmp_path: Path) -> None:
    """The CLI takes its time: twice ten seconds, until it asks for a session again."""
    sandbox = SandboxProcess(tmp_path, "--state", "state.json")
    cli, other = (StripeCli(tmp_path, sandbox.url, key=f"sk_test_{name}3456789") for name in ("one", "two"))
    with ended([sandbox]):
        sandbox.start()
        sandbox.wait_until_ready()
        secrets = [each.run("listen", "--print-secret").strip() for each in (cli, other, cli)]
        with cli.listen("--all-snapshot") as listen:
            secrets.append(listen.secret)
            sandbox.stop()
            sandbox.start()
            listen.wait_until_ready(2)
            secrets.append(cli.run("listen", "--print-secret").strip())

    one, two, *again = secrets
    assert one != two
    assert again == [one, one, one]
