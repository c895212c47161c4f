"""Staff hand lines over and ship parcels, one or several, partial or whole; what is not possible says why."""

from dataclasses import replace

import pytest
from kinds import ACCESS, HTTP, LICENSE_KEY, MANUAL, SHIPMENT
from scenario import FULFILLMENT, SAID_AT, Given, given, planned, requested
from typed_ids import as_line, as_session, as_sku

from domain import reasons, refusals
from domain.event import Event
from domain.fulfillment import TEXT_MAX, Fulfillment
from domain.identifiers import LineItemId
from domain.line import LineState, Parcel
from domain.order_number import order_number
from domain.personal import Personal
from domain.reason import Reason
from domain.refusal import Refusal, Suitable, Typed

MUG, POSTER = planned("li_mug", SHIPMENT, tracks=as_sku("mug")), planned("li_poster", SHIPMENT)
CARDS = planned("li_cards", SHIPMENT)
HOOK = planned("li_hook", HTTP, settings={"url": "https://example.com/hook"})
WRAP = planned("li_wrap", MANUAL)
CARD = planned("li_card", MANUAL)
COURSE = planned("li_course", ACCESS)

MUG_RESERVED = Fulfillment.LineItemReserved(line_item=as_line("li_mug"))
MUG_BACKORDERED = Fulfillment.LineItemBlocked(
    line_item=as_line("li_mug"), state=LineState.BACKORDERED, detail=reasons.as_written("why")
)
CARD_BLOCKED = Fulfillment.LineItemBlocked(
    line_item=as_line("li_card"), state=LineState.MANUAL, detail=reasons.as_written("why")
)
WRAP_BLOCKED = Fulfillment.LineItemBlocked(
    line_item=as_line("li_wrap"), state=LineState.MANUAL, detail=reasons.as_written("why")
)
COMPLETED = Fulfillment.Completed()

NOT_PAID = refusals.not_planned()


def the_fulfillment(*facts: Event) -> Given[Fulfillment]:
    return given(Fulfillment(id=FULFILLMENT), *facts)


def delivered(line_item: str, note: str | None = None) -> Fulfillment.LineItemDelivered:
    return Fulfillment.LineItemDelivered(line_item=as_line(line_item), note=note)


def shipped(number: int, *lines: str) -> Fulfillment.Shipped:
    return Fulfillment.Shipped(number=number, lines=tuple(map(as_line, lines)), carrier="DHL", tracking=Personal("T1"))


def test_staff_hand_over_what_only_a_person_delivers() -> None:
    """The mug would never be served by a count any more, and the poster never be packed."""
    before = the_fulfillment(requested(WRAP, MUG, POSTER, CARD, HOOK), WRAP_BLOCKED, MUG_BACKORDERED, CARD_BLOCKED)

    before.when(Fulfillment.complete, []).then(delivered("li_wrap"), delivered("li_card"))


def test_what_waits_for_stock_or_a_parcel_is_handed_over_if_it_is_named() -> None:
    before = the_fulfillment(requested(MUG, POSTER, HOOK), MUG_BACKORDERED)

    before.when(Fulfillment.complete, [as_line("li_mug"), as_line("li_poster")]).then(
        delivered("li_mug"), delivered("li_poster")
    )
    before.when(Fulfillment.complete, []).then_refused(
        refusals.no_manual_line([as_line("li_mug"), as_line("li_poster")])
    )


def test_staff_hand_over_one_line_with_a_note() -> None:
    before = the_fulfillment(requested(WRAP, POSTER), WRAP_BLOCKED)

    before.when(Fulfillment.complete, [as_line("li_wrap")], "at the counter").then(
        delivered("li_wrap", "at the counter")
    )


def test_the_last_line_that_staff_hand_over_completes_the_fulfillment() -> None:
    before = the_fulfillment(requested(WRAP, COURSE), WRAP_BLOCKED, delivered("li_course"))

    before.when(Fulfillment.complete, []).then(delivered("li_wrap"), COMPLETED)


def test_a_line_that_is_named_twice_is_handed_over_once() -> None:
    before = the_fulfillment(requested(WRAP, HOOK), WRAP_BLOCKED)

    before.when(Fulfillment.complete, [as_line("li_wrap"), as_line("li_wrap")]).then(delivered("li_wrap"))


