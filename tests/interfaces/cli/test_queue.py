"""`fulfill queue`: the tasks for staff, the longest wait first, each with the commands that resolve it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from every_store import change, sqlite_url

from interfaces.cli.main import command_line
from interfaces.cli.queue import KINDS, resolving

Fulfill = Callable[..., Any]
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def test_every_kind_of_work_is_reported_with_the_command_that_settles_it() -> None:
    commands = {name for name in command_line() if not name.startswith("-")}

    for kind in KINDS:
        assert {name.split()[0] for name in resolving(kind)} <= commands


@pytest.mark.usefixtures("small_shop")
def test_the_longest_wait_comes_first(fulfill: Fulfill) -> None:
    items, shown = fulfill("queue", "--json").json, fulfill("queue").out

    assert [item["since"] for item in items] == sorted(item["since"] for item in items)
    assert all(RFC3339.fullmatch(item["since"]) for item in items)
    assert [line.split()[1] for line in shown.splitlines()[1:]] == [item["subject"] for item in items]


@pytest.mark.usefixtures("small_shop")
def test_each_task_says_who_ordered_what(fulfill: Fulfill) -> None:
    items, shown = fulfill("queue", "--json").json, fulfill("queue").out

    parcel = next(item for item in items if item["kind"] == "parcel_to_pack")
    assert parcel["order"]["shipping"]["name"] == "Grace Example"
    assert parcel["order"]["shipping"]["address"]["line1"] == "1 Example Road"
    assert parcel["order"]["shipping_rate"]["name"] == "Standard, 3 to 5 days"
    assert [(line["quantity"], line["description"]) for line in parcel["order"]["line_items"]][1] == (2, "Mug, blue")
    assert "/order/shipping/name" in parcel["personal"]
    bought = "1 x Online course: drawing trees, 2 x Mug, blue, 1 x Gift wrap, 1 more"
    assert re.search(rf"parcel to pack +li_mug +Ada Example +{bought} ", shown)
    assert [item["order"] for item in items if item["subject"] == "evt_4"] == [None]


@pytest.mark.usefixtures("small_shop")
def test_a_redacted_queue_has_no_personal_data(fulfill: Fulfill) -> None:
    page, document = fulfill("queue", "--redact").out, fulfill("queue", "--redact", "--json")

    for text in ("Ada", "Grace", "ada@example.com", "Example Road", "ORDER-17", "Happy birthday"):
        assert text not in page
        assert text not in document.out
    assert "[redacted]" in page
    assert document.json[0]["order"]["customer"]["name"] == "[redacted]"
    assert "2 x Mug, blue" in page


def test_an_answer_that_can_not_be_read_leaves_out_its_order_alone(fulfill: Fulfill, small_shop: Path) -> None:
    before = fulfill("queue", "--json").json
    state = (
        "UPDATE stored_events SET state=? WHERE topic='CheckoutSession.Retrieved' AND originator_id LIKE 'cs_test_a1%'"
    )
    assert change(sqlite_url(small_shop), "log", state, b"{broken") == 1

    items = fulfill("queue", "--json").json

    assert [item["subject"] for item in items] == [item["subject"] for item in before]
    assert {item["subject"] for item in items if item["order"]} == {"cs_test_c3S9zM4oXf"}


@pytest.mark.usefixtures("small_shop")
def test_live_mode_without_a_mail_server_or_a_catalog_warns_beside_the_answer(
    fulfill: Fulfill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "catalog.toml").unlink()
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_example1234")

    said = fulfill("queue", "--json")

    assert (said.code, bool(said.json)) == (0, True)
    assert said.err.splitlines() == [
        "WARNING: Live mode without SMTP_URL: customers get no mails. Set SMTP_URL and MAIL_FROM.",
        f"WARNING: Live mode without a catalog: {tmp_path}/catalog.toml does not exist, so every product without "
        "`delivery` in its metadata at Stripe waits for a person. Write the file, or set FULFILL_CATALOG.",
    ]


@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize(
    "settings",
    [
        {"STRIPE_API_KEY": "sk_live_example1234", "SMTP_URL": "smtp://localhost:25"},
        {"STRIPE_API_KEY": "rk_live_example1234", "FULFILL_MAILS": "none"},
        {"STRIPE_API_KEY": "sk_test_example1234"},
        {"STRIPE_API_KEY": ""},
    ],
    ids=["with both", "without mails on purpose", "test mode", "without a key"],
)
def test_a_shop_that_lacks_nothing_or_has_no_real_customers_is_not_warned(
    fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    assert fulfill("queue").err == ""
