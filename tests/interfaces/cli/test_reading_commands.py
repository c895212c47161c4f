"""What the commands that read print, to the letter where other programs rely on it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sample_log import SHOP

from application.reading.checkout_state import CheckoutState
from application.reason_wording import in_words
from domain import reasons
from domain.line import LineState
from domain.mail import MailKind
from interfaces.cli.commands import groups
from interfaces.cli.main import command_line
from interfaces.cli.queue import KINDS, resolving

Fulfill = Callable[..., Any]
BY = ("--as", "kim", "--reason", "x")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
ORDER, DEBIT, POSTER = "cs_test_a1Q7xK2mVd", "cs_test_b2R8yL3nWe", "cs_test_c3S9zM4oXf"
IN_SCRIPTS = (Path(__file__).parents[3] / "docs" / "cli.md").read_text().partition("## In scripts")[2]

CHECKOUT = "session_id state payment_status livemode amount_total currency client_reference_id line_items emails story"
CHECKOUT += " is_complete"
STOCK = "sku on_hand reserved available backordered is_complete"
RESULT = "session_id state is_followed"
SHAPES = {
    ("checkout", ORDER): CHECKOUT,
    ("checkout", ORDER, "--as-of", "2999-01-01"): f"{CHECKOUT} as_of",
    ("search", "ada"): "session_id state amount_total currency recorded_at matched is_complete",
    ("queue",): "subject kind item detail why since",
    ("stock", "list"): STOCK,
    ("run", ORDER, *BY): RESULT,
    ("complete", ORDER, *BY): RESULT,
    ("ship", ORDER, "--carrier", "DHL", *BY): RESULT,
    ("retry", ORDER, *BY): RESULT,
    ("retry", "evt_4", *BY): "stripe_event state error why session_id is_followed",
    ("replan", POSTER, *BY): RESULT,
    ("note", ORDER, "hello", *BY): RESULT,
    ("stock", "count", "mug-blue", "7", *BY): f"{STOCK} is_followed",
    ("keys", "import", "pro", "catalog.toml", *BY): "pool imported known_already is_followed",
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
    said = fulfill(*command, "--json")

    assert said.code == 0, said.err
    for document in said.json if isinstance(said.json, list) else [said.json]:
        assert set(document) == set(keys.split())
    assert said.json, "a list without anything shows no shape"
    assert [key for key in keys.split() if f"`{key}`" not in IN_SCRIPTS] == []


def test_every_command_has_its_shape_documented() -> None:
    names = [name for name in command_line() if not name.startswith("-") and name not in groups()]
    names += [f"{group} {name}" for group, inner in groups().items() for name in inner]

    assert [name for name in names if f"`{name}`" not in IN_SCRIPTS and f"`{name} SESSION`" not in IN_SCRIPTS] == []


@pytest.mark.usefixtures("small_shop")
def test_a_checkout_has_the_promised_shape(fulfill: Fulfill) -> None:
    document = fulfill("checkout", ORDER, "--json").json

    assert document["session_id"] == ORDER
    assert document["state"] in set(CheckoutState)
    assert (document["payment_status"], document["livemode"]) == ("paid", False)
    assert (document["amount_total"], document["currency"]) == (11500, "eur")
    line_item = {"id", "price", "product", "description", "quantity", "delivery", "state", "detail", "why"}
    assert all(item.keys() == line_item and item["state"] in set(LineState) for item in document["line_items"])
    assert all(mail.keys() == {"kind", "state", "occasion", "detail", "why"} for mail in document["emails"])
    assert all(m["kind"] in set(MailKind) and m["state"] in {"queued", "sent", "failed"} for m in document["emails"])


@pytest.mark.usefixtures("log_file")
def test_a_story_has_the_promised_shape(fulfill: Fulfill) -> None:
    story = fulfill("checkout", SHOP, "--json").json["story"]

    for entry in story:
        keys = "position stream type occurred_at recorded_at actor cause reason text why is_routine"
        assert entry.keys() == set(keys.split())
        assert RFC3339.fullmatch(entry["recorded_at"])
        assert RFC3339.fullmatch(entry["occurred_at"])
        assert re.fullmatch(r"[A-Z]\w+\.[A-Z]\w+", entry["type"])
        assert entry["cause"] is None or re.fullmatch(r"\S+@\d+", entry["cause"])
    assert [entry["position"] for entry in story] == sorted(entry["position"] for entry in story)


@pytest.mark.usefixtures("log_file")
def test_what_is_available_is_on_the_shelf_and_not_promised(fulfill: Fulfill) -> None:
    levels = fulfill("stock", "list", "--json").json

    assert levels
    assert all(level["available"] == level["on_hand"] - level["reserved"] for level in levels)


@pytest.mark.usefixtures("log_file")
@pytest.mark.parametrize("words", [("zoe@example.com",), ("zoé", "o'example"), ("zoe o'ex",), (SHOP,)], ids=" ".join)
def test_a_checkout_is_found_by_what_people_know_of_it(fulfill: Fulfill, words: tuple[str, ...]) -> None:
    found, shown = fulfill("search", *words, "--json"), fulfill("search", *words)

    assert (found.code, shown.code) == (0, 0)
    assert SHOP in {hit["session_id"] for hit in found.json}
    assert re.search(rf"^{SHOP} +fulfilled +49\.90 EUR ", shown.out, re.MULTILINE)


@pytest.mark.usefixtures("log_file")
def test_every_word_must_be_found(fulfill: Fulfill) -> None:
    nothing, document = fulfill("search", "zoe", "nobody"), fulfill("search", "zoe", "nobody", "--json")

    assert (nothing.code, document.code, document.json) == (1, 1, [])
    assert nothing.out == "No checkouts found. Each search word must be a word of the checkout, or the start of one.\n"


@pytest.mark.usefixtures("small_shop")
def test_no_word_at_all_finds_the_newest(fulfill: Fulfill) -> None:
    assert [hit["session_id"] for hit in fulfill("search", "", "--json").json] == [POSTER, DEBIT, ORDER]


def test_every_kind_of_work_is_reported_with_the_command_that_settles_it() -> None:
    commands = {name for name in command_line() if not name.startswith("-")}

    for kind in KINDS:
        assert {name.split()[0] for name in resolving(kind)} <= commands


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


@pytest.mark.usefixtures("small_shop")
def test_the_longest_wait_comes_first(fulfill: Fulfill) -> None:
    items, shown = fulfill("queue", "--json").json, fulfill("queue").out

    assert [item["since"] for item in items] == sorted(item["since"] for item in items)
    assert all(RFC3339.fullmatch(item["since"]) for item in items)
    assert [line.split()[1] for line in shown.splitlines()[1:]] == [item["subject"] for item in items]


def test_what_is_empty_is_said_to_be(fulfill: Fulfill) -> None:
    fulfill("migrate")

    assert fulfill("queue").out == "The queue is empty.\n"
    assert fulfill("stock", "list").out.startswith("No stock is tracked yet.")
    assert (fulfill("queue", "--json").json, fulfill("stock", "list", "--json").json) == ([], [])
    assert fulfill("search", "x").code == 1


def test_reading_changes_nothing_in_the_log(fulfill: Fulfill, small_shop: Path) -> None:
    before = fulfill("checkout", ORDER, "--json").json

    for command in (("queue",), ("search", "ada"), ("stock", "list"), ("projections", "rebuild", "timeline")):
        assert fulfill(*command).code == 0

    assert fulfill("checkout", ORDER, "--json").json == before
    assert {view["position"] for view in fulfill("projections", "list", "--json").json} == {49}