def test_a_given_up_delivery_is_handed_over_by_hand() -> None:
    given_up = Fulfillment.LineItemBlocked(
        line_item=as_line("li_hook"), state=LineState.GIVEN_UP, detail=reasons.port_failed("HTTP 410")
    )

    before = the_fulfillment(requested(HOOK), given_up)

    before.when(Fulfillment.complete, [as_line("li_hook")]).then(delivered("li_hook"), COMPLETED)


def test_handing_over_twice_is_refused_the_second_time() -> None:
    before = the_fulfillment(requested(WRAP, HOOK), WRAP_BLOCKED, delivered("li_wrap"))

    before.when(Fulfillment.complete, []).then_refused(refusals.no_suitable_line(Suitable.TO_HAND_OVER))
    before.when(Fulfillment.complete, [as_line("li_wrap")]).then_refused(
        refusals.no_suitable_line(Suitable.TO_HAND_OVER)
    )


def test_a_delivered_line_is_not_handed_over_again_beside_another() -> None:
    before = the_fulfillment(requested(WRAP, POSTER), delivered("li_wrap"))

    before.when(Fulfillment.complete, [as_line("li_wrap")]).then_refused(
        refusals.unsuitable_line(as_line("li_wrap"), LineState.DELIVERED, Suitable.TO_HAND_OVER, [as_line("li_poster")])
    )


def test_what_is_being_delivered_automatically_is_not_handed_over_by_hand() -> None:
    before = the_fulfillment(requested(WRAP, HOOK), WRAP_BLOCKED)

    before.when(Fulfillment.complete, [as_line("li_hook")]).then_refused(
        refusals.unsuitable_line(as_line("li_hook"), LineState.PENDING, Suitable.TO_HAND_OVER, [as_line("li_wrap")])
    )


def test_one_wrong_line_among_those_that_are_named_refuses_all_of_them() -> None:
    before = the_fulfillment(requested(WRAP, HOOK, CARD), WRAP_BLOCKED, CARD_BLOCKED)

    before.when(Fulfillment.complete, [as_line("li_wrap"), as_line("li_hook")]).then_refused(
        refusals.unsuitable_line(
            as_line("li_hook"), LineState.PENDING, Suitable.TO_HAND_OVER, [as_line("li_wrap"), as_line("li_card")]
        )
    )


def test_an_unknown_line_is_refused_with_the_lines_there_are() -> None:
    before = the_fulfillment(requested(WRAP, POSTER), WRAP_BLOCKED)
    refusal = refusals.unknown_line(as_line("li_other"), [as_line("li_wrap"), as_line("li_poster")])

    before.when(Fulfillment.complete, [as_line("li_other")]).then_refused(refusal)
    before.when(Fulfillment.ship, [as_line("li_other")], carrier="DHL", tracking=None).then_refused(refusal)


def test_nothing_of_an_unpaid_checkout_is_handed_over_or_shipped() -> None:
    held = the_fulfillment(Fulfillment.StockHeld(lines=(MUG,)))

    held.when(Fulfillment.complete, []).then_refused(NOT_PAID)
    held.when(Fulfillment.ship, [as_line("li_mug")], carrier="DHL", tracking=None).then_refused(NOT_PAID)


def test_a_parcel_takes_everything_that_is_ready() -> None:
    before = the_fulfillment(requested(MUG, POSTER, WRAP), MUG_RESERVED, WRAP_BLOCKED)

    before.when(Fulfillment.ship, [], carrier="DHL", tracking="T1").then(
        shipped(1, "li_mug", "li_poster"), delivered("li_mug"), delivered("li_poster")
    )


def test_a_parcel_may_take_a_part_and_the_next_one_the_rest() -> None:
    before = the_fulfillment(requested(MUG, POSTER, CARDS), MUG_RESERVED)

    first = before.when(Fulfillment.ship, [as_line("li_poster")], carrier="DHL", tracking="T1").then(
        shipped(1, "li_poster"), delivered("li_poster")
    )

    first.when(Fulfillment.ship, [], carrier="DHL", tracking="T1").then(
        shipped(2, "li_mug", "li_cards"), delivered("li_mug"), delivered("li_cards"), COMPLETED
    )


def test_a_parcel_leaves_out_what_has_no_stock_yet() -> None:
    before = the_fulfillment(requested(MUG, POSTER), MUG_BACKORDERED)

    before.when(Fulfillment.ship, [], carrier="DHL", tracking="T1").then(
        shipped(1, "li_poster"), delivered("li_poster")
    )


