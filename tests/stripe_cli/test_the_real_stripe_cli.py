"""Stripe's own CLI, unchanged, with the sandbox in Stripe's place and `fulfill serve` as the shop."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eventually import wait_for
from processes import ServeProcess, ended
from real_stripe_cli import KEY, SandboxProcess, Street, StripeCli

from domain.policies.stripe_events import HANDLED
from interfaces.demo.engine_process import free_port

pytestmark = pytest.mark.stripe_cli

CHECKOUT = ",".join(HANDLED)
AS_ACCESS = ("--add", "product:metadata.delivery=access")


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    directory = tmp_path_factory.mktemp("street")
    sandbox = SandboxProcess(directory)
    cli = StripeCli(directory, sandbox.url)
    with ended([sandbox]):
        sandbox.start()
        sandbox.wait_until_ready()
        settings = {
            "STRIPE_API_BASE": sandbox.url,
            "STRIPE_API_KEY": KEY,
            "STRIPE_WEBHOOK_SECRET": cli.run("listen", "--print-secret").strip(),
        }
        engine = ServeProcess(directory, "serve", settings, free_port())
        with ended([engine]):
            engine.start()
            engine.wait_until_ready()
            yield Street(directory, sandbox, cli, engine, settings)


def triggered(street: Street, event: str, *more: str) -> dict[str, Any]:
    """The sandbox's books of what this has made: the session, or the payment where there is none."""
    kind = "entries" if event.startswith("checkout.") else "payments"
    before = street.books(kind)
    street.cli.run("trigger", event, *more)
    [made] = [entry for id, entry in street.books(kind).items() if id not in before]
    return made


def event_id(street: Street, type: str) -> str:
    """The latest of this type."""
    return str(street.cli.json("events", "list", "--limit", "1", "--type", type)["data"][0]["id"])


@pytest.mark.parametrize(
    ("event", "state", "payment_status"),
    [
        ("checkout.session.completed", "fulfilled", "paid"),
        ("checkout.session.async_payment_succeeded", "fulfilled", "paid"),
        ("checkout.session.async_payment_failed", "payment_failed", "unpaid"),
        ("checkout.session.expired", "expired", "unpaid"),
    ],
)
def test_what_is_triggered_is_forwarded_and_comes_to_its_end(
    street: Street, event: str, state: str, payment_status: str
) -> None:
    with street.cli.listen("--events", CHECKOUT, "--forward-to", street.webhook):
        session_id = triggered(street, event, *AS_ACCESS)["session_id"]

        assert street.comes_to_be(session_id, state)

    entry = street.books("entries")[session_id]
    assert entry["payment_status"] == payment_status
    assert entry["paid"] == (entry["total"] if payment_status == "paid" else None)
    assert street.forwarded(entry["event_ids"][-1]) == [200]


def test_a_session_is_disputed_and_another_refunded_by_the_cli(street: Street) -> None:
    card = ("--override", "payment_method:card.token=tok_createDispute")
    with street.cli.listen(
        "--events", f"{CHECKOUT},charge.refunded,charge.dispute.created", "--forward-to", street.webhook
    ):
        disputed = triggered(street, "checkout.session.completed", *card, *AS_ACCESS)
        refunded = triggered(street, "checkout.session.completed", *AS_ACCESS)
        intent = ("--payment-intent", refunded["payment_intent_id"])
        refund = street.cli.json("refunds", "create", *intent, "--amount", "1000")
        for type in ("charge.refunded", "charge.dispute.created"):
            assert street.is_forwarded(event_id(street, type), [200])
        # neither takes a delivery back
        for entry in (disputed, refunded):
            assert street.comes_to_be(entry["session_id"], "fulfilled")

    payments = street.books("payments")
    went_back = [payments[entry["payment_intent_id"]] for entry in (disputed, refunded)]
    assert refund["amount"] == 1000
    assert [(payment["paid"]["amount"], payment["disputed"]["amount"]) for payment in went_back] == [
        (3000, 3000),
        (3000, 0),
    ]
    assert [payment["refunded"]["amount"] for payment in went_back] == [0, 1000]


@pytest.mark.parametrize(
    ("event", "refunded"),
    [
        ("charge.refunded", 100),
        ("charge.refund.updated", 100),
        ("charge.dispute.created", 0),
        ("charge.dispute.closed", 0),
    ],
)
def test_what_goes_back_is_triggered_and_forwarded(street: Street, event: str, refunded: int) -> None:
    with street.cli.listen("--all-snapshot", "--forward-to", street.webhook):
        payment = triggered(street, event)

        assert street.is_forwarded(event_id(street, event), [200])

    assert (payment["paid"]["amount"], payment["refunded"]["amount"]) == (100, refunded)
    # what the CLI triggers is an inquiry, which takes no money
    assert payment["disputed"]["amount"] == 0


