"""Commands of staff beside a server and without one: they decide the consequences, or report why not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eventually import wait_for
from running import RunningShop, running_shop
from sandbox_sales import paid

from infrastructure.database import parse_database
from infrastructure.settings import load_settings
from infrastructure.stores import stores
from interfaces.bootstrap import bootstrap

pytestmark = pytest.mark.every_store

Fulfill = Callable[..., Any]
BY = ("--as", "kim", "--reason", "the customer called")
ORDER = "cs_test_a1Q7xK2mVd"


@pytest.fixture
def server(tmp_path: Path, database: str, fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningShop]:
    """A server over the database that commands use."""
    with running_shop(tmp_path, environment={"DATABASE_URL": database}) as shop:
        assert shop.runtime.settings.stripe_api_base is not None
        monkeypatch.setenv("STRIPE_API_BASE", shop.runtime.settings.stripe_api_base)
        yield shop


def sold(shop: RunningShop, *deliveries: str) -> str:
    """A sale that Stripe does not report."""
    shop.sandbox.drop_deliveries = True
    return paid(shop.sandbox, *deliveries)


def test_a_server_that_runs_decides_and_the_command_shows_what(
    fulfill: Fulfill, server: RunningShop, tmp_path: Path
) -> None:
    session = sold(server, "access", "manual", "license_key")
    (tmp_path / "keys.txt").write_text("AAAA-1111\n")

    run = fulfill("run", session, *BY, "--json")
    complete = fulfill("complete", session, *BY, "--json")
    keys = fulfill("keys", "import", "sku-license_key", "keys.txt", *BY, "--json")
    story = fulfill("checkout", session, "--json").json

    assert (run.err, complete.err, keys.err) == ("", "", "")
    assert (run.json["session_id"], run.json["state"]) == (session, "partially_fulfilled")
    assert run.json["is_followed"] is True
    assert (complete.json["is_followed"], keys.json["is_followed"]) == (True, True)
    assert story["state"] == "fulfilled"
    actors = {entry["actor"] for entry in story["story"]}
    assert {"staff:kim", "policy:fulfillment", "policy:emails"} <= actors


def test_reading_beside_a_server_sees_what_was_just_done(fulfill: Fulfill, server: RunningShop) -> None:
    session = sold(server, "manual")
    fulfill("run", session, *BY)

    for remark in ("one", "two", "three"):
        fulfill("note", session, remark, *BY)
        assert f"Note: {remark}" in fulfill("checkout", session).out


def test_a_server_that_does_not_move_is_not_waited_for_for_ever(fulfill: Fulfill, small_shop_anywhere: str) -> None:
    hanging = stores(parse_database(small_shop_anywhere)).locks()
    assert hanging.lead()

    result = fulfill("complete", ORDER, "--line", "li_wrap", *BY, "--json")
    shown = fulfill("checkout", ORDER, "--json").json
    hanging.release()
    later = fulfill("note", ORDER, "look again", *BY, "--json")

    assert (result.code, result.json["is_followed"]) == (0, False)
    assert "Recorded, but the running server has not decided the next steps yet." in result.err
    assert shown["story"][-1]["actor"] == "staff:kim"
    assert later.json["is_followed"] is True


def test_where_no_server_runs_a_command_reports_that_mails_wait(fulfill: Fulfill, small_shop: Path) -> None:
    before = fulfill("note", ORDER, "nothing to send", *BY)
    shipped = fulfill("ship", ORDER, "--carrier", "DHL", *BY, "--json")
    mails = fulfill("checkout", ORDER, "--json").json["emails"]

    assert before.err == ""
    assert "No server is running. Mails and calls wait for `fulfill serve` or `fulfill worker`." in shipped.err
    assert [mail["state"] for mail in mails if mail["kind"] == "shipped"] == ["queued"]
    assert list(small_shop.glob("outbox/*")) == []


def test_what_can_not_begin_a_log_makes_none(fulfill: Fulfill, tmp_path: Path) -> None:
    for name, *rest in (("complete",), ("ship", "--carrier", "x"), ("retry",), ("replan",), ("note", "text")):
        result = fulfill(name, ORDER, *rest, *BY)
        assert (result.code, result.out) == (1, "")
        assert "No log at fulfillment.db. Run this command in the directory of your shop" in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_shell_with_other_settings_than_the_last_server_decides_nothing(
    fulfill: Fulfill, small_shop_anywhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_server_leads_once(small_shop_anywhere, tmp_path)
    monkeypatch.setenv("FULFILL_MAILS", "receipt")
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_another1234")
    catalog = (tmp_path / "catalog.toml").read_text()
    (tmp_path / "catalog.toml").unlink()

    shipped = fulfill("ship", ORDER, "--carrier", "DHL", *BY, "--json")
    mails = fulfill("checkout", ORDER, "--json").json["emails"]
    monkeypatch.delenv("FULFILL_MAILS")
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_example1234")
    (tmp_path / "catalog.toml").write_text(catalog)
    noted = fulfill("note", ORDER, "as the server would", *BY, "--json")
    mails_then = fulfill("checkout", ORDER, "--json").json["emails"]

    assert (shipped.code, shipped.json["is_followed"]) == (0, False)
    differing = "the catalog, FULFILL_MAILS, STRIPE_API_KEY, the mode (test or live)"
    assert f"differ from those of the last server ({differing})" in shipped.err
    assert "No server is running. Start one; it decides the next steps." in shipped.err
    assert "sk_live" not in shipped.err
    assert not [mail for mail in mails if mail["kind"] == "shipped"]
    assert noted.json["is_followed"] is True
    assert [mail["state"] for mail in mails_then if mail["kind"] == "shipped"] == ["queued"]


def test_a_shell_with_another_catalog_plans_nothing(fulfill: Fulfill, small_shop_anywhere: str, tmp_path: Path) -> None:
    a_server_leads_once(small_shop_anywhere, tmp_path)
    (tmp_path / "catalog.toml").unlink()
    before = fulfill("checkout", ORDER, "--json").json["story"]

    result = fulfill("replan", ORDER, *BY)

    assert result.code == 1
    assert (
        "differ from those of the last server (the catalog), and it would plan by them. Nothing was changed."
        in result.err
    )
    assert fulfill("checkout", ORDER, "--json").json["story"] == before


def test_a_server_that_is_started_with_a_new_catalog_is_the_last_one(
    fulfill: Fulfill, small_shop_anywhere: str, tmp_path: Path
) -> None:
    a_server_leads_once(small_shop_anywhere, tmp_path)
    (tmp_path / "catalog.toml").write_text('[products.prod_new]\ndelivery = "access"\n')

    before = fulfill("note", ORDER, "with the new catalog", *BY)
    a_server_leads_once(small_shop_anywhere, tmp_path)
    after = fulfill("note", ORDER, "with the new catalog", *BY)

    assert "differ from those of the last server (the catalog)" in before.err
    assert "other settings" not in after.err


def test_beside_a_server_that_decides_otherwise_a_command_waits_and_says_so(
    fulfill: Fulfill, server: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wait_for(lambda: server.runtime.log.store.select_terms() == server.runtime.terms)
    session = sold(server, "manual")
    monkeypatch.setenv("FULFILL_MAILS", "receipt")

    result = fulfill("run", session, *BY, "--json")

    assert (result.json["state"], result.json["is_followed"]) == ("blocked", True)
    assert "differ from those of the last server (FULFILL_MAILS), so a server decides the next steps." in result.err


def a_server_leads_once(url: str, directory: Path) -> None:
    """With the settings that the commands of this test have, until the log shows it."""
    nowhere = {"STRIPE_API_BASE": "http://127.0.0.1:9", "FULFILL_CATALOG": str(directory / "catalog.toml")}
    keys = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_example"}
    settings = load_settings({**keys, **nowhere, "DATABASE_URL": url}, None)
    runtime = bootstrap(replace(settings, outbox=directory / "elsewhere"))
    runtime.engine.start()
    assert wait_for(lambda: runtime.log.store.select_terms() == runtime.terms)
    runtime.engine.stop()
