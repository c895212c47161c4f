"""`fulfill queue`: the tasks for staff, the longest wait first, each with the commands that resolve it."""

import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import a_checkout, a_line_item
from every_store import change, sqlite_url
from pasted_commands import arguments_of
from typed_ids import as_line, as_session, as_sku

from application.reading.answers import NamedCheckout, WorkItem
from application.reading.remedies import Remedy, remedies_of
from application.reading.work import (
    About,
    AboutCheckouts,
    AboutEffect,
    AboutEvent,
    AboutLine,
    AboutParking,
    OtherWork,
    Work,
    WorkKind,
    about_row,
)
from domain import reasons
from domain.identifiers import pool_name
from domain.park_reason import ParkReason
from domain.reason import Reason
from interfaces.cli.main import command_line
from interfaces.cli.output.orders import bought, with_order
from interfaces.cli.output.pasting import TO_FILL_IN, pasted
from interfaces.cli.output.tasks import about_in_words, task_fields

Fulfill = Callable[..., Any]
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def an_item(
    kind: WorkKind, subject: str = "cs_test_a1Q7xK2mVd", about: About = None, why: Reason | None = None
) -> WorkItem:
    why, since = why or reasons.payment_overdue(14), datetime(2026, 11, 24, tzinfo=UTC)
    return WorkItem(subject=subject, kind=kind, about=about, detail="", why=why, since=since)


def a_row(kind: Work) -> WorkItem:
    """A task about what its kind is about."""
    return an_item(kind, about=about_row(kind, "unknown_to_stripe" if kind is Work.PARKED_SESSION else "li_mug"))


THE_MUG, THE_KEY = AboutLine(as_line("li_mug")), AboutLine(as_line("li_key"))
SHORT_OF_STOCK, SHORT_OF_KEYS = reasons.not_enough_stock(as_sku("Café blau")), reasons.not_enough_keys(pool_name("pro"))
ITEMS = [
    *(a_row(kind) for kind in Work),
    *(an_item(kind) for kind in OtherWork),
    an_item(Work.BACKORDERED_LINE, about=THE_MUG, why=SHORT_OF_STOCK),
    an_item(Work.BACKORDERED_LINE, about=THE_KEY, why=SHORT_OF_KEYS),
    an_item(Work.BACKORDERED_LINE, about=THE_KEY, why=reasons.as_written("of an early version")),
    an_item(Work.PARKED_SESSION, about=AboutParking(ParkReason.WRONG_MODE)),
    an_item(Work.FAILED_STRIPE_EVENT, "evt_4"),
    an_item(OtherWork.PARKED_EVENT, "evt_4", AboutEvent("intake", 3)),
    an_item(OtherWork.PARKED_EVENT, "sku_mug-blue", AboutEvent("inventory", 3)),
    an_item(OtherWork.INCOMPLETE_VIEW, "stock"),
    an_item(OtherWork.LOW_STOCK, "Café blau"),
    an_item(OtherWork.LOW_KEYS, "pro"),
    an_item(Work.STRIPE_KEY_REFUSED, "STRIPE_API_KEY", AboutCheckouts(())),
]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.kind} {item.subject} {item.item}")
def test_every_kind_of_work_has_commands_that_can_be_parsed(item: WorkItem) -> None:
    found = pasted(item, None)

    assert found
    for each in found:
        _, *arguments = shlex.split(each.text)
        verb = each.verb.split()
        assert arguments[: len(verb)] == verb
        command, *_ = command_line().parse_args(arguments_of(each.text), exit_on_error=False, print_error=False)
        assert callable(command)


@pytest.mark.parametrize("kind", Work)
def test_only_a_task_about_a_line_has_a_remedy_of_a_line(kind: Work) -> None:
    of_a_line = {Remedy.SHIP, Remedy.COMPLETE, Remedy.CANCEL_LINE, Remedy.REVOKE_KEYS}

    assert isinstance(a_row(kind).about, AboutLine) or not of_a_line & {*remedies_of(a_row(kind))}


