"""Nothing that came from outside can steer the reader's terminal, in any command."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from log_parts import MUG, SERVICE, LogWriter, checkout, received
from typed_ids import as_event, as_line, as_session, as_sku, as_stream

from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.park_reason import ParkReason
from domain.personal import Personal
from domain.reasons import as_written
from domain.source import Source
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent
from interfaces.cli.output.printing import Page, Plain, print_json
from interfaces.cli.output.terminal import Terminal
from interfaces.cli.output.text import harmless, width

SESSION = as_session("cs_test_evil")
EVIL = as_event(
    "x\x1b]0;owned\x07\x1b[2J\x9b31m\r\x08\u202eevil\u2066\u2028\n"
    "2026-11-24T09:00:00.000000Z  Nothing is left to deliver"
)
STEERING = {"Cc", "Cf", "Zl", "Zp", "Cs"}
COMMANDS = (("checkout", SESSION), ("search", "x"), ("queue",), ("stock", "list"))


def evil_log() -> list[Event]:
    """What customers, staff, Stripe and a merchant's service could have sent, each with all tricks in it."""
    log = LogWriter()
    item = replace(MUG.item, description=EVIL, price=EVIL, product=EVIL)
    mug = replace(MUG, item=item, name=EVIL, sku=as_sku("evil\x9b2J"))
    service = replace(SERVICE, item=replace(SERVICE.item, description=EVIL))
    bought = replace(checkout(mug, service), client_reference_id=Personal(EVIL), payment_intent=EVIL, status=EVIL)
    log.add(as_stream("evt_evil"), received(EVIL, SESSION), session_id=SESSION, actor="stripe")
    log.add(
        as_stream("evt_evil"), StripeEvent.Failed(error=as_written(EVIL)), session_id=SESSION, actor="policy:intake"
    )
    log.add(SESSION, CheckoutSession.Completed(stripe_event=EVIL, payment_status=EVIL), session_id=SESSION)
    log.add(SESSION, CheckoutSession.Retrieved(checkout=bought, source=Source.WEBHOOK), session_id=SESSION)
    paid = CheckoutSession.Paid(payment_status="paid", amount_total=bought.amount_total, currency="eur")
    log.add(SESSION, paid, session_id=SESSION)
    log.add(SESSION, CheckoutSession.Contradicted(what=as_written(EVIL)), session_id=SESSION)
    log.add(
        SESSION, CheckoutSession.Parked(why=ParkReason.UNKNOWN_TO_STRIPE, detail=as_written(EVIL)), session_id=SESSION
    )
    requested = Fulfillment.Requested(
        plan=(mug, service), catalog="c0ffee", currency="eur", amount_shipping=0, amount_tax=0, paid_at=log.beginning
    )
    blocked = Fulfillment.LineItemBlocked(
        line_item=as_line("li_service"), state=LineState.GIVEN_UP, detail=as_written(EVIL)
    )
    shipped = Fulfillment.Shipped(number=1, lines=(as_line("li_mug"),), carrier=EVIL, tracking=Personal(EVIL))
    log.add(as_stream(f"ful_{SESSION}"), requested, blocked, shipped, session_id=SESSION)
    log.add(as_stream("sku_evil\x9b2J"), StockItem.Counted(on_hand=3), actor=f"staff:{EVIL}", reason=EVIL)
    effect = f"eff_{SESSION}_deliver_li_service"
    log.add(
        as_stream(effect), Effect.Requested(kind="http", step="deliver_li_service", line=service), session_id=SESSION
    )
    log.add(
        as_stream(effect),
        Effect.AttemptStarted(number=1, worker="w1"),
        Effect.GivenUp(error=as_written(EVIL)),
        session_id=SESSION,
    )
    noted = CheckoutSession.Noted(text=Personal(EVIL))
    log.add(SESSION, noted, session_id=SESSION, actor=f"staff:{EVIL}", reason=EVIL)
    return log.events


@pytest.fixture
def evil(write_log: Callable[[Iterable[Event]], Path]) -> Path:
    return write_log(evil_log())


def steering(text: str) -> set[str]:
    return {letter for letter in text if letter != "\n" and unicodedata.category(letter) in STEERING}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["people", "json"])
@pytest.mark.usefixtures("evil")
def test_what_is_printed_steers_no_terminal(
    fulfill: Callable[..., Any], command: tuple[str, ...], form: tuple[str, ...]
) -> None:
    result = fulfill(*command, *form)

    assert result.code == 0, result.err
    assert steering(result.out + result.err) == set()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.usefixtures("evil")
def test_on_a_terminal_only_colors_are_added(on_terminal: Callable[..., Any], command: tuple[str, ...]) -> None:
    result = on_terminal(*command, columns=90)

    assert result.code == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[mlhK]", "", result.out).replace("\r\n", "\n")
    assert steering(plain) == set()


@pytest.mark.parametrize("page", [Plain, Terminal])
def test_whatever_is_put_on_a_page_steers_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, page: Callable[[], Page]
) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    evil = page()

    evil.say(EVIL)
    evil.fields([("Name", EVIL)])
    evil.table(("name",), [(EVIL,)])
    evil.entry("now", EVIL, [EVIL])

    assert steering(capsys.readouterr().out) == set()


@pytest.mark.usefixtures("evil")
def test_no_text_can_pretend_to_be_another_line_of_the_story(fulfill: Callable[..., Any]) -> None:
    result = fulfill("checkout", SESSION)

    assert "2026-11-24T09:00:00.000000Z  Nothing is left to deliver" in result.out
    assert not re.search(r"^2026-11-24T09:00:00\.000000Z  Nothing is left to deliver", result.out, re.MULTILINE)


@pytest.mark.usefixtures("evil")
def test_programs_get_what_was_written_to_the_letter(fulfill: Callable[..., Any]) -> None:
    document = fulfill("checkout", SESSION, "--json").json

    assert document["client_reference_id"] == EVIL
    assert document["line_items"][0]["description"] == EVIL


@settings(deadline=None)
@given(st.text())
def test_harmless_text_keeps_its_letters_and_loses_what_steers(text: str) -> None:
    shown = harmless(text)

    assert len(shown) == len(text)
    assert all(b == a or (b == " " and unicodedata.category(a) in STEERING) for a, b in zip(text, shown, strict=True))


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("Tasse", 5), ("マグ", 4), ("Zoe\u0301", 3), ("Ü", 1)])
def test_columns_are_counted_as_a_terminal_does(text: str, columns: int) -> None:
    assert width(text) == columns


@pytest.mark.parametrize("text", [EVIL, "Zoé", "💥", "\x7f", "\ud800", "\U000e0041"])
def test_json_is_harmless_and_says_the_same(capsys: pytest.CaptureFixture[str], text: str) -> None:
    print_json({"text": text})

    out = capsys.readouterr().out
    assert json.loads(out) == {"text": text}
    assert steering(out) == set()
