"""The examples of docs/cli.md are real: run one after the other, beside a server, they print what the page shows."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typed_ids import as_session

from domain.order_number import order_number
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer

DOCS = Path(__file__).parents[3] / "docs"
UNHEARD_OF = "cs_test_d4T0aN5pYg"
"""A session that no webhook reported; Stripe's stand-in gives it another ID."""
LEFT_OUT = "…\n"
VARYING = (
    (re.compile(r"(?<=:\d\d)\.\d{6}Z"), ".######Z"),
    (re.compile(r"worker:[0-9a-f]{8}"), "worker:########"),
    (re.compile(r"[\d,]+ events a second"), "# events a second"),
)


def examples(page: str) -> Iterator[tuple[str, str]]:
    """Each command of a page with what it prints."""
    for block in re.findall(r"^```console\n(.*?)^```", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = example.partition("\n")
            yield command, output


def alike(text: str) -> str:
    for pattern, instead in VARYING:
        text = pattern.sub(instead, text)
    return text


def shows(page: str, printed: str) -> bool:
    """Whether the page has what was printed, but for what it says that it leaves out."""
    parts = [re.escape(part) for part in alike(page).split(LEFT_OUT)]
    return re.fullmatch(r"(?:.*\n)*?".join(parts), alike(printed)) is not None


def an_unheard_of_sale(sandbox: Sandbox) -> str:
    product = {"name": "Poster as a file", "metadata": {"delivery": "access"}}
    price = {"currency": "eur", "unit_amount": 900, "product_data": product}
    items = [{"price_data": price, "quantity": 1}]
    session = sandbox.create_session({"mode": "payment", "success_url": "http://localhost/x", "line_items": items})
    sandbox.pay(session.id)
    return session.id


@contextmanager
def a_server(installed: Path, directory: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """`fulfill serve`, from when it is up until it is stopped."""
    server = subprocess.Popen(
        [installed, "serve", "--port", "0"], cwd=directory, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert server.stderr is not None
    try:
        for line in server.stderr:
            if json.loads(line)["event"] == "Application startup complete.":
                break
        yield
    finally:
        server.terminate()
        _, log = server.communicate(timeout=20)
        assert server.returncode == 0, log


@pytest.fixture
def shop_that_serves(
    small_shop: Path, installed: Path, clean_environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The ID that Stripe's stand-in has given the session that no webhook reported."""
    with SandboxServer(Sandbox()) as stripe:
        settings = {
            "STRIPE_API_KEY": "sk_test_example1234",
            "STRIPE_WEBHOOK_SECRET": "whsec_example",
            "STRIPE_API_BASE": stripe.url,
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        (small_shop / "keys.txt").write_text("AAAA-1111\nBBBB-2222\nCCCC-3333\n")
        (small_shop / "withdrawn.txt").write_text("CCCC-3333\nDDDD-4444\n")
        with a_server(installed, small_shop, {**clean_environment, **settings}):
            yield an_unheard_of_sale(stripe.sandbox)


def test_every_example_prints_what_the_page_shows(fulfill: Callable[..., Any], shop_that_serves: str) -> None:
    wrong = []
    for command, output in examples("cli.md"):
        _, *arguments = shlex.split(command.replace(UNHEARD_OF, shop_that_serves))
        result = fulfill(*arguments)
        printed = (result.err + result.out).replace(shop_that_serves, UNHEARD_OF)
        printed = printed.replace(order_number(as_session(shop_that_serves)), order_number(as_session(UNHEARD_OF)))
        if not shows(output, printed):
            wrong.append(f"$ {command}\n{printed}")

    assert "\n".join(wrong) == "", "docs/cli.md shows something else for these"
    assert len(list(examples("cli.md"))) > 20


SHOWN_BY_RECIPES = {
    "search": "KV96R-719NK",
    "checkout list --currency": "24.00 EUR",
    "checkout list": "fulfilling",
    "checkout": "KV96R-719NK",
    "run": "Retrieved from Stripe.",
    "keys import": "Imported 3 keys into pro.",
    "stock count": "12",
    "keys show": "AAAA-1111",
    "keys replace": "The customer gets 1 new key",
    "keys revoke": "Revoked 1 license key",
    "readdress": "The mails go to the new address from now on.",
    "resend KV96R-719NK --dry-run": "Nothing was recorded.",
    "resend": "The mail `receipt` goes out again.",
    "address": "The shipping address is corrected.",
    "ship": "Recorded parcel ",
    "correct-parcel": "is corrected.",
    "unship": "Undid parcel 1. To be packed again: 2 x Mug, blue (li_mug).",
    "complete": "Recorded as delivered by hand: 1 x Gift wrap (li_wrap).",
    "cancel": "is canceled.",
    "queue --counts": "fulfill queue --kind failed_stripe_event",
    "queue --kind payment_to_capture": "No such task is in the queue.",
    "queue": "fulfill retry evt_4",
    "retry": "Requested 1 retry.",
    "note": "Added the note.",
}


def test_every_recipe_for_support_does_what_it_is_for(fulfill: Callable[..., Any], shop_that_serves: str) -> None:
    used = set[str]()
    for command, _ in examples("support.md"):
        _, *arguments = shlex.split(command.replace(UNHEARD_OF, shop_that_serves))
        name = next(name for name in SHOWN_BY_RECIPES if " ".join(arguments).startswith(name))
        used.add(name)

        result = fulfill(*arguments)

        assert (result.code, SHOWN_BY_RECIPES[name] in result.out) == (0, True), (command, result)
    assert used == {*SHOWN_BY_RECIPES}, "a recipe is missing"
    story = fulfill("checkout", "KV96R-719NK").out
    for done in (
        "ada.new@example.com",
        "00340434161094000000",
        "wants the parcel on Friday",
        "the customer lost the mail",
        "Revoked 1 license key",
    ):
        assert done in story


SHOWN_ON_THE_FIRST_DAY = {
    "stock count": "12",
    "keys import": "Imported 3 keys into pro.",
    "queue": "Gift wrap",
    "checkout": "Online course: drawing trees",
    "ship": "Recorded parcel ",
    "ship-all": "1 parcel can be shipped.",
    "complete": "Recorded as delivered by hand: 1 x Gift wrap (li_wrap).",
    "search": "KV96R-719NK",
    "stock list": "mug-blue",
    "keys list": "pro",
    "backup": "monday.backup",
}


def test_a_first_day_goes_as_its_page_describes(
    fulfill: Callable[..., Any], shop_that_serves: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FULFILL_AS", "kim")
    done = {}
    for command, _ in examples("first-day.md"):
        _, *arguments = shlex.split(command)
        name = max(
            (name for name in SHOWN_ON_THE_FIRST_DAY if f"{command} ".startswith(f"fulfill {name} ")),
            key=len,
            default=arguments[0],
        )

        done[name] = fulfill(*arguments)

        assert SHOWN_ON_THE_FIRST_DAY[name] in done[name].out + done[name].err, (command, done[name])
    assert done.keys() == SHOWN_ON_THE_FIRST_DAY.keys()
    assert {name for name, result in done.items() if result.code} == set()