def test_a_line_that_is_named_twice_is_shipped_once() -> None:
    before = the_fulfillment(requested(POSTER))

    before.when(Fulfillment.ship, [as_line("li_poster"), as_line("li_poster")], carrier="DHL", tracking="T1").then(
        shipped(1, "li_poster"), delivered("li_poster"), COMPLETED
    )


def test_a_parcel_needs_no_tracking() -> None:
    untracked = replace(shipped(1, "li_poster"), tracking=None)

    the_fulfillment(requested(POSTER)).when(Fulfillment.ship, [], carrier="DHL", tracking=None).then(
        untracked, delivered("li_poster"), COMPLETED
    )


def test_a_parcel_is_remembered_with_when_it_left() -> None:
    left = replace(shipped(1, "li_poster"), occurred_at=SAID_AT)

    after = the_fulfillment(requested(POSTER), left)

    expected = Parcel(
        number=1, lines=(as_line("li_poster"),), carrier="DHL", tracking=Personal("T1"), shipped_at=SAID_AT
    )
    assert after.state.parcels == (expected,)


def test_a_parcel_leaves_once() -> None:
    before = the_fulfillment(requested(POSTER, HOOK), shipped(1, "li_poster"), delivered("li_poster"))

    before.when(Fulfillment.ship, [as_line("li_poster")], carrier="DHL", tracking="T1").then_refused(
        refusals.shipped_already([1])
    )


@pytest.mark.parametrize(
    ("named", "refusal"),
    [
        (["li_poster"], refusals.shipped_already([1])),
        (["li_cards", "li_poster"], refusals.shipped_already([1])),
        ([], refusals.shipped_already([1, 2])),
        (["li_hook"], refusals.no_suitable_line(Suitable.TO_PACK)),
    ],
)
def test_what_has_left_is_refused_by_its_parcels_and_what_never_leaves_is_not_called_shipped(
    named: list[str], refusal: Refusal
) -> None:
    before = the_fulfillment(
        requested(POSTER, CARD, CARDS, HOOK),
        *(shipped(1, "li_poster"), delivered("li_poster"), shipped(2, "li_card"), delivered("li_card")),
        delivered("li_cards"),
    )

    before.when(Fulfillment.ship, list(map(as_line, named)), carrier="DHL", tracking=None).then_refused(refusal)


def test_a_line_that_has_left_is_refused_by_its_parcel_although_another_is_to_pack() -> None:
    before = the_fulfillment(requested(POSTER, CARDS), shipped(1, "li_poster"), delivered("li_poster"))

    before.when(Fulfillment.ship, [as_line("li_poster")], carrier="DHL", tracking=None).then_refused(
        refusals.shipped_already([1])
    )
    before.when(Fulfillment.ship, [], carrier="DHL", tracking="T1").then(
        shipped(2, "li_cards"), delivered("li_cards"), COMPLETED
    )


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("li_mug", LineState.BACKORDERED),
        ("li_wrap", LineState.MANUAL),
        ("li_hook", LineState.PENDING),
        ("li_course", LineState.DELIVERED),
    ],
)
def test_what_can_not_be_packed_is_not_shipped(line: str, state: LineState) -> None:
    before = the_fulfillment(
        requested(MUG, POSTER, WRAP, HOOK, COURSE), MUG_BACKORDERED, WRAP_BLOCKED, delivered("li_course")
    )

    before.when(Fulfillment.ship, [as_line(line)], carrier="DHL", tracking=None).then_refused(
        refusals.unsuitable_line(as_line(line), state, Suitable.TO_PACK, [as_line("li_poster")])
    )


@pytest.mark.parametrize(
    ("carrier", "tracking", "typed"),
    [
        *((text, None, Typed.CARRIER) for text in ("", "  ", "...", "x" * 201, "D\x1b[31mHL", "D\u202eHL")),
        *(("DHL", text, Typed.TRACKING) for text in ("...", "x" * 201, "4\x1b[31m2", "4\u202e2", "4\n2")),
    ],
)
def test_a_parcel_needs_a_carrier_and_texts_that_fit(carrier: str, tracking: str | None, typed: Typed) -> None:
    before = the_fulfillment(requested(POSTER))

    before.when(Fulfillment.ship, [], carrier=carrier, tracking=tracking).then_refused(
        refusals.unprintable_text(typed, TEXT_MAX)
    )


