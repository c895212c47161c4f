"""What people ask, and that the answer is exact as of the end of the log."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from busy_log import busy_log
from every_store import lose
from log_parts import BEGINNING, LogWriter, received
from older_log import OlderLog
from read_side import ReadSide, open_read_side
from sample_log import AUTHORIZED, CANCELED, DEBIT, FOREIGN, KEYS, SHOP, sample_log
from typed_ids import as_event, as_line, as_session, as_sku, as_stream

from application.log.insertion import Bookkeeping, Insertion, ParkedEvent
from application.reading.answers import ProjectionStatus, SearchHit, StockLevel, WorkItem
from application.reading.checkout_state import CheckoutState
from application.reading.projections.timeline import TIMELINE
from application.reading.projector import Projector
from application.reading.queries import Queries
from application.reading.registry import PROJECTIONS
from application.reading.work import AboutEvent, OtherWork
from domain import reasons
from domain.catalog import LowStock
from domain.checkout import Address, Contact
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import pool_name
from domain.order_number import order_number
from domain.personal import Personal
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent


@pytest.fixture
def sample(read_side: ReadSide) -> ReadSide:
    """The sample log, with no view of it made yet."""
    read_side.append(sample_log())
    return read_side


def found(read_side: ReadSide, text: str) -> list[str]:
    return [hit.session_id for hit in read_side.queries.search(text)]


@pytest.mark.parametrize(
    "text",
    [
        SHOP,
        SHOP.upper(),
        "cs_test_sh",
        "pi_Shop1",
        "PI_SHOP",
        "evt_2",
        "track42",
        "mug-blue gift",
        "blue mug-b",
        "  Mug,   BLUE ",
    ],
)
def test_a_checkout_is_found_by_all_of_its_words_in_any_case_and_order(sample: ReadSide, text: str) -> None:
    assert SHOP in found(sample, text)
    assert FOREIGN not in found(sample, text)


@pytest.mark.parametrize("text", ["Zoé O'Example", "zoe o'example", "ZOE", "zoé", "zoe@example.com", "Zoe@Exam"])
def test_a_customer_is_found_with_or_without_accents(sample: ReadSide, text: str) -> None:
    assert set(found(sample, text)) == {SHOP, DEBIT, KEYS, AUTHORIZED, CANCELED}


@pytest.mark.parametrize("text", ["Neue Gasse", "2 neue gasse", "1 Example Road, Exampleton zoe.other@example.com"])
def test_a_checkout_is_found_by_its_address_as_entered_and_as_corrected(sample: ReadSide, text: str) -> None:
    assert found(sample, text) == [KEYS]


@pytest.mark.parametrize("text", ["zoe stranger", "Neue Gasse 3", "shop", "%", "_", "aaaa-1111", "li_none", "🎁"])
def test_nothing_is_found_by_what_is_not_there(sample: ReadSide, text: str) -> None:
    assert found(sample, text) == []


def test_without_words_every_checkout_is_found_the_newest_first(sample: ReadSide) -> None:
    assert found(sample, "") == [CANCELED, AUTHORIZED, KEYS, FOREIGN, DEBIT, SHOP]
    assert found(sample, " !? ") == [CANCELED, AUTHORIZED, KEYS, FOREIGN, DEBIT, SHOP]
    assert [hit.session_id for hit in sample.queries.search("", limit=2)] == [CANCELED, AUTHORIZED]


def test_a_hit_says_how_the_checkout_stands_and_as_what_it_was_found(sample: ReadSide) -> None:
    (hit,) = sample.queries.search("mug-blue zoe track42")

    assert hit == SearchHit(
        session_id=as_session(SHOP),
        order_number=order_number(as_session(SHOP)),
        state=CheckoutState.FULFILLED,
        situation=CheckoutState.FULFILLED,
        amount_total=4990,
        currency="eur",
        recorded_at=BEGINNING + timedelta(seconds=3, milliseconds=250),
        matched=("email", "name", "sku", "tracking"),
    )


@pytest.mark.parametrize("text", ["49.90", "49,90 eur", "4990", "€49.9"])
def test_an_amount_is_found_as_a_whole(sample: ReadSide, text: str) -> None:
    hits = {hit.session_id: hit.matched for hit in sample.queries.search(text)}

    assert "amount" in hits[as_session(SHOP)]


@pytest.mark.parametrize("text", ["4", "49", "49.8", "499", "eu"])
def test_no_amount_is_found_by_its_beginning(sample: ReadSide, text: str) -> None:
    assert not any("amount" in hit.matched for hit in sample.queries.search(text))


def test_the_short_form_of_a_street_begins_no_name(sample: ReadSide) -> None:
    log = LogWriter(BEGINNING + timedelta(days=1))
    completed = CheckoutSession.Completed(stripe_event=as_event("evt_street"), payment_status="paid")
    for number, street in enumerate(["Max Allee 3", "Max Str. 3", "Max Strasse 3", "Maxstr."]):
        session = as_session(f"cs_test_street{number}")
        to = Contact(name=Personal("Max Strom"), address=Address(line1=Personal(street)))
        log.add(as_stream(session), completed, session_id=session)
        log.add(as_stream(f"ful_{session}"), Fulfillment.ShippingCorrected(to=to), session_id=session)
    sample.append(log.events)

    for text in ("Max Strasse", "Max Str.", "max straße 3"):
        assert found(sample, text) == ["cs_test_street2", "cs_test_street1"]
    assert found(sample, "Maxstrasse") == ["cs_test_street3"]
    assert len(found(sample, "Max Str")) == 4, "the start of a word, as typed"


def test_what_stripe_was_not_asked_of_has_no_amount(sample: ReadSide) -> None:
    (hit,) = sample.queries.search(FOREIGN)

    assert (hit.state, hit.amount_total, hit.currency) == (CheckoutState.PARKED, None, None)


def test_more_words_than_anyone_types_are_bounded(sample: ReadSide) -> None:
    assert found(sample, " ".join([SHOP] * 500)) == [SHOP]
    assert found(sample, " ".join([SHOP, *(f"w{n}" for n in range(500))])) == []


def test_a_search_shows_at_most_200_checkouts(store_url: str) -> None:
    with open_read_side(store_url, batch_max=1000) as read_side:
        read_side.append(busy_log(210))

        hits = read_side.queries.search("", limit=10_000)

        assert [hit.session_id for hit in hits] == [f"cs_test_busy{number:06}" for number in range(209, 9, -1)]
        assert {hit.state for hit in hits} == {CheckoutState.FULFILLED}


ANSWERS: list[tuple[str, Callable[[ReadSide], object]]] = [
    ("checkout", lambda read_side: read_side.queries.checkout(as_session(SHOP))),
    ("search", lambda read_side: read_side.queries.search("")),
    ("key_pools", lambda read_side: read_side.queries.key_pools()),
    ("work_queue", lambda read_side: read_side.queries.work_queue()),
    ("stock", lambda read_side: read_side.queries.stock()),
]


@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in ANSWERS])
def test_an_answer_is_exact_without_a_running_follower(store_url: str, answer: Callable[[ReadSide], object]) -> None:
    with open_read_side(store_url) as asked:
        asked.append(sample_log()[:30])
        early = answer(asked)
        asked.append(sample_log()[30:])
        late = answer(asked)
    lose(store_url, "views")
    with open_read_side(store_url) as again:
        assert answer(again) == late != early


def test_what_waits_for_a_person_is_listed_the_longest_first(sample: ReadSide) -> None:
    parked = ParkedEvent(
        policy="emails", position=9, subject=SHOP, error=reasons.as_written("ValueError: planted"), parked_at=BEGINNING
    )
    sample.log.store.insert(Insertion(books=Bookkeeping(park=[parked])))

    items = sample.queries.work_queue()

    assert [(item.subject, item.kind, item.item) for item in items] == [
        (SHOP, "parked_event", "emails@9"),
        (DEBIT, "contradicted", ""),
        (FOREIGN, "parked_session", "wrong_mode"),
        (KEYS, "manual_line", "li_key"),
        ("evt_8", "failed_stripe_event", ""),
        (AUTHORIZED, "waiting_effect", "retrieve_unpaid_1"),
    ]
    assert items[0] == WorkItem(
        subject=SHOP,
        kind=OtherWork.PARKED_EVENT,
        about=AboutEvent("emails", 9),
        detail="ValueError: planted",
        why=parked.error,
        since=BEGINNING,
    )
    assert [item.since for item in items] == sorted(item.since for item in items)
    assert sample.queries.work_queue(limit=2) == items[:2]


def test_orders_are_the_latest_answers_of_stripe_without_replaying_a_stream(sample: ReadSide) -> None:
    orders = sample.queries.orders([SHOP, AUTHORIZED, FOREIGN, SHOP, "evt_8", "cs_test_unheard"])

    assert orders.keys() == {SHOP, AUTHORIZED}, "nothing was retrieved of the others"
    assert orders[SHOP].checkout == sample.log.get(CheckoutSession, SHOP).checkout
    assert orders[AUTHORIZED].checkout.intent_status == "canceled", "it was not so at first"
    assert sample.queries.orders([]) == {}


def test_a_checkout_is_reported_from_all_its_events_whatever_the_timeline_left_out(sample: ReadSide) -> None:
    whole = sample.queries.checkout(as_session(SHOP))
    for view in sample.views.all():
        sample.views.drop(view)
    unknown = frozenset({CheckoutSession.Retrieved.TOPIC})
    Projector(OlderLog(sample.log, unknown), sample.views).catch_up()

    assert {view.name: view.unreadable for view in sample.views.all()}["timeline"] > 0
    queries = Queries(sample.log, sample.views, Projector(sample.log, sample.views, mends=False), lambda: BEGINNING)
    assert queries.checkout(as_session(SHOP)) == whole


def test_the_queue_begins_with_the_views_that_lack_events(read_side: ReadSide) -> None:
    """It stands there since the first of these events was recorded, as far as that is known."""
    log = LogWriter()
    log.add(
        as_stream(SHOP),
        CheckoutSession.Noted(text=Personal("a")),
        CheckoutSession.RetryRequested(),
        session_id=as_session(SHOP),
    )
    read_side.append(log.events)
    unknown = frozenset({CheckoutSession.Noted.TOPIC})
    Projector(OlderLog(read_side.log, unknown), read_side.views).catch_up()

    queries = Queries(
        read_side.log, read_side.views, Projector(read_side.log, read_side.views, mends=False), datetime.now
    )

    items = queries.work_queue(limit=0)
    assert [(item.kind, item.subject) for item in items] == [
        ("incomplete_view", name) for name in ("checkouts", "search", "timeline", "work_queue")
    ]
    assert items[0].detail.startswith(
        "The view lacks 1 event; the first is event 1 of the log: Event 1 of cs_test_shop, CheckoutSession.Noted, "
    )
    assert {item.since for item in items} == {log.events[0].recorded_at}


def test_what_is_low_is_in_the_queue_since_it_became_low(sample: ReadSide) -> None:
    now = BEGINNING + timedelta(days=9)
    counted = LogWriter(BEGINNING + timedelta(days=3))
    counted.add(as_stream("sku_cap"), StockItem.Counted(on_hand=1))
    counted.add(as_stream("sku_bag"), StockItem.Counted(on_hand=2))
    sample.append(counted.events)
    skus = {as_sku("mug-blue"): 3, as_sku("never-counted"): 0, as_sku("cap"): 0, as_sku("bag"): 2}
    low = LowStock(skus=skus, pools={pool_name("pro"): 0, pool_name("never-filled"): 5})
    queries = Queries(sample.log, sample.views, sample.projector, lambda: now, low)

    items = [item for item in queries.work_queue() if item.kind in {OtherWork.LOW_STOCK, OtherWork.LOW_KEYS}]

    changed = {event.originator_id: event.recorded_at for event in [*sample_log(), *counted.events]}
    began = sample_log()[0].recorded_at
    assert {item.subject: (item.kind, item.detail, item.since) for item in items} == {
        "mug-blue": (
            "low_stock",
            "3 available, and the catalog has `low_stock = 3`",
            BEGINNING + timedelta(seconds=9.25),
        ),
        "bag": ("low_stock", "2 available, and the catalog has `low_stock = 2`", changed[as_stream("sku_bag")]),
        "never-counted": ("low_stock", "0 available, and the catalog has `low_stock = 0`", began),
        "pro": ("low_keys", "0 free keys, and the catalog has `low_stock = 0`", BEGINNING + timedelta(seconds=112.25)),
        "never-filled": ("low_keys", "0 free keys, and the catalog has `low_stock = 5`", began),
    }
    assert {level.sku for level in queries.stock() if level.is_low} == {"mug-blue", "bag"}
    assert [level.pool for level in queries.key_pools() if level.is_low] == ["pro"]


def test_an_event_that_was_handled_after_all_waits_no_more(sample: ReadSide) -> None:
    parked = ParkedEvent(policy="emails", position=9, subject=SHOP, error=reasons.as_written("no"), parked_at=BEGINNING)
    sample.log.store.insert(Insertion(books=Bookkeeping(park=[parked])))
    sample.log.store.insert(Insertion(books=Bookkeeping(unpark=[("emails", 9)])))

    assert "parked_event" not in {item.kind for item in sample.queries.work_queue()}


def test_of_parked_events_the_first_of_each_policy_is_shown_with_how_many_wait(sample: ReadSide) -> None:
    entries = [("emails", 4, "no"), ("intake", 4, "never"), ("emails", 7, "behind"), ("emails", 9, "behind")]
    parked = [
        ParkedEvent(
            policy=policy, position=position, subject=SHOP, error=reasons.as_written(error), parked_at=BEGINNING
        )
        for policy, position, error in entries
    ]
    sample.log.store.insert(Insertion(books=Bookkeeping(park=parked)))

    shown = [(item.item, item.detail) for item in sample.queries.work_queue() if item.kind == "parked_event"]
    assert shown == [("emails@4", "no (2 more wait behind it)"), ("intake@4", "never")]


@pytest.mark.parametrize(
    ("subject", "dismissed"), [(SHOP, CheckoutSession.Dismissed()), ("evt_2", StripeEvent.Dismissed())]
)
def test_parked_events_that_a_person_dismissed_are_shown_when_another_is_parked(
    sample: ReadSide, subject: str, dismissed: Event
) -> None:
    def park(position: int, at: datetime) -> None:
        why = reasons.as_written("no")
        parked = ParkedEvent(policy="emails", position=position, subject=subject, error=why, parked_at=at)
        sample.log.store.insert(Insertion(books=Bookkeeping(park=[parked])))

    def shown() -> list[tuple[str, str]]:
        return [(item.kind, item.item) for item in sample.queries.work_of(subject) if item.kind == "parked_event"]

    park(4, BEGINNING)
    assert shown() == [("parked_event", "emails@4")]

    log = LogWriter()
    log.versions[subject] = len([each for each in sample_log() if each.originator_id == subject])
    log.add(as_stream(subject), dismissed, session_id=SHOP)
    sample.append(log.events)
    assert shown() == []
    assert subject not in {each for page in sample.queries.stuck([OtherWork.PARKED_EVENT]) for each in page}

    park(5, log.events[-1].recorded_at + timedelta(seconds=1))
    assert shown() == [("parked_event", "emails@4")]


def test_the_stock_has_every_sku_that_was_ever_counted_or_asked_for(read_side: ReadSide) -> None:
    log = LogWriter()
    log.add(as_stream("sku_mug"), StockItem.Counted(on_hand=5))
    log.add(
        as_stream("sku_hat"), StockItem.Backordered(line_item=as_line("li_1"), quantity=2), session_id=as_session(SHOP)
    )
    log.add(
        as_stream("sku_mug"), StockItem.Reserved(line_item=as_line("li_2"), quantity=3), session_id=as_session(SHOP)
    )
    read_side.append(log.events)

    assert read_side.queries.stock() == [
        StockLevel(sku=as_sku("hat"), on_hand=0, reserved=0, available=0, backordered=2),
        StockLevel(sku=as_sku("mug"), on_hand=5, reserved=3, available=2, backordered=0),
    ]


def test_the_projections_are_listed_as_they_are(sample: ReadSide) -> None:
    before = sample.queries.projections()
    sample.projector.catch_up()
    (timeline,) = [view for view in sample.views.all() if view.name == "timeline"]

    assert {(each.state, each.position) for each in before} == {("building", 0)}
    assert [each.name for each in before] == [
        "checkouts", "daily_sales", "due_effects", "key_pools", "search", "stock", "timeline", "work_queue",
    ]  # fmt: skip
    assert {(each.state, each.position) for each in sample.queries.projections()} == {("live", len(sample_log()))}
    assert {each.name: each.version for each in sample.queries.projections()} == {
        projection.name: projection.version for projection in PROJECTIONS
    }
    assert (timeline.position, sample.views.all()[-2]) == (len(sample_log()), timeline)


def test_a_generation_that_is_being_built_is_listed_beside_the_live_one(sample: ReadSide) -> None:
    sample.projector.catch_up()
    sample.views.create(TIMELINE, sample.views.all()[0].state.__class__.BUILDING)

    assert [each for each in sample.queries.projections() if each.name == "timeline"] == [
        ProjectionStatus(name="timeline", version=1, position=len(sample_log()), state="live", unreadable=0),
        ProjectionStatus(name="timeline", version=1, position=0, state="building", unreadable=0),
    ]


def test_an_effect_of_a_long_session_is_in_its_checkout(read_side: ReadSide) -> None:
    """More events than one select of positions takes."""
    log = LogWriter()
    log.add(
        as_stream("evt_1"), received("checkout.session.completed", SHOP), session_id=as_session(SHOP), actor="stripe"
    )
    for number in range(1300):
        log.add(
            as_stream(SHOP),
            CheckoutSession.Noted(text=Personal(f"note {number}")),
            session_id=as_session(SHOP),
            actor="staff:kim",
        )
    log.add(
        as_stream(f"eff_{SHOP}_retrieve_1"),
        Effect.Requested(kind="retrieve", step="retrieve_1"),
        session_id=as_session(SHOP),
    )
    read_side.append(log.events)

    document = read_side.queries.checkout(as_session(SHOP))

    assert document is not None
    assert [entry.position for entry in document.story] == list(range(1, 1303))


def test_a_session_that_the_log_does_not_know_has_no_document(sample: ReadSide) -> None:
    assert sample.queries.checkout(as_session("cs_test_stranger")) is None


def test_a_session_of_which_only_a_stripe_event_was_heard_is_open(read_side: ReadSide) -> None:
    """Staff find it, even if the policy that would have to handle the event can't."""
    log = LogWriter()
    log.add(
        as_stream("evt_1"), received("checkout.session.completed", SHOP), session_id=as_session(SHOP), actor="stripe"
    )
    read_side.append(log.events)

    document = read_side.queries.checkout(as_session(SHOP))

    assert document is not None
    assert (document.state, [entry.type for entry in document.story]) == ("open", ["StripeEvent.Received"])