def test_everything_that_the_docs_name_can_be_triggered(street: Street) -> None:
    intents = [f"payment_intent.{what}" for what in ("created", "succeeded", "payment_failed")]
    charges = [f"charge.{what}" for what in ("succeeded", "failed", "dispute.updated")]
    with street.cli.listen("--all-snapshot") as listen:
        for event in (*intents, *charges):
            street.cli.run("trigger", event)

            assert wait_for(lambda line=f"--> {event} [": line in listen.output)  # type: ignore[misc]


@pytest.mark.parametrize(
    "asking",
    [
        ("--all-thin", "--forward-to"),
        ("--events", "v1.checkout.session.completed", "--forward-to"),
        ("--thin-events", "v1.checkout.session.completed", "--events", "charge.refunded", "--forward-thin-to"),
    ],
    ids=["all thin ones", "by name", "beside snapshots"],
)
def test_a_thin_event_fulfills_as_well(street: Street, asking: tuple[str, ...]) -> None:
    with street.cli.listen(*asking, street.webhook) as listen:
        session_id = triggered(street, "checkout.session.completed", *AS_ACCESS)["session_id"]

        assert street.comes_to_be(session_id, "fulfilled")

    assert "v1.checkout.session.completed" in listen.output


def test_listening_for_the_latest_version_as_json(street: Street) -> None:
    more = ("--latest", "--skip-verify", "--format", "JSON")
    with street.cli.listen("--events", CHECKOUT, "--forward-to", street.webhook, *more) as listen:
        session_id = triggered(street, "checkout.session.completed", *AS_ACCESS)["session_id"]

        assert street.comes_to_be(session_id, "fulfilled")

    events = [json.loads(line) for line in listen.output.splitlines() if line.startswith("{")]
    [shown] = [event for event in events if event["type"] == "checkout.session.completed"]
    assert shown["data"]["object"]["id"] == session_id


def test_an_event_is_listed_retrieved_and_sent_again(street: Street) -> None:
    with street.cli.listen("--events", CHECKOUT, "--forward-to", street.webhook):
        session_id = triggered(street, "checkout.session.completed")["session_id"]
        event = event_id(street, "checkout.session.completed")
        assert street.is_forwarded(event, [200])

        street.cli.run("events", "resend", event)

        assert street.is_forwarded(event, [200, 200])
    assert street.cli.json("events", "retrieve", event)["data"]["object"]["id"] == session_id


def test_a_session_is_looked_at(street: Street) -> None:
    session_id = triggered(street, "checkout.session.completed")["session_id"]

    session = street.cli.json("checkout", "sessions", "retrieve", session_id)
    items = street.cli.json("checkout", "sessions", "list_line_items", session_id)

    assert (session["id"], session["payment_status"], session["amount_total"]) == (session_id, "paid", 3000)
    assert [(item["description"], item["quantity"]) for item in items["data"]] == [("myproduct", 2)]


def test_a_fixture_of_ones_own_is_played(street: Street, tmp_path: Path) -> None:
    def step(step: str, path: str, **params: object) -> dict[str, object]:
        return {"name": step, "path": path, "method": "post", "params": params}

    line = {"price": "${price:id}", "quantity": 3}
    steps = [
        step("product", "/v1/products", name="Course", metadata={"delivery": "access"}),
        step("price", "/v1/prices", product="${product:id}", unit_amount=1999, currency="eur"),
        step("session", "/v1/checkout/sessions", mode="payment", success_url="http://localhost/x", line_items=[line]),
        step("pay", "/v1/payment_pages/${session:id}/confirm", payment_method="pm_card_visa"),
    ]
    (tmp_path / "fixture.json").write_text(json.dumps({"_meta": {"template_version": 0}, "fixtures": steps}))
    before = street.books("entries")

    with street.cli.listen("--events", CHECKOUT, "--forward-to", street.webhook):
        street.cli.run("fixtures", str(tmp_path / "fixture.json"))
        [made] = [entry for id, entry in street.books("entries").items() if id not in before]
        assert street.comes_to_be(made["session_id"], "fulfilled")

    assert made["paid"] == {"amount": 5997, "currency": "eur"}
    assert street.checkout(made["session_id"])["state"] == "fulfilled"