def test_programs_read_what_a_task_is_about_as_a_text() -> None:
    things = (
        *(THE_MUG, AboutEffect("mail_receipt"), AboutParking(ParkReason.WRONG_MODE), AboutEvent("intake", 3)),
        *(AboutCheckouts(()), None),
    )

    items = [task_fields(an_item(Work.MANUAL_LINE, about=about))["item"] for about in things]

    assert items == ["li_mug", "mail_receipt", "wrong_mode", "intake@3", "", ""]


@pytest.mark.parametrize(
    ("about", "words"),
    [
        (AboutEffect("retrieve_completed"), "retrieval from Stripe"),
        (AboutEffect("mail_shipped_1_1"), "mail about parcel 1"),
        (AboutEffect("later_step"), "effect later_step"),
        (AboutParking(ParkReason.WRONG_MODE), "wrong mode"),
        (AboutParking(ParkReason.CONNECTED_ACCOUNT), "connected account"),
        (AboutEvent("intake", 3), "event 3, for the policy intake"),
        (THE_MUG, "li_mug"),
        (AboutCheckouts((as_session("cs_test_a1"),)), "1 checkout to retrieve"),
        (None, ""),
    ],
)
def test_people_read_what_a_task_is_about_in_words(about: About, words: str) -> None:
    assert about_in_words(an_item(Work.MANUAL_LINE, about=about), None) == words


def test_what_is_short_is_named_by_the_command() -> None:
    assert pasted(an_item(Work.BACKORDERED_LINE, why=SHORT_OF_STOCK), None)[0].text == (
        "fulfill stock count 'Café blau' ..."
    )
    assert pasted(an_item(Work.BACKORDERED_LINE, why=SHORT_OF_KEYS), None)[0].text == "fulfill keys import pro ..."


def test_a_session_that_no_retry_can_reach_is_only_dismissed() -> None:
    foreign = an_item(
        Work.PARKED_SESSION, "cs_live_a1", AboutParking(ParkReason.WRONG_MODE), reasons.as_written("early")
    )

    found = pasted(foreign, "MUG")

    assert [each.text for each in found] == ["fulfill dismiss MUG-DMSEF-DBFB8 --reason ..."]


@pytest.mark.usefixtures("small_shop")
def test_every_command_of_the_queue_does_nothing_as_long_as_something_is_to_be_filled_in(fulfill: Fulfill) -> None:
    items = fulfill("queue", "--json").json
    commands = {command for item in items for command in item["commands"] if TO_FILL_IN in command}
    before = fulfill("queue", "--json").out

    assert {" ".join(command.split()[1:3]) for command in commands} == {
        *("ship KV96R-719NK", "keys import", "dismiss evt_4")
    }
    for command in commands:
        _, *arguments = shlex.split(command)
        result = fulfill(*arguments, "--json")
        assert result.code in {1, 2}, command
        assert result.json["error"]["kind"] in {"refused", "wrong_usage", "system"}, result
    assert fulfill("queue", "--json").out == before


@pytest.mark.usefixtures("small_shop", "sandbox")
def test_the_first_command_of_every_task_resolves_it(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / "keys.txt").write_text("AAAA-1111\n")
    items = fulfill("queue", "--json").json

    for item in items:
        result = fulfill(*arguments_of(item["commands"][0]))
        assert result.code == 0, (item["commands"][0], result)

    left = fulfill("queue", "--json").json
    assert [item["subject"] for item in left if item["kind"] != "waiting_effect"] == ["evt_4"], "it fails again"


@pytest.mark.usefixtures("small_shop")
def test_on_a_narrow_terminal_a_command_to_copy_is_one_line(on_terminal: Fulfill) -> None:
    shown = on_terminal("queue", columns=40, NO_COLOR="1").out.replace("\r\n", "\n")

    assert "\nfulfill ship KV96R-719NK --line li_mug --carrier ... --tracking ...\n" in shown
    assert "\nfulfill cancel KV96R-719NK --line li_mug\n" in shown


@pytest.mark.usefixtures("small_shop")
def test_a_pipe_gets_a_line_for_each_task_with_its_first_command(fulfill: Fulfill) -> None:
    items, (header, *lines) = fulfill("queue", "--json").json, fulfill("queue").out.splitlines()

    assert header.split()[-3:] == ["RESOLVE", "WITH", "OR"]
    assert [item["commands"][0] in line for item, line in zip(items, lines, strict=True)] == [True] * len(items)


