"""With --json, stdout is one document of the documented shape."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sample_log import SHOP

from application.text.reason_wording import in_words
from domain import reasons
from interfaces.cli.commands import groups
from interfaces.cli.main import command_line

Fulfill = Callable[..., Any]
BY = ("--as", "kim", "--reason", "x")
ORDER, DEBIT, POSTER = "cs_test_a1Q7xK2mVd", "cs_test_b2R8yL3nWe", "cs_test_c3S9zM4oXf"
IN_SCRIPTS = (Path(__file__).parents[3] / "docs" / "cli.md").read_text().partition("## In scripts")[2]
CHECKOUT = """
    session_id order_number state situation payment_status reported livemode amount_total currency client_reference_id
    line_items emails story amount_subtotal amount_discount amount_shipping amount_tax presentment customer
    business_name tax_ids shipping shipping_rate discounts custom_fields consent payment_method_type payment_intent
    payment_link customer_id subscription invoice recovered_from metadata locale mails_to parcels landing_page personal
    is_complete
"""
HIT = "session_id order_number state situation amount_total currency recorded_at matched"
STOCK = "sku on_hand reserved available backordered is_low is_complete"
RESULT = "session_id order_number state is_followed"
SHAPES = {
    ("checkout", ORDER): CHECKOUT,
    ("checkout", ORDER, "--as-of", "2999-01-01"): f"{CHECKOUT} as_of",
    (
        "search",
        "ada",
    ): f"{HIT} order personal is_complete",
    ("queue",): "subject order_number order_numbers situation kind item item_name item_quantity detail why since "
    "retry_at order commands cursor personal",
    ("stock", "list"): STOCK,
    ("run", ORDER, *BY): RESULT,
    ("complete", ORDER, *BY): RESULT,
    ("ship", ORDER, "--carrier", "DHL", *BY): RESULT,
    ("ship-all", "parcels.csv", "--dry-run", *BY): "parcels is_dry_run is_followed",
    ("retry", DEBIT, *BY): RESULT,
    ("retry", "evt_4", *BY): "stripe_event state error why session_id is_followed",
    ("replan", POSTER, *BY): RESULT,
    ("cancel", DEBIT, "--notify", *BY): RESULT,
    ("dismiss", "evt_4", *BY): "subject left is_followed",
    ("note", ORDER, "hello", *BY): RESULT,
    ("stock", "count", "mug-blue", "7", *BY): f"{STOCK} is_followed",
    ("keys", "import", "pro", "catalog.toml", *BY): "pool imported known_already repeated_in_file is_followed",
    ("projections", "list"): "name version position state unreadable",
    ("projections", "rebuild", "search"): "name version position state",
    ("projections", "verify", "search"): (
        "name version position rows live_digest fresh_digest unreadable differences is_same"
    ),
    ("migrate",): "database state",
}


@pytest.mark.usefixtures("small_shop_anywhere")
@pytest.mark.parametrize(("command", "keys"), SHAPES.items(), ids=[" ".join(command[:2]) for command in SHAPES])
def test_with_json_stdout_is_one_document_of_the_documented_shape(
    fulfill: Fulfill, command: tuple[str, ...], keys: str
) -> None:
    fulfill("queue")
    result = fulfill(*command, "--json")

    assert result.code == 0, result.err
    for document in result.json if isinstance(result.json, list) else [result.json]:
        assert set(document) == set(keys.split())
    assert result.json, "a list without anything shows no shape"
    assert [key for key in keys.split() if f"`{key}`" not in IN_SCRIPTS] == []


def test_every_command_has_its_shape_documented() -> None:
    names = [name for name in command_line() if not name.startswith("-") and name not in groups()]
    names += [f"{group} {name}" for group, inner in groups().items() for name in inner if name not in names]

    assert [name for name in names if f"`{name}`" not in IN_SCRIPTS and f"`{name} SESSION`" not in IN_SCRIPTS] == []


@pytest.mark.usefixtures("log_file")
def test_programs_read_the_code_beside_each_sentence(fulfill: Fulfill) -> None:
    queue = {item["kind"]: item for item in fulfill("queue", "--json").json}
    document = fulfill("checkout", SHOP, "--json").json
    (given_up,) = [entry for entry in document["story"] if entry["type"] == "Effect.GivenUp"]

    assert queue["failed_stripe_event"]["why"] == {"code": "not_a_session", "parameters": {}}
    assert queue["failed_stripe_event"]["detail"] == in_words(reasons.not_a_session())
    assert given_up["why"] == {"code": "port_failed", "parameters": {"text": "HTTP 410"}}
    assert given_up["text"].endswith("HTTP 410")
    assert {entry["why"] for entry in document["story"] if entry["type"] == "Fulfillment.Completed"} == {None}
