"""The ten scenes. Each plays, checks its outcome, and returns it with the checkouts whose stories to print."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from application.reading.checkout_document import CheckoutDocument
from interfaces.demo.goods import COURSE_LINK, CURRENCY, KEYS, MUG_SKU, PRINT_SKU
from interfaces.demo.stage import Order, Stage, expect

_LINE_ITEMS = 120
_SLOW_SECONDS = 5.0
_STAFF = ("--as", "Sam")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The outcome in a sentence, and the checkouts whose stories to print, each with its buyer."""

    outcome: str
    stories: Sequence[tuple[str, CheckoutDocument]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    title: str
    play: Callable[[Stage], Ending]


def card(stage: Stage) -> Ending:
    stage.say("Ada buys a course and a software license, pays by card, and comes back to the shop.")
    order = stage.order("Ada", "course", "license")
    stage.pay(order)
    document = stage.ends(order, "fulfilled", "receipt")
    page = stage.return_to_shop(order)
    for place, text in (("landing page", page), ("receipt", stage.letters(order)[0].text)):
        expect(COURSE_LINK in text, f"the {place} does not show the way to the course")
        expect(_keys_in(text) == 1, f"the {place} shows {_keys_in(text)} license keys, not one")
    return Ending(
        outcome="Both are delivered; the landing page and the receipt have her key and the way to the course.",
        stories=[("Ada", document)],
    )


def debit_that_succeeds(stage: Stage) -> Ending:
    stage.say(
        "Ben orders a mug by bank debit, which takes the bank a while. When it has succeeded, staff send the mug."
    )
    stage.sandbox.hold_clock()
    order = stage.order("Ben", "mug")
    stage.pay(order, by="debit_succeeds")
    stage.ends(order, "awaiting_payment", "payment_pending")
    expect(stage.stock(MUG_SKU).reserved == 1, "no mug is reserved while the bank takes its time")
    stage.sandbox.release_clock()
    stage.ends(order, "fulfilling", "payment_pending", "receipt")
    parcel = ("--carrier", "Postbote", "--tracking", "PB-1")
    stage.engine.fulfill("ship", order.id, *parcel, *_STAFF, "--reason", "packed and handed over")
    document = stage.ends(order, "fulfilled", "payment_pending", "receipt", "shipped_1")
    expect(stage.stock(MUG_SKU).reserved == 0, "the mug that left is still promised")
    return Ending(
        outcome="Nothing was delivered before the money was there; the mug was kept for him, and is on its way.",
        stories=[("Ben", document)],
    )


def debit_that_fails(stage: Stage) -> Ending:
    stage.say("Cleo orders two mugs by bank debit, and the bank refuses it.")
    before = stage.stock(MUG_SKU)
    stage.sandbox.hold_clock()
    order = stage.order("Cleo", "mug", quantity=2)
    stage.pay(order, by="debit_fails")
    stage.ends(order, "awaiting_payment", "payment_pending")
    expect(stage.stock(MUG_SKU).available == before.available - 2, "the mugs were not reserved")
    stage.sandbox.release_clock()
    document = stage.ends(order, "payment_failed", "payment_failed", "payment_pending")
    expect(stage.stock(MUG_SKU) == before, "the mugs were not given back")
    return Ending(
        outcome="The two mugs are for sale again, and Cleo got a mail.",
        stories=[("Cleo", document)],
    )


def free_order(stage: Stage) -> Ending:
    stage.say("Dora takes the sample lesson, which costs nothing.")
    order = stage.order("Dora", "sample")
    stage.pay(order, by="free")
    document = stage.ends(order, "fulfilled", "receipt")
    status = document.payment_status
    expect(status == "no_payment_required", f"payment_status is {status}, not no_payment_required")
    return Ending(outcome="Delivered, though nothing was paid: nothing had to be.", stories=[("Dora", document)])


def expired(stage: Stage) -> Ending:
    stage.say("Emil goes to checkout and never comes back.")
    order = stage.order("Emil", "course")
    stage.sandbox.expire(order.id)
    document = stage.ends(order, "expired")
    return Ending(outcome="Nothing was delivered, and no mail went out.", stories=[("Emil", document)])


def many_line_items(stage: Stage) -> Ending:
    stage.say(f"Fay, who buys for a school, orders {_LINE_ITEMS} different things. Stripe lists them page by page.")
    prices = [100 + number for number in range(_LINE_ITEMS)]
    items = [
        {"price_data": {"currency": CURRENCY, "unit_amount": price, "product_data": _lesson(number)}, "quantity": 1}
        for number, price in enumerate(prices, 1)
    ]
    order = stage.checkout("Fay", items)
    stage.pay(order)
    document = stage.ends(order, "fulfilled", "receipt")
    delivered = sum(line.state.is_delivered for line in document.line_items)
    expect(delivered == _LINE_ITEMS, f"{delivered} of {_LINE_ITEMS} line items were delivered")
    different = len({line.description for line in document.line_items})
    expect(different == _LINE_ITEMS, f"{different} of {_LINE_ITEMS} line items are different things")
    expect(document.amount_total == sum(prices), f"{document.amount_total} is not what was paid")
    return Ending(outcome=f"All {_LINE_ITEMS} are delivered, each once, with one receipt.", stories=[("Fay", document)])


def _lesson(number: int) -> dict[str, object]:
    """A product whose metadata says how it is delivered, since the catalog does not know it."""
    return {"name": f"Lesson {number}: drawing trees", "metadata": {"delivery": "access"}}


def five_times_and_out_of_order(stage: Stage) -> Ending:
    stage.say("Gil's bank debit succeeds. Stripe reports that first, then the completed checkout, and each five times.")
    with stage.webhooks_lost():
        stage.sandbox.hold_clock()
        order = stage.order("Gil", "license")
        stage.pay(order, by="debit_succeeds")
        stage.sandbox.settle(order.id)
    events = stage.events_of(order)
    late, early = events["async_payment_succeeded"], events["completed"]
    stage.sandbox.resend(late)
    stage.wait_for(lambda: stage.document(order) is not None, lambda: "the engine does not know it")
    for event in (late, early, early, late, early, late, early, late, early):
        stage.sandbox.resend(event)
    expect(stage.sandbox.wait_for_deliveries(stage.wait_seconds), "webhook deliveries are still under way")
    document = stage.ends(order, "fulfilled", "receipt")
    heard = [entry.text for entry in document.story if entry.type == "StripeEvent.Received"]
    expect(len(heard) == 2, f"ten deliveries of two events were recorded as {len(heard)}")
    expect("succeeded" in heard[0], f"what was heard first is: {heard[0]}")
    return Ending(outcome="Ten webhook deliveries, one license key, one receipt.", stories=[("Gil", document)])


def webhook_lost(stage: Stage) -> Ending:
    stage.say("Hana pays by card, but the webhook never arrives. She comes back to the landing page.")
    with stage.webhooks_lost():
        order = stage.order("Hana", "course")
        stage.pay(order)
        expect(stage.document(order) is None, "the engine knows it, although the webhook is lost")
        page = stage.return_to_shop(order)
        document = stage.ends(order, "fulfilled", "receipt")
    expect(COURSE_LINK in page, "the landing page does not show the way to the course")
    heard = any(entry.type == "StripeEvent.Received" for entry in document.story)
    expect(not heard, "a webhook delivery arrived after all")
    return Ending(outcome="The landing page alone has fulfilled it.", stories=[("Hana", document)])


def the_last_piece(stage: Stage) -> Ending:
    stage.say("One signed print is left. Ines and Jon pay for it at the same moment.")
    _count_prints(stage, 1)
    buyers = [stage.order("Ines", "print"), stage.order("Jon", "print")]
    with ThreadPoolExecutor(len(buyers)) as pool:
        list(pool.map(stage.pay, buyers))
    stage.wait_for(
        lambda: sorted(_state(stage, buyer) for buyer in buyers) == ["blocked", "fulfilling"],
        lambda: f"the two checkouts are {' and '.join(_state(stage, buyer) for buyer in buyers)}",
    )
    other, first = sorted(buyers, key=lambda buyer: _state(stage, buyer))
    level = stage.stock(PRINT_SKU)
    expect((level.on_hand, level.reserved, level.backordered) == (1, 1, 1), f"the stock is {level}")
    stage.ends(other, "blocked", "receipt")
    stage.say(f"{first.buyer} gets it, {other.buyer} has to wait. Then one more is found, and counted.")
    _count_prints(stage, 2)
    stories = [(buyer.buyer, stage.ends(buyer, "fulfilling", "receipt")) for buyer in (first, other)]
    level = stage.stock(PRINT_SKU)
    expect((level.on_hand, level.reserved, level.backordered) == (2, 2, 0), f"the stock is {level}")
    return Ending(
        outcome="No piece was promised twice; the receipt says who waits, and the next piece is for that customer.",
        stories=stories,
    )


def killed(stage: Stage) -> Ending:
    stage.say("Three customers pay. Three more pay while Stripe answers slowly, and in the middle of that: kill -9.")
    done, half, late = ([stage.order(name, "license", "course") for name in names] for names in _KILLED)
    for order in done:
        stage.pay(order)
    for order in done:
        stage.ends(order, "fulfilled", "receipt")
    stage.sandbox.fail_next_requests(len(half), status=None, delay_seconds=_SLOW_SECONDS)
    for order in half:
        stage.pay(order)
    stage.wait_for(lambda: all(_is_half_way(stage, order) for order in half), lambda: "Stripe was not asked in time")
    stage.engine.kill()
    stage.say("Two more pay while it is down. It is started again.")
    for order in late:
        stage.pay(order)
    stage.engine.start()
    documents = [stage.ends(order, "fulfilled", "receipt") for order in (*done, *half, *late)]
    for order in (*done, *half, *late):
        keys = _keys_in(stage.letters(order)[0].text)
        expect(keys == 1, f"{order.buyer} was sent {keys} license keys, not one")
    again = documents[len(done)]
    is_repeated = any(entry.type == "Effect.AttemptOrphaned" for entry in again.story)
    expect(is_repeated, "the kill interrupted nothing")
    return Ending(
        outcome="All eight have their key, their course and one receipt: nothing is lost, nothing was done twice.",
        stories=[(half[0].buyer, again)],
    )


_KILLED = (("Kim", "Lev", "Mia"), ("Noa", "Oda", "Pia"), ("Quin", "Rosa"))
"""Who is done, who is half-way, and who comes while the engine is down."""


def _count_prints(stage: Stage, on_hand: int) -> None:
    stage.engine.fulfill("stock", "count", PRINT_SKU, str(on_hand), *_STAFF, "--reason", "counted")


def _state(stage: Stage, order: Order) -> str:
    document = stage.document(order)
    return str(document.state) if document else "unknown"


def _keys_in(text: str) -> int:
    return sum(key in text for key in KEYS)


def _is_half_way(stage: Stage, order: Order) -> bool:
    """Stripe is being asked, and has not answered."""
    document = stage.document(order)
    types = {entry.type for entry in document.story} if document else set()
    return "Effect.AttemptStarted" in types and "CheckoutSession.Retrieved" not in types


SCENES: Sequence[Scene] = (
    Scene(title="A customer pays by card", play=card),
    Scene(title="A bank debit that succeeds later", play=debit_that_succeeds),
    Scene(title="A bank debit that fails", play=debit_that_fails),
    Scene(title="An order that costs nothing", play=free_order),
    Scene(title="A checkout that its customer never finishes", play=expired),
    Scene(title=f"An order of {_LINE_ITEMS} line items", play=many_line_items),
    Scene(title="Every event five times, and in the wrong order", play=five_times_and_out_of_order),
    Scene(title="The webhook is lost, and the customer alone comes back", play=webhook_lost),
    Scene(title="Two customers buy the last piece", play=the_last_piece),
    Scene(title="The engine is killed in the middle of eight orders", play=killed),
)
