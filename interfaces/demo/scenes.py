"""The ten scenes. Each plays, checks how it ended, and returns the checkouts whose stories are worth telling."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from application.checkout_document import CheckoutDocument
from interfaces.demo.goods import MUG_SKU, PRINT_SKU
from interfaces.demo.stage import Stage, expect, wait_for

Told = Sequence[CheckoutDocument]

_DAY_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    title: str
    play: Callable[[Stage], Told]


def card(stage: Stage) -> Told:
    session = stage.order("course", "licence")
    stage.sandbox.pay(session)
    document = stage.expect_state(session, "fulfilled", ["receipt"])
    page = stage.return_to_shop(session)
    expect("STUDIO-" in page and "courses/trees" in page, "the landing page shows no key or no link")
    return [document]


def debit_that_succeeds(stage: Stage) -> Told:
    stage.sandbox.hold_clock()
    session = stage.order("course", "mug")
    stage.sandbox.pay(session, by="debit_succeeds")
    stage.expect_state(session, "awaiting_payment", ["payment_pending"])
    expect(stage.stock(MUG_SKU).reserved == 1, "no mug is reserved while the bank takes its time")
    stage.sandbox.release_clock()
    return [stage.expect_state(session, "fulfilling", ["payment_pending", "receipt"])]


def debit_that_fails(stage: Stage) -> Told:
    before = stage.stock(MUG_SKU)
    stage.sandbox.hold_clock()
    session = stage.order("mug", quantity=2)
    stage.sandbox.pay(session, by="debit_fails")
    stage.expect_state(session, "awaiting_payment", ["payment_pending"])
    expect(stage.stock(MUG_SKU).available == before.available - 2, "the mugs were not reserved")
    stage.sandbox.release_clock()
    document = stage.expect_state(session, "payment_failed", ["payment_failed", "payment_pending"])
    expect(stage.stock(MUG_SKU) == before, "the mugs were not given back")
    return [document]


def free_order(stage: Stage) -> Told:
    session = stage.order("sample")
    stage.sandbox.pay(session, by="free")
    document = stage.expect_state(session, "fulfilled", ["receipt"])
    expect(document.payment_status == "no_payment_required", f"payment_status is {document.payment_status}")
    return [document]


def expired(stage: Stage) -> Told:
    session = stage.order("course")
    stage.sandbox.expire(session)
    return [stage.expect_state(session, "expired")]


def many_line_items(stage: Stage) -> Told:
    course = stage.goods["course"]
    items = [
        {"price_data": {"currency": "eur", "unit_amount": 100 + n, "product": course.product_id}, "quantity": 1}
        for n in range(120)
    ]
    session = stage.checkout(items)
    stage.sandbox.pay(session)
    document = stage.expect_state(session, "fulfilled", ["receipt"])
    delivered = [line for line in document.line_items if line.state == "delivered"]
    expect(len(delivered) == 120, f"{len(delivered)} of 120 line items were delivered")
    expect(document.amount_total == sum(100 + n for n in range(120)), "the amount is not what was paid")
    return [document]


def five_times_and_out_of_order(stage: Stage) -> Told:
    stage.sandbox.drop_deliveries = True
    session = stage.order("licence")
    stage.sandbox.pay(session, by="debit_succeeds")
    wait_for(
        lambda: "async_payment_succeeded" in stage.events_of(session), lambda: "the debit has not settled", seconds=10
    )
    stage.sandbox.drop_deliveries = False
    events = stage.events_of(session)
    for kind in ("async_payment_succeeded", "completed"):
        for _ in range(5):
            stage.sandbox.resend(events[kind])
    document = stage.expect_state(session, "fulfilled", ["receipt"])
    expect(stage.sandbox.wait_for_deliveries(), "webhook deliveries are still under way")
    document = stage.expect_state(session, "fulfilled", ["receipt"])
    heard = [entry.type for entry in document.story if entry.type == "StripeEvent.Received"]
    expect(len(heard) == 2, f"ten deliveries of two events were recorded as {len(heard)}")
    return [document]


def webhook_lost(stage: Stage) -> Told:
    stage.sandbox.drop_deliveries = True
    session = stage.order("course")
    stage.sandbox.pay(session)
    expect(stage.document(session) is None, "the engine has heard of it")
    page = stage.return_to_shop(session)
    stage.sandbox.drop_deliveries = False
    expect("courses/trees" in page, "the landing page shows no link")
    return [stage.expect_state(session, "fulfilled", ["receipt"])]


def the_last_piece(stage: Stage) -> Told:
    stage.engine.fulfill("stock", "count", PRINT_SKU, "1", "--as", "demo", "--reason", "one is left")
    buyers = [stage.order("print"), stage.order("print")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(stage.sandbox.pay, buyers))
    wait_for(
        lambda: sorted(_state(stage, buyer) for buyer in buyers) == ["blocked", "fulfilling"],
        lambda: f"the buyers' checkouts are {[_state(stage, buyer) for buyer in buyers]}",
    )
    winner, other = sorted(buyers, key=lambda buyer: _state(stage, buyer), reverse=True)
    level = stage.stock(PRINT_SKU)
    expect((level.on_hand, level.reserved, level.backordered) == (1, 1, 1), f"the stock is {level}")
    return [
        stage.expect_state(winner, "fulfilling", ["receipt"]),
        stage.expect_state(other, "blocked", ["backordered", "receipt"]),
    ]


def killed(stage: Stage) -> Told:
    sessions = [stage.order("licence", "course") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(stage.sandbox.pay, sessions))
    stage.engine.kill()
    stage.engine.start()
    stage.sandbox.advance_clock(_DAY_SECONDS)  # until then Stripe has sent again what got no answer
    documents = [stage.expect_state(session, "fulfilled", ["receipt"]) for session in sessions]
    delivered = [entry for each in documents for entry in each.story if entry.type == "Fulfillment.LineItemDelivered"]
    expect(len(delivered) == 12, f"12 line items were delivered {len(delivered)} times")
    return documents[:1]


def _state(stage: Stage, session: str) -> str:
    document = stage.document(session)
    return str(document.state) if document else "unheard of"


SCENES: Sequence[Scene] = (
    Scene(title="A customer pays by card", play=card),
    Scene(title="A bank debit that succeeds later", play=debit_that_succeeds),
    Scene(title="A bank debit that fails", play=debit_that_fails),
    Scene(title="An order that costs nothing", play=free_order),
    Scene(title="A checkout that nobody finishes", play=expired),
    Scene(title="An order of 120 line items", play=many_line_items),
    Scene(title="Every event five times, and in the wrong order", play=five_times_and_out_of_order),
    Scene(title="The webhook is lost, and the customer alone comes back", play=webhook_lost),
    Scene(title="Two customers buy the last piece", play=the_last_piece),
    Scene(title="The engine is killed in the middle of six orders", play=killed),
)
