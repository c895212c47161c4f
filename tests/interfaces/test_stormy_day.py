"""A day of customers in bad weather, played against the real engine; then the books are compared."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from books_compared import disagreements, hand_over
from eventually import wait_for
from running import RunningShop, running_shop
from typed_ids import as_session

from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.traffic.day import PACE, Day
from interfaces.sandbox.traffic.scenarios import SCENARIOS
from interfaces.sandbox.traffic.summary import summary_of

SPEED = 20_000.0


@pytest.fixture
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RunningShop]:
    with running_shop(tmp_path, sandbox=Sandbox(pace=PACE, seed=request.param)) as shop:
        yield shop


def is_settled(shop: RunningShop) -> bool:
    """Whether the engine knows of every payment, and only people have something left to do."""
    for entry in shop.sandbox.books.to_fulfill():
        document = shop.runtime.queries.checkout(as_session(entry.session_id))
        if document is None or not document.line_items:
            return False
        if any(line.state == "pending" and line.delivery != "shipment" for line in document.line_items):
            return False
    return True


def agrees(shop: RunningShop) -> bool:
    """Whether it comes to be so: the mails follow a moment later."""
    return wait_for(lambda: not disagreements(shop.sandbox.books, shop.runtime))


@pytest.mark.parametrize(
    ("name", "shop"),
    [
        pytest.param("stormy-day", 11, marks=pytest.mark.long),
        pytest.param("stormy-day", 12, marks=pytest.mark.long),
        ("bad-day-at-stripe", 13),
    ],
    indirect=["shop"],
)
def test_what_was_paid_is_what_is_fulfilled_to_the_cent(shop: RunningShop, name: str) -> None:
    seed = shop.sandbox.ids.seed
    assert seed is not None
    day = Day(
        sandbox=shop.sandbox,
        scenario=SCENARIOS[name],
        seed=seed,
        landing_url=f"{shop.url}/after-checkout",
        speed=SPEED,
        customers=40,
    )

    day.play(lambda _: None)
    assert wait_for(lambda: is_settled(shop)), f"seed {seed}: {disagreements(shop.sandbox.books, shop.runtime)}"
    hand_over(shop.sandbox.books, shop.runtime)

    assert agrees(shop), f"seed {seed}: {disagreements(shop.sandbox.books, shop.runtime)}"
    summary = summary_of(shop.sandbox)
    assert summary.believed == 0, "the engine looks at signatures"
    assert {"lost", "delayed"} <= summary.mishaps.keys()
    assert summary.sessions["paid"] > 20


def ordered(sandbox: Sandbox) -> str:
    data = {"name": "Course", "metadata": {"delivery": "access", "sku": "course"}}
    price = {"currency": "eur", "unit_amount": 4900, "product_data": data}
    session = sandbox.create_session(
        {"mode": "payment", "success_url": "http://localhost/x", "line_items": [{"price_data": price, "quantity": 1}]}
    )
    return session.id


@pytest.mark.parametrize("shop", [1], indirect=True)
def test_the_comparison_sees_what_is_fulfilled_unpaid_and_what_is_paid_unfulfilled(shop: RunningShop) -> None:
    shop.sandbox.hold_clock()
    unpaid, unfulfilled, right = ordered(shop.sandbox), ordered(shop.sandbox), ordered(shop.sandbox)
    shop.sandbox.pretend_payment_status(unpaid, "paid")
    shop.sandbox.pretend_payment_status(unfulfilled, "unpaid")

    shop.sandbox.pay(unpaid, by="debit_succeeds")
    shop.sandbox.pay(unfulfilled)
    shop.sandbox.pay(right)

    def differing() -> set[str]:
        found = disagreements(shop.sandbox.books, shop.runtime)
        return {line.partition(":")[0] for line in found if line.startswith("cs_")}

    def states() -> list[str | None]:
        documents = [shop.runtime.queries.checkout(as_session(each)) for each in (unpaid, unfulfilled, right)]
        return [None if document is None else document.state for document in documents]

    assert wait_for(lambda: states() == ["fulfilled", "awaiting_payment", "fulfilled"]), states()
    assert wait_for(lambda: differing() == {unpaid, unfulfilled}), differing()
