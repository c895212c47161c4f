"""From what Stripe says to what the customer has: all policies over one log, nothing outside done yet."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec

import pytest
from builders import a_checkout, a_line_item
from kinds import ACCESS, HTTP, LICENSE_KEY, SHIPMENT
from scenario import SAID_AT, SESSION, effect, streams
from typed_ids import as_event, as_line, as_session, as_sku, as_stream

from domain import reasons
from domain.catalog import Catalog
from domain.checkout import LineItem
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import A, Event
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, StreamId, fulfillment_id
from domain.key_pool import KeyPool
from domain.line import LineState
from domain.mail import MailKind
from domain.plan import Rule
from domain.policies.emails import EmailPolicy
from domain.policies.fulfillment import FulfillmentPolicy
from domain.policies.inventory import InventoryPolicy
from domain.policies.stripe_events import StripeEventPolicy
from domain.source import Source
from domain.stock_item import LineRef, StockItem

P = ParamSpec("P")

CATALOG = Catalog(
    products={
        "prod_mug": Rule(delivery=SHIPMENT, sku=as_sku("mug"), track_stock=True),
        "prod_course": Rule(delivery=ACCESS, settings={"link": "https://example.com/course"}),
        "prod_hook": Rule(delivery=HTTP, settings={"url": "https://example.com/hook"}),
        "prod_key": Rule(delivery=LICENSE_KEY, settings={"pool": "pro"}),
    }
)


class Shop:
    def __init__(self, *, mugs: int = 0, catalog: Catalog = CATALOG) -> None:
        self.streams = streams()
        self._policies = (
            StripeEventPolicy(livemode=False),
            FulfillmentPolicy(catalog),
            InventoryPolicy(),
            EmailPolicy(frozenset(MailKind), catalog),
        )
        self.count("mug", mugs)

    def happens(
        self,
        kind: type[A],
        stream: StreamId,
        decision: Callable[Concatenate[A, P], Sequence[Event]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """A command from outside, with all that follows from it."""
        self.streams.add(stream, *decision(self.streams.load(kind, stream), *args, **kwargs))
        self.streams.follow(self._policies)

    def answers(self, *items: LineItem, session: SessionId = SESSION, **changes: Any) -> None:
        answer = a_checkout(line_items=items, **changes)
        self.happens(CheckoutSession, session, CheckoutSession.learn, answer, source=Source.WEBHOOK, at=SAID_AT)

    def fails(self, session: SessionId = SESSION) -> None:
        self.happens(CheckoutSession, session, CheckoutSession.fail, stripe_event=as_event("evt_failed"), at=SAID_AT)

    def succeeds(self, session: SessionId = SESSION) -> None:
        self.happens(
            CheckoutSession, session, CheckoutSession.succeed, stripe_event=as_event("evt_succeeded"), at=SAID_AT
        )

    def count(self, sku: str, on_hand: int) -> None:
        self.happens(StockItem, as_stream(f"sku_{sku}"), StockItem.count, on_hand)

    def states(self, session: SessionId = SESSION) -> dict[str, LineState]:
        lines = self.streams.load(Fulfillment, fulfillment_id(session)).lines
        return {id: line.state for id, line in lines.items()}

    @property
    def mugs(self) -> StockItem:
        return self.streams.load(StockItem, as_stream("sku_mug"))


def an_item(product: str, id: str = "li_1", **changes: Any) -> LineItem:
    return a_line_item(id, product=f"prod_{product}", **changes)


def test_every_kind_of_line_goes_its_way_in_one_session() -> None:
    shop = Shop(mugs=5)
    shop.happens(KeyPool, as_stream("keys_pro"), KeyPool.import_keys, ["A", "B"])
    kinds = ("mug", "course", "hook", "key", "other")

    shop.answers(*(an_item(kind, f"li_{kind}", quantity=2) for kind in kinds))

    assert shop.states() == {
        "li_mug": LineState.PENDING,
        "li_course": LineState.DELIVERED,
        "li_hook": LineState.PENDING,
        "li_key": LineState.DELIVERED,
        "li_other": LineState.MANUAL,
    }
    assert shop.streams.load(Effect, as_stream(effect("deliver_li_hook"))).is_open
    assert (shop.mugs.on_hand, shop.mugs.available) == (5, 3)


def test_of_two_customers_who_buy_the_last_piece_one_waits() -> None:
    shop = Shop(mugs=1)

    shop.answers(an_item("mug"))
    shop.answers(an_item("mug"), session=as_session("cs_test_2"))

    assert (shop.states()["li_1"], shop.states(as_session("cs_test_2"))["li_1"]) == (
        LineState.PENDING,
        LineState.BACKORDERED,
    )


def test_a_delayed_payment_keeps_its_stock_while_others_buy() -> None:
    shop = Shop(mugs=1)
    shop.answers(an_item("mug"), payment_status="unpaid")
    shop.answers(an_item("mug"), session=as_session("cs_test_2"))

    shop.succeeds()
    shop.answers(an_item("mug"))

    assert (shop.states()["li_1"], shop.states(as_session("cs_test_2"))["li_1"]) == (
        LineState.PENDING,
        LineState.BACKORDERED,
    )


def test_a_failed_payment_gives_its_stock_to_who_waits() -> None:
    shop = Shop(mugs=1)
    shop.answers(an_item("mug"), payment_status="unpaid")
    shop.answers(an_item("mug"), session=as_session("cs_test_2"))

    shop.fails()

    assert shop.states() == {}
    assert shop.states(as_session("cs_test_2")) == {"li_1": LineState.PENDING}


@pytest.mark.parametrize("words", [("fails", "succeeds"), ("succeeds", "fails")])
def test_what_stripe_shows_as_paid_is_fulfilled_whatever_its_events_say(words: tuple[str, str]) -> None:
    shop = Shop(mugs=1)
    shop.answers(an_item("mug"), payment_status="unpaid")

    for word in words:
        getattr(shop, word)()
    shop.answers(an_item("mug"))

    assert shop.states() == {"li_1": LineState.PENDING}
    assert shop.streams.load(CheckoutSession, SESSION).contradictions
    assert [claim.session_id for claim in shop.mugs.reserved] == [SESSION]


def test_what_is_paid_after_it_expired_is_fulfilled_and_shown_as_a_contradiction() -> None:
    shop = Shop()
    shop.happens(CheckoutSession, SESSION, CheckoutSession.expire, stripe_event=as_event("evt_expired"), at=SAID_AT)

    shop.answers(an_item("course"))

    assert shop.states() == {"li_1": LineState.DELIVERED}
    assert shop.streams.load(CheckoutSession, SESSION).contradictions


def test_a_parcel_that_ships_takes_its_pieces_from_the_shelf() -> None:
    shop = Shop(mugs=5)
    shop.answers(an_item("mug", quantity=2))

    shop.happens(Fulfillment, fulfillment_id(SESSION), Fulfillment.ship, [], carrier="DHL", tracking=None)

    assert shop.states() == {"li_1": LineState.DELIVERED}
    assert (shop.mugs.on_hand, shop.mugs.promised) == (3, 0)
    assert shop.streams.load(Effect, as_stream(effect("mail_shipped_1"))).is_open


def test_a_count_lets_lines_that_waited_go_on_oldest_first() -> None:
    shop = Shop()
    for session in (SESSION, "cs_test_2", "cs_test_3"):
        shop.answers(an_item("mug", quantity=2), session=as_session(session))

    shop.count("mug", 4)

    states = [shop.states(as_session(session))["li_1"] for session in (SESSION, "cs_test_2", "cs_test_3")]
    assert states == [LineState.PENDING, LineState.PENDING, LineState.BACKORDERED]


def test_an_import_delivers_to_the_lines_that_waited() -> None:
    shop = Shop()
    shop.answers(an_item("key", quantity=2))
    assert shop.states() == {"li_1": LineState.BACKORDERED}

    shop.happens(KeyPool, as_stream("keys_pro"), KeyPool.import_keys, ["A", "B", "C"])

    assert shop.states() == {"li_1": LineState.DELIVERED}
    assert shop.streams.load(Effect, as_stream(effect("mail_delivered_li_1"))).is_open


def test_keys_go_out_only_with_their_stock() -> None:
    rule = Rule(delivery=LICENSE_KEY, sku=as_sku("mug"), track_stock=True, settings={"pool": "pro"})
    shop = Shop(mugs=1, catalog=Catalog(products={"prod_boxed": rule}))
    shop.answers(an_item("boxed"))

    shop.count("mug", 0)
    shop.happens(KeyPool, as_stream("keys_pro"), KeyPool.import_keys, ["A"])
    assert (shop.states(), list(shop.mugs.backordered)) == (
        {"li_1": LineState.BACKORDERED},
        [LineRef(SESSION, as_line("li_1"))],
    )

    shop.count("mug", 1)
    assert (shop.states(), shop.mugs.on_hand) == ({"li_1": LineState.DELIVERED}, 0)


def test_a_delivery_whose_stock_was_taken_back_while_it_was_given_up_can_be_retried() -> None:
    rule = Rule(delivery=HTTP, sku=as_sku("mug"), track_stock=True, settings={"url": "https://example.com/hook"})
    shop = Shop(mugs=1, catalog=Catalog(products={"prod_hook": rule}))
    deliver = effect("deliver_li_1")
    shop.answers(an_item("hook"))

    shop.count("mug", 0)
    shop.happens(Effect, as_stream(deliver), Effect.give_up, reasons.port_failed("HTTP 410"))
    assert shop.states() == {"li_1": LineState.BACKORDERED}

    shop.count("mug", 1)
    assert shop.states() == {"li_1": LineState.GIVEN_UP}

    shop.happens(CheckoutSession, SESSION, CheckoutSession.request_retry)
    assert shop.states() == {"li_1": LineState.PENDING}
    assert shop.streams.load(Effect, as_stream(deliver)).is_open


def test_lines_of_the_same_sku_are_promised_one_by_one() -> None:
    shop = Shop(mugs=3)

    shop.answers(an_item("mug", "li_1", quantity=2), an_item("mug", "li_2", quantity=2), an_item("mug", "li_3"))

    assert shop.states() == {"li_1": LineState.PENDING, "li_2": LineState.BACKORDERED, "li_3": LineState.PENDING}
    assert shop.mugs.available == 0


def test_the_customer_gets_the_quantities_that_stripe_shows() -> None:
    shop = Shop(mugs=5)

    shop.answers(an_item("mug", "li_1", quantity=3), an_item("mug", "li_2", quantity=0))

    assert shop.states() == {"li_1": LineState.PENDING}
    assert shop.mugs.available == 2


def test_a_session_with_120_lines_is_handed_over_whole() -> None:
    shop = Shop(mugs=40)
    kinds = ("mug", "course", "hook")

    shop.answers(*(an_item(kinds[number % 3], f"li_{number}") for number in range(120)))

    assert Counter(shop.states().values()) == {LineState.PENDING: 80, LineState.DELIVERED: 40}
    assert shop.mugs.available == 0
    requested = [event for event in shop.streams.log if isinstance(event, Effect.Requested) and event.line]
    assert len(requested) == len({event.originator_id for event in requested}) == 40


def test_everything_that_follows_names_its_cause_its_actor_and_its_session() -> None:
    shop = Shop(mugs=1)
    before = len(shop.streams.log)

    shop.answers(an_item("mug"))

    followed = [event for event in shop.streams.log[before:] if event.actor]
    assert followed
    assert all(event.cause and event.actor.startswith("policy:") and event.session_id == SESSION for event in followed)


def test_a_session_of_nothing_is_complete_without_a_mail() -> None:
    shop = Shop()

    shop.answers(mode="setup", payment_status="no_payment_required", amount_total=0)

    assert [event for event in shop.streams.log if isinstance(event, Fulfillment.Completed)]
    assert not [event for event in shop.streams.log if isinstance(event, Effect.Requested)]


def test_a_subscription_is_fulfilled_for_its_first_payment() -> None:
    shop = Shop()

    shop.answers(an_item("course"), mode="subscription", subscription="sub_1")
    shop.answers(an_item("course"), mode="subscription", subscription="sub_1", invoice="in_2")

    assert shop.states() == {"li_1": LineState.DELIVERED}
    assert sum(isinstance(event, Fulfillment.LineItemDelivered) for event in shop.streams.log) == 1