@pytest.mark.parametrize("tracking", ["3.40434E+17", "3,40434e+17", "3E+17", " 3.4E+017 "])
def test_a_tracking_number_that_a_spreadsheet_rounded_is_refused(tracking: str) -> None:
    before = the_fulfillment(requested(POSTER))

    before.when(Fulfillment.ship, [], carrier="DHL", tracking=tracking).then_refused(
        refusals.rounded_tracking(tracking.strip())
    )


def test_a_carrier_may_have_one_letter() -> None:
    shortest = Fulfillment.Shipped(number=1, lines=(as_line("li_poster"),), carrier="X", tracking=None)

    the_fulfillment(requested(POSTER)).when(Fulfillment.ship, [], carrier="X", tracking=None).then(
        shortest, delivered("li_poster"), COMPLETED
    )


def test_texts_may_be_as_long_as_the_limit() -> None:
    before = the_fulfillment(requested(POSTER))

    longest = Fulfillment.Shipped(
        number=1, lines=(as_line("li_poster"),), carrier="c" * 200, tracking=Personal("t" * 200)
    )

    before.when(Fulfillment.ship, [], carrier="c" * 200, tracking="t" * 200).then(
        longest, delivered("li_poster"), COMPLETED
    )


KEY, OTHER_KEY = planned("li_key", LICENSE_KEY), planned("li_other", LICENSE_KEY)
WITH_KEYS = (
    requested(KEY, MUG, OTHER_KEY),
    Fulfillment.LineItemDelivered(line_item=as_line("li_key"), keys=(Personal("AAAA"),)),
    Fulfillment.LineItemDelivered(line_item=as_line("li_other"), keys=(Personal("BBBB"),)),
)


@pytest.mark.parametrize(
    ("named", "shown"),
    [((), (as_line("li_key"), as_line("li_other"))), ((as_line("li_other"),), (as_line("li_other"),))],
    ids=["all of them", "one"],
)
def test_staff_look_at_keys_and_each_look_is_recorded(
    named: tuple[LineItemId, ...], shown: tuple[LineItemId, ...]
) -> None:
    fact = Fulfillment.KeysShown(lines=shown)

    after = the_fulfillment(*WITH_KEYS).when(Fulfillment.show_keys, named).then(fact)

    after.when(Fulfillment.show_keys, named).then(fact)
    assert tuple(line.plan.id for line in after.state.lines_with_keys(named)) == shown


def test_keys_that_are_not_there_are_not_shown() -> None:
    the_fulfillment(requested(KEY, MUG)).when(Fulfillment.show_keys, []).then_refused(
        refusals.no_suitable_line(Suitable.WITH_KEYS)
    )
    the_fulfillment(*WITH_KEYS).when(Fulfillment.show_keys, [as_line("li_mug")]).then_refused(
        refusals.unsuitable_line(
            as_line("li_mug"), LineState.PENDING, Suitable.WITH_KEYS, [as_line("li_key"), as_line("li_other")]
        )
    )


@pytest.mark.parametrize(
    ("why", "refusal"),
    [
        (reasons.paid_twice("cs_test_first"), refusals.paid_twice(order_number(as_session("cs_test_first")))),
        (reasons.paid_after_cancellation(), refusals.paid_after_cancellation()),
    ],
)
@pytest.mark.parametrize("named", [[], [as_line("li_wrap")]], ids=["no line", "the line"])
def test_a_line_of_which_a_person_still_decides_is_neither_handed_over_nor_shipped(
    why: Reason, refusal: Refusal, named: list[LineItemId]
) -> None:
    undecided = Fulfillment.LineItemBlocked(line_item=as_line("li_wrap"), state=LineState.MANUAL, detail=why)
    before = the_fulfillment(requested(WRAP, CARD), undecided, CARD_BLOCKED)

    before.when(Fulfillment.complete, named).then_refused(refusal)
    before.when(Fulfillment.ship, named, carrier="DHL", tracking=None).then_refused(refusal)
    before.when(Fulfillment.complete, [as_line("li_card")]).then(delivered("li_card"))


def test_what_is_to_pack_is_shipped_beside_a_line_of_which_a_person_still_decides() -> None:
    undecided = Fulfillment.LineItemBlocked(
        line_item=as_line("li_wrap"), state=LineState.MANUAL, detail=reasons.paid_after_cancellation()
    )

    the_fulfillment(requested(WRAP, POSTER), undecided).when(Fulfillment.ship, [], carrier="DHL", tracking="T1").then(
        shipped(1, "li_poster"), delivered("li_poster")
    )