@pytest.mark.usefixtures("small_shop")
def test_the_longest_wait_comes_first(fulfill: Fulfill) -> None:
    items, shown = fulfill("queue", "--json").json, fulfill("queue").out

    assert [item["since"] for item in items] == sorted(item["since"] for item in items)
    assert all(RFC3339.fullmatch(item["since"]) for item in items)
    names = [item["order_number"] or item["subject"] for item in items]
    assert [line.split()[1] for line in shown.splitlines()[1:]] == names


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
    assert re.search(rf"parcel to pack +2 x Mug, blue \(li_mug\) +Ada Example +{bought} ", shown)
    assert [item["order"] for item in items if item["subject"] == "evt_4"] == [None]


@pytest.mark.usefixtures("small_shop")
def test_each_task_about_a_line_names_the_item_and_keeps_its_id(fulfill: Fulfill) -> None:
    items, shown = fulfill("queue", "--json").json, fulfill("queue").out

    assert [(item["item"], item["item_quantity"], item["item_name"]) for item in items] == [
        ("li_key", 1, "License for Pro"),
        ("li_wrap", 1, "Gift wrap"),
        ("li_mug", 2, "Mug, blue"),
        ("li_poster", 1, "Poster as a file"),
        ("", None, None),
    ]
    for item in items[:-1]:
        assert f"  {item['item_quantity']} x {item['item_name']} ({item['item']})  " in shown


def test_a_list_calls_items_as_the_catalog_does() -> None:
    items = [a_line_item("li_mug", description="MUG-17"), a_line_item("li_wrap", description="Gift wrap")]
    order = NamedCheckout(checkout=a_checkout(line_items=items), names={"li_mug": "Blue mug"})

    document: Any = with_order(task_fields(an_item(Work.PAYMENT_OVERDUE)), order)["order"]

    assert bought(order) == "1 x Blue mug, 1 x Gift wrap"
    named = [(line["description"], line["name"]) for line in document["line_items"]]
    assert named == [("MUG-17", "Blue mug"), ("Gift wrap", "Gift wrap")]


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
def test_live_mode_without_a_mail_server_a_name_or_a_catalog_warns_beside_the_answer(
    fulfill: Fulfill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "catalog.toml").unlink()
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_example1234")

    result = fulfill("queue", "--json")

    assert (result.code, bool(result.json)) == (0, True)
    assert result.err.splitlines() == [
        "WARNING: Live mode without SMTP_URL: customers get no mails. Set SMTP_URL and MAIL_FROM.",
        "WARNING: Live mode without a shop name: mails and the landing page show the domain of your shop at most. Set "
        "FULFILL_SHOP_NAME to the name that customers know.",
        f"WARNING: Live mode without a catalog: {tmp_path}/catalog.toml does not exist, so every product without "
        "`delivery` in its metadata at Stripe waits for a person. Write the file, or set FULFILL_CATALOG.",
    ]


@pytest.mark.usefixtures("small_shop")
@pytest.mark.parametrize(
    "settings",
    [
        {"STRIPE_API_KEY": "sk_live_example1234", "SMTP_URL": "smtp://localhost:25", "FULFILL_SHOP_NAME": "Mugs"},
        {"STRIPE_API_KEY": "rk_live_example1234", "FULFILL_MAILS": "none", "FULFILL_SHOP_NAME": "Mugs"},
        {"STRIPE_API_KEY": "sk_test_example1234"},
        {"STRIPE_API_KEY": ""},
    ],
    ids=["with all", "without mails on purpose", "test mode", "without a key"],
)
def test_a_shop_that_lacks_nothing_or_has_no_real_customers_is_not_warned(
    fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    assert fulfill("queue").err == ""


@pytest.mark.usefixtures("small_shop")
def test_people_read_in_words_where_a_search_matches(fulfill: Fulfill) -> None:
    shown, [hit] = fulfill("search", "ORDER-17").out, fulfill("search", "ORDER-17", "--json").json

    assert shown.rstrip().endswith("  reference")
    assert hit["matched"] == ["client_reference_id"]
