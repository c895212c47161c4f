"""Where policies begin: a new policy, and a kind of events that a later version of a policy reads, as they declare."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import StoredEvent
from every_store import change
from following import Counting, Process
from golden.stored_logs import read_log, stored_logs
from log_parts import LogWriter
from typed_ids import as_session, as_stream

from application.log.insertion import Bookkeeping, Move
from application.running.readings import reading_statuses, readings
from domain.catalog import Catalog
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.mail import MailKind
from domain.personal import Personal
from domain.policies.emails import EmailPolicy
from domain.policies.fulfillment import FulfillmentPolicy
from domain.policies.inventory import InventoryPolicy
from domain.policies.payments import PaymentPolicy
from domain.policies.stripe_events import StripeEventPolicy
from domain.policy import Begin, Policy
from domain.stock_item import StockItem
from domain.streams import Streams

Open = Callable[..., Process]
FAR = 1200
"""More events than policies may be apart while they decide over one event after the other."""


def the_rest() -> Counting:
    """Stands for the policies that this log has always had."""
    return Counting("others", reads=frozenset({StockItem.Counted}))


def new(begins: Begin) -> Counting:
    return Counting("new", begins=begins)


def later_version(begins: Begin, **changes: Any) -> Counting:
    """Of a policy that counted nothing until now."""
    further: Mapping[type[Event], Begin] = {CheckoutSession.Noted: begins}
    return Counting("counting", reads=frozenset({StockItem.Counted}), further=further, **changes)


def earlier_version() -> Counting:
    return Counting("counting", reads=frozenset({StockItem.Counted}))


def with_a_past(open_process: Open, *policies: Counting) -> None:
    process = open_process(*policies)
    process.note("old")
    process.note("older", as_session("cs_test_b"))
    process.rest()


def test_a_new_policy_that_begins_at_the_end_leaves_the_past_alone(open_process: Open) -> None:
    with_a_past(open_process, the_rest())
    policy = new(Begin.AT_THE_END)
    process = open_process(the_rest(), policy)

    process.rest()
    assert policy.seen == []
    process.note("now")
    process.rest()

    assert policy.seen == ["now"]


def test_a_new_policy_that_begins_at_the_beginning_decides_over_the_past(open_process: Open) -> None:
    with_a_past(open_process, the_rest())
    policy = new(Begin.AT_THE_BEGINNING)
    process = open_process(the_rest(), policy)

    process.rest()
    process.note("now")
    process.rest()

    assert policy.seen == ["old", "older", "now"]


def test_where_it_begins_is_in_the_log_before_anything_is_decided(open_process: Open) -> None:
    with_a_past(open_process, the_rest())
    reached = open_process(the_rest()).log.positions()["others"]
    process = open_process(the_rest(), new(Begin.AT_THE_END))

    process.followers.turn()

    assert process.log.positions() == {"others": reached, "new": reached}


def test_what_no_policy_has_decided_over_is_nobodys_past(open_process: Open) -> None:
    """It came while no worker ran, or before the first one did."""
    idle = open_process()
    idle.note("before the first worker")
    first = Counting("first", begins=Begin.AT_THE_END)
    open_process(first).rest()
    idle.note("while the worker is upgraded")
    second = Counting("second", begins=Begin.AT_THE_END)

    open_process(first, second).rest()

    assert first.seen == ["before the first worker", "while the worker is upgraded"]
    assert second.seen == ["while the worker is upgraded"]


def test_the_end_is_never_after_the_last_event(open_process: Open) -> None:
    """A log was restored that lacks events which a policy had decided over."""
    with_a_past(open_process, the_rest())
    process = open_process()
    process.log.append([], Bookkeeping(moves=[Move(follower="others", since=2, to=99)]))
    policy = new(Begin.AT_THE_END)
    open_process(the_rest(), policy).rest()
    process.note("now")

    open_process(the_rest(), policy).rest()

    assert policy.seen == ["now"]


def test_a_restart_does_not_begin_again(open_process: Open) -> None:
    with_a_past(open_process, the_rest())
    open_process(the_rest(), new(Begin.AT_THE_END)).rest()
    writer = open_process()
    writer.note("now")
    policy = new(Begin.AT_THE_END)

    open_process(the_rest(), policy).rest()

    assert policy.seen == ["now"]


def test_a_further_kind_that_begins_at_the_end_is_decided_over_from_now_on(open_process: Open) -> None:
    with_a_past(open_process, earlier_version())
    policy = later_version(Begin.AT_THE_END)
    process = open_process(policy)

    process.rest()
    assert policy.seen == []
    process.note("now")
    process.rest()

    assert policy.seen == ["now"]


def test_a_further_kind_that_begins_at_the_beginning_is_decided_over_from_there(open_process: Open) -> None:
    with_a_past(open_process, earlier_version())
    policy = later_version(Begin.AT_THE_BEGINNING)
    process = open_process(policy)

    process.rest()
    process.note("now")
    process.rest()

    assert policy.seen == ["old", "older", "now"]
    assert process.counted() == 2


def test_a_further_kind_decodes_of_the_past_only_what_it_reads(
    open_process: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_past(open_process, earlier_version())
    writer = open_process(earlier_version())
    for number in range(FAR):
        writer.count(number, "cs_test_far")
    writer.rest()
    policy = later_version(Begin.AT_THE_BEGINNING)
    process, decoded = open_process(policy), Counter[str]()
    decode = process.log.decode

    def counting(stored: StoredEvent) -> Event:
        decoded[stored.topic] += 1
        return decode(stored)

    monkeypatch.setattr(process.log, "decode", counting)
    process.rest()

    assert policy.seen == ["old", "older"]
    assert decoded[StockItem.Counted.TOPIC] < FAR / 10
    assert set(process.log.positions().values()) == {process.log.store.max_notification_id()}


def test_a_further_kind_brings_back_no_other_event_and_no_retry(open_process: Open) -> None:
    """What the policy has read under its own name it has decided over."""
    before = Counting("counting", reads=frozenset({CheckoutSession.Noted}), refuses={"b"})
    process = open_process(before)
    process.note("a")
    process.note("b", as_session("cs_test_b"))
    process.retry(as_session("cs_test_b"))
    process.rest()
    parked = process.parked()
    kinds = (StockItem.Counted, CheckoutSession.RetryRequested)
    further: Mapping[type[Event], Begin] = dict.fromkeys(kinds, Begin.AT_THE_BEGINNING)
    after = Counting("counting", reads=before.reads, further=further)

    again = open_process(after)
    again.rest()

    assert after.seen == []
    assert parked
    assert set(parked) <= set(again.parked())


@pytest.mark.parametrize("begins", list(Begin))
def test_every_event_is_decided_over_once_while_an_earlier_version_leads_in_between(
    open_process: Open, begins: Begin
) -> None:
    with_a_past(open_process, earlier_version())
    seen: list[str] = []
    for number in range(3):
        later = open_process(later_version(begins, seen=seen))
        later.note(f"later leads {number}")
        later.rest()
        earlier = open_process(earlier_version())
        earlier.note(f"earlier leads {number}")
        earlier.rest()
    open_process(later_version(begins, seen=seen)).rest()

    since = [f"{which} leads {number}" for number in range(3) for which in ("later", "earlier")]
    past = ["old", "older"] if begins is Begin.AT_THE_BEGINNING else []
    assert seen == [*past, *since]


@pytest.mark.parametrize("begins", list(Begin))
def test_a_policy_that_an_earlier_version_has_not_goes_on_where_it_was(open_process: Open, begins: Begin) -> None:
    with_a_past(open_process, the_rest())
    seen: list[str] = []
    open_process(the_rest(), Counting("new", begins=begins, seen=seen)).rest()
    earlier = open_process(the_rest())
    earlier.note("earlier leads")
    earlier.rest()

    open_process(the_rest(), Counting("new", begins=begins, seen=seen)).rest()

    past = ["old", "older"] if begins is Begin.AT_THE_BEGINNING else []
    assert seen == [*past, "earlier leads"]


def test_an_old_event_that_can_not_be_handled_is_parked_and_retried_once(open_process: Open) -> None:
    with_a_past(open_process, earlier_version())
    policy = later_version(Begin.AT_THE_BEGINNING, refuses={"old"})
    process = open_process(policy)
    process.note("behind it")
    process.rest()
    parked = [position for position, _, _ in process.parked()]

    policy.refuses.clear()
    process.retry()
    process.rest()

    assert len(parked) == 2
    assert policy.seen == ["older", "old", "behind it"]
    assert process.parked() == []


def test_an_unreadable_event_is_parked_once_however_many_readings_meet_it(open_process: Open) -> None:
    before = open_process(earlier_version())
    before.note("a")
    before.log.store.insert_events([StoredEvent("cs_test_b", 1, "CheckoutSession.FlownOut", b"{}")])
    before.rest()
    parked = before.log.store.select_parked_events()
    policy = later_version(Begin.AT_THE_BEGINNING)

    process = open_process(policy)
    process.rest()

    assert [each.position for each in parked] == [2]
    assert process.log.store.select_parked_events() == parked
    assert policy.seen == ["a"]


def test_an_old_event_that_was_damaged_since_is_parked_and_not_passed_over(open_process: Open, store_url: str) -> None:
    with_a_past(open_process, earlier_version())
    change(store_url, "log", "UPDATE stored_events SET state=? WHERE originator_id='cs_test_b'", b"{")
    policy = later_version(Begin.AT_THE_BEGINNING)

    process = open_process(policy)
    process.rest()

    assert policy.seen == ["old"]
    assert [position for position, _, _ in process.parked()] == [2]


class InventoryOfALaterRelease(InventoryPolicy):
    """The built-in policy, which also reads `Paid` from this release on."""

    def __init__(self, begins: Begin) -> None:
        self.further = {CheckoutSession.Paid: begins}
        self.paid: list[str] = []

    def decide(self, event: Event, do: Streams) -> None:
        if isinstance(event, CheckoutSession.Paid):
            self.paid.append(event.session)
        super().decide(event, do)


def release(inventory: InventoryPolicy) -> list[Policy]:
    """Every policy of a release."""
    return [
        StripeEventPolicy(livemode=False),
        PaymentPolicy(),
        FulfillmentPolicy(Catalog()),
        inventory,
        EmailPolicy(frozenset(MailKind), Catalog()),
    ]


@pytest.mark.parametrize("stored", [stored_logs()[0], stored_logs()[-1]], ids=lambda path: path.stem)
@pytest.mark.parametrize("begins", list(Begin))
def test_a_built_in_policy_reads_a_further_kind_in_the_log_of_a_shop_from_where_it_declares(
    stored: Path, begins: Begin, open_process: Open
) -> None:
    before = open_process(*release(InventoryPolicy()))
    before.log.store.insert_events(read_log(stored))
    before.rest()
    paid = [each.originator_id for each in read_log(stored) if each.topic == CheckoutSession.Paid.TOPIC]
    events = before.log.store.max_notification_id()
    inventory = InventoryOfALaterRelease(begins)
    process = open_process(*release(inventory))

    process.rest()
    past = list(inventory.paid)
    assert process.log.store.max_notification_id() == events, "no other event is decided over again"
    process.pay(as_session("cs_test_new"))
    process.rest()

    assert past == (paid if begins is Begin.AT_THE_BEGINNING else [])
    assert paid
    assert inventory.paid == [*past, "cs_test_new"]


NAMES_OF_THE_FIRST_VERSION = ("intake", "payments", "fulfillment", "inventory", "emails")


def test_no_policy_decides_again_over_a_log_that_it_followed_under_its_stored_name(open_process: Open) -> None:
    """A policy that is renamed in code keeps its name in the log, with its position."""
    process = open_process(*release(InventoryPolicy()))
    process.log.store.insert_events(read_log(stored_logs()[-1]))
    end = process.log.store.max_notification_id()
    further = {each.name: end or 0 for each in readings(release(InventoryPolicy())) if not each.is_own}
    process.log.store.replace_bookkeeping({**dict.fromkeys(NAMES_OF_THE_FIRST_VERSION, end or 0), **further}, [])

    process.rest()

    assert process.log.store.max_notification_id() == end
    assert process.parked() == []


@pytest.mark.parametrize("begins", list(Begin))
def test_a_new_policy_begins_in_the_log_of_a_shop_where_it_declares(begins: Begin, open_process: Open) -> None:
    before = open_process(*release(InventoryPolicy()))
    before.log.store.insert_events(read_log(stored_logs()[-1]))
    before.rest()
    policy = new(begins)
    process = open_process(*release(InventoryPolicy()), policy)

    process.rest()
    past = list(policy.seen)
    process.note("now")
    process.rest()

    noted = [each for each in read_log(stored_logs()[-1]) if each.topic == CheckoutSession.Noted.TOPIC]
    assert noted
    assert len(past) == (len(noted) if begins is Begin.AT_THE_BEGINNING else 0)
    assert policy.seen == [*past, "now"]


def test_nothing_new_waits_until_the_past_is_read(open_process: Open) -> None:
    live = Counting("live")
    writer = LogWriter()
    for number in range(FAR):
        writer.add(
            as_stream("cs_test_old"),
            CheckoutSession.Noted(text=Personal(str(number))),
            session_id=as_session("cs_test_old"),
        )
    first = open_process(live)
    first.log.append(writer.events)
    first.rest()
    live.seen.clear()
    policy = new(Begin.AT_THE_BEGINNING)
    process = open_process(live, policy)
    process.note("now")

    for _ in range(2):
        process.followers.turn()
    seen = list(live.seen)
    position = process.followers.stored_position()
    process.rest()

    assert seen == ["now"]
    assert position > FAR
    assert policy.seen == [*map(str, range(FAR)), "now"]
    assert live.seen == ["now"]


def test_how_far_each_reading_has_come_can_be_asked(open_process: Open) -> None:
    with_a_past(open_process, earlier_version())
    readers = [later_version(Begin.AT_THE_END), new(Begin.AT_THE_BEGINNING)]
    process = open_process(*readers)
    end = process.log.store.max_notification_id()

    before = reading_statuses(process.log, readers)
    process.rest()
    after = reading_statuses(process.log, readers)

    assert [each.name for each in after] == ["counting", "counting reads CheckoutSession.Noted", "new"]
    assert [each.begins for each in after] == ["at the beginning", "at the end", "at the beginning"]
    assert [(each.position, each.behind) for each in before] == [(end, 0), (None, end), (None, end)]
    last = process.log.store.max_notification_id()
    assert [(each.position, each.behind) for each in after] == [(last, 0)] * 3
    assert after[1].reads == ["CheckoutSession.Noted"]
