"""Days at a shop: everything that happens to it, each action once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from builders import a_checkout, a_line_item
from shop import COMPLETED, FAILED, SUCCEEDED, Shop
from typed_ids import as_event, as_line, as_pool, as_session, as_sku

from application.ports import Permanent, Temporary
from application.staff.by import By
from domain.checkout import Checkout

Action = Callable[[Shop], object]

ANN = By(name="ann", reason="a day at the shop")


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What happens to one process, or to those that come after it, under one catalog."""

    catalog: str
    actions: Sequence[Action]


@dataclass(frozen=True, kw_only=True)
class Day:
    sessions: Sequence[str]
    checkouts: Mapping[str, Checkout]
    """What Stripe knows in the morning."""
    shifts: Sequence[Shift]


CARD, DEBIT, LATE = as_session("cs_test_card"), as_session("cs_test_debit"), as_session("cs_test_late")
_EVERYTHING = [
    a_line_item("li_access", product="prod_access"),
    a_line_item("li_mug", product="prod_mug"),
    a_line_item("li_key", product="prod_key", quantity=2),
    a_line_item("li_parcel", product="prod_parcel"),
]
_MUGS = [a_line_item("li_mugs", product="prod_mug", quantity=2), a_line_item("li_keys", product="prod_key")]

GOOD_DAY = Day(
    sessions=(CARD, DEBIT, LATE),
    checkouts={
        CARD: a_checkout(line_items=_EVERYTHING),
        DEBIT: a_checkout(line_items=_EVERYTHING[:2], payment_status="unpaid"),
        LATE: a_checkout(line_items=_MUGS),
    },
    shifts=[
        Shift(
            catalog="""
[products.prod_access]
delivery = "access"
[products.prod_mug]
delivery = "shipment"
sku = "mug"
track_stock = true
[products.prod_key]
delivery = "license_key"
pool = "keys"
[products.prod_parcel]
delivery = "courier"
""",
            actions=[
                lambda shop: shop.runtime.staff.count(as_sku("mug"), 2, ANN),
                lambda shop: shop.runtime.staff.import_keys(as_pool("keys"), ["K-1", "K-2"], ANN),
                lambda shop: shop.hear(COMPLETED, CARD, id=as_event("evt_1"), payment_status="paid"),
                lambda shop: shop.hear(COMPLETED, DEBIT, id=as_event("evt_2"), payment_status="unpaid"),
                Shop.rest,
                lambda shop: shop.visit(CARD),
                lambda shop: shop.outside.settle(DEBIT),
                lambda shop: shop.hear(SUCCEEDED, DEBIT, id=as_event("evt_3")),
                lambda shop: shop.hear(COMPLETED, LATE, id=as_event("evt_4"), payment_status="paid"),
                Shop.rest,
                lambda shop: shop.runtime.staff.count(as_sku("mug"), 5, ANN),
                lambda shop: shop.runtime.staff.import_keys(as_pool("keys"), ["K-2", "K-3"], ANN),
                Shop.rest,
                lambda shop: shop.runtime.staff.ship(CARD, [as_line("li_mug")], carrier="Pigeon", tracking="1", by=ANN),
                Shop.rest,
            ],
        )
    ],
)

UNPAID, SHELF, COURIER = as_session("cs_test_unpaid"), as_session("cs_test_shelf"), as_session("cs_test_courier")
STUCK, UNKNOWN = as_session("cs_test_stuck"), as_session("cs_test_unknown")
COURIERS_MUG = f"eff_{COURIER}_deliver_li_mug"
_MORNING = """
[products.prod_access]
delivery = "access"
[products.prod_mug]
delivery = "shipment"
sku = "mug"
track_stock = true
[products.prod_mug_by_courier]
delivery = "courier"
sku = "mug"
track_stock = true
[products.prod_parcel]
delivery = "courier"
"""
_AFTERNOON = f"""{_MORNING}
[products.prod_poster]
delivery = "courier"
"""


def _the_courier(shop: Shop, error: Exception | None) -> None:
    shop.outside.couriers_error = error


def _stripe_learns_of(shop: Shop, session_id: str) -> None:
    shop.outside.checkouts[session_id] = a_checkout(line_items=[a_line_item("li_access", product="prod_access")])


def _count_two_mugs_but_for_the_couriers(shop: Shop) -> None:
    """A second count no longer finds what the courier has taken in between."""
    shop.runtime.staff.count(as_sku("mug"), 2 - (COURIERS_MUG in shop.outside.deliveries), ANN)


BAD_DAY = Day(
    sessions=(UNPAID, SHELF, COURIER, STUCK, UNKNOWN),
    checkouts={
        UNPAID: a_checkout(line_items=[a_line_item("li_mug", product="prod_mug")], payment_status="unpaid"),
        SHELF: a_checkout(line_items=[a_line_item("li_mug", product="prod_mug")]),
        COURIER: a_checkout(line_items=[a_line_item("li_mug", product="prod_mug_by_courier")]),
        UNKNOWN: a_checkout(payment_status="paid_by_a_new_way"),
        STUCK: a_checkout(
            line_items=[
                a_line_item("li_parcel", product="prod_parcel"),
                a_line_item("li_poster", product="prod_poster"),
            ]
        ),
    },
    shifts=[
        Shift(
            catalog=_MORNING,
            actions=[
                # Two mugs are left. One is held for a payment that will fail, and then goes to who waits for it.
                lambda shop: shop.runtime.staff.count(as_sku("mug"), 2, ANN),
                lambda shop: shop.hear(COMPLETED, UNPAID, id=as_event("evt_1"), payment_status="unpaid"),
                lambda shop: shop.hear(COMPLETED, SHELF, id=as_event("evt_2"), payment_status="paid"),
                Shop.rest,
                # A delivery is refused, a line has no rule, and Stripe does not know a session.
                lambda shop: _the_courier(shop, Permanent("There is no such street.")),
                lambda shop: shop.hear(COMPLETED, COURIER, id=as_event("evt_3"), payment_status="paid"),
                lambda shop: shop.hear(COMPLETED, STUCK, id=as_event("evt_4"), payment_status="paid"),
                lambda shop: shop.hear(COMPLETED, UNKNOWN, id=as_event("evt_5"), payment_status="paid"),
                Shop.rest,
                lambda shop: _the_courier(shop, Temporary("The courier is busy.")),
                lambda shop: shop.hear(FAILED, UNPAID, id=as_event("evt_6")),
                Shop.rest,
                # Both mugs are gone: the courier's delivery waits for its next attempt, and is withdrawn at its turn.
                lambda shop: shop.runtime.staff.count(as_sku("mug"), 0, ANN),
                Shop.rest,
                lambda shop: shop.clock.advance(3600),
                Shop.rest,
                lambda shop: _the_courier(shop, None),
            ],
        ),
        Shift(
            catalog=_AFTERNOON,
            actions=[
                # Staff see to what is stuck.
                lambda shop: shop.runtime.staff.retry(STUCK, ANN),
                lambda shop: _stripe_learns_of(shop, UNKNOWN),
                lambda shop: shop.runtime.staff.retry(UNKNOWN, ANN),
                Shop.rest,
                lambda shop: shop.runtime.staff.replan(STUCK, ANN),
                # The mugs are found again: customers who had lost one are served.
                _count_two_mugs_but_for_the_couriers,
                Shop.rest,
                lambda shop: shop.runtime.staff.ship(
                    SHELF, [as_line("li_mug")], carrier="Pigeon", tracking=None, by=ANN
                ),
                Shop.rest,
            ],
        ),
    ],
)
