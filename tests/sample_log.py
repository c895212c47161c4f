"""A small log in which every event class occurs, as the engine could have written it."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from domain.catalog import ACCESS, HTTP, LICENSE_KEY, MANUAL, SHIPMENT, PlannedLine
from domain.checkout import Address, Checkout, Contact, CustomField, LineItem
from domain.checkout_session import CheckoutSession, ParkReason, Source
from domain.effect import MAIL, RETRIEVE, Effect
from domain.event import Event
from domain.fulfillment import Fulfillment, LineState
from domain.key_pool import KeyPool
from domain.mail import Mail, MailKind, MailLine
from domain.personal import Personal
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent

BEGINNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SHOP, DEBIT, FOREIGN, KEYS = "cs_test_shop", "cs_test_debit", "cs_live_foreign", "cs_test_keys"
STAFF = "staff:kim"


@dataclass
class LogWriter:
    """Stamps facts as they come: the next version of their stream, a second after the one before."""

    events: list[Event] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        stream: str,
        *facts: Event,
        session_id: str | None = None,
        actor: str = "policy:fulfillment",
        reason: str | None = None,
    ) -> None:
        for fact in facts:
            self.versions[stream] += 1
            at = BEGINNING + timedelta(seconds=len(self.events))
            cause = self.events[-1] if self.events and actor.startswith("policy") else None
            self.events.append(
                replace(
                    fact,
                    originator_id=stream,
                    originator_version=self.versions[stream],
                    occurred_at=at,
                    recorded_at=at + timedelta(milliseconds=250),
                    actor=actor,
                    cause=f"{cause.originator_id}@{cause.originator_version}" if cause else None,
                    reason=Personal(reason) if reason else None,
                    session_id=session_id,
                )
            )


def item(id: str, **changes: object) -> LineItem:
    plain = LineItem(
        id=id,
        price=f"price_{id}",
        product=f"prod_{id}",
        description=f"Item {id}",
        quantity=1,
        currency="eur",
        amount_subtotal=1000,
        amount_discount=100,
        amount_tax=171,
        amount_total=900,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


MUG = PlannedLine(
    item=item("li_mug", description="Mug, blue", quantity=2, metadata={"delivery": "shipment", "sku": "mug-blue"}),
    delivery=SHIPMENT,
    sku="mug-blue",
    track_stock=True,
)
COURSE = PlannedLine(
    item=item("li_course", description="Course"), delivery=ACCESS, settings={"link": "https://example.com/course"}
)
KEY = PlannedLine(item=item("li_key", product=None), delivery=LICENSE_KEY, settings={"pool": "pro"})
SERVICE = PlannedLine(item=item("li_service"), delivery=HTTP, settings={"url": "https://example.com/hook", "tries": 3})
WRAP = PlannedLine(item=item("li_wrap"), delivery=MANUAL, remark="No rule says how to deliver it")
PLAN = (MUG, COURSE, KEY, SERVICE, WRAP)
ADDRESS = Address(line1=Personal("1 Example Road"), city=Personal("Exampleton"), country=Personal("DE"))
CUSTOMER = Contact(
    name=Personal("Zoé O'Example"), email=Personal("Zoe@Example.com"), phone=Personal("+4930000"), address=ADDRESS
)


def checkout(*lines: PlannedLine, status: str = "complete", payment_status: str = "paid") -> Checkout:
    items = tuple(line.item for line in lines)
    return Checkout(
        mode="payment",
        status=status,
        payment_status=payment_status,
        livemode=False,
        created=BEGINNING - timedelta(minutes=5),
        currency="eur",
        amount_subtotal=sum(each.amount_subtotal for each in items),
        amount_discount=sum(each.amount_discount for each in items),
        amount_shipping=490,
        amount_tax=sum(each.amount_tax for each in items) + 78,
        amount_total=sum(each.amount_total for each in items) + 490,
        line_items=items,
        payment_intent="pi_Shop1",
        payment_method_types=("card", "sepa_debit"),
        customer="cus_1",
        contact=CUSTOMER,
        shipping=Contact(name=Personal("Gift Receiver"), address=ADDRESS),
        custom_fields=(CustomField(key="engraving", label="Engraving", value=Personal("For you")),),
        metadata={"order": "17"},
        client_reference_id="ORDER-17",
        locale="de",
    )


def mail(kind: MailKind, *lines: PlannedLine) -> Mail:
    return Mail(
        kind=kind,
        to=CUSTOMER.email,
        name=CUSTOMER.name,
        locale="de",
        currency="eur",
        amount_subtotal=1000,
        amount_discount=100,
        amount_shipping=490,
        amount_tax=171,
        amount_total=1390,
        lines=tuple(
            MailLine(
                id=line.id, title=line.title, quantity=1, amount_total=900, delivery=line.delivery, state="delivered"
            )
            for line in lines
        ),
        ordered_at=BEGINNING,
        reference="ORDER-17",
    )


def received(kind: str, session_id: str | None, *, livemode: bool = False) -> StripeEvent.Received:
    return StripeEvent.Received(
        type=kind,
        livemode=livemode,
        api_version="2026-10-28.endive",
        account=None,
        object_id=session_id,
        payment_status="unpaid",
        signature="t=1,v1=00",
        body='{"id": "evt", "object": "event"}',
    )


def sample_log() -> list[Event]:
    log = LogWriter()
    _supplies(log)
    _paid_late(log)
    _handed_over(log)
    _helped_by_staff(log)
    _never_paid(log)
    _foreign(log)
    _short_of_keys(log)
    _other_stripe_events(log)
    return log.events


def _supplies(log: LogWriter) -> None:
    log.add("sku_mug-blue", StockItem.Counted(on_hand=5), actor=STAFF, reason="Monday count")
    log.add("keys_pro", KeyPool.Imported(keys=(Personal("AAAA-1111"),)), actor=STAFF, reason="bought")


def _paid_late(log: LogWriter) -> None:
    completed = CheckoutSession.Completed(stripe_event="evt_1", payment_status="unpaid")
    effect = f"eff_{SHOP}_retrieve_completed"
    log.add("evt_1", received("checkout.session.completed", SHOP), session_id=SHOP, actor="stripe")
    log.add(SHOP, completed, session_id=SHOP, actor="policy:intake")
    log.add(effect, Effect.Requested(kind=RETRIEVE, step="retrieve_completed"), session_id=SHOP, actor="policy:intake")
    log.add(effect, Effect.AttemptStarted(number=1, worker="w1"), session_id=SHOP, actor="worker:w1")
    unpaid = CheckoutSession.Retrieved(checkout=checkout(*PLAN, payment_status="unpaid"), source=Source.WEBHOOK)
    log.add(SHOP, unpaid, session_id=SHOP, actor="worker:w1")
    log.add(effect, Effect.Succeeded(number=1), session_id=SHOP, actor="worker:w1")
    log.add(f"ful_{SHOP}", Fulfillment.StockHeld(lines=(MUG,)), session_id=SHOP)
    log.add("sku_mug-blue", StockItem.Reserved(line_item="li_mug", quantity=2), session_id=SHOP)
    pending = Effect.Requested(kind=MAIL, step="mail_payment_pending", mail=mail(MailKind.PAYMENT_PENDING, MUG))
    log.add(f"eff_{SHOP}_mail_payment_pending", pending, session_id=SHOP, actor="policy:emails")
    log.add("evt_2", received("checkout.session.async_payment_succeeded", SHOP), session_id=SHOP, actor="stripe")
    log.add(SHOP, CheckoutSession.AsyncPaymentSucceeded(stripe_event="evt_2"), session_id=SHOP, actor="policy:intake")
    paid = CheckoutSession.Retrieved(checkout=checkout(*PLAN), source=Source.LANDING_PAGE)
    amount = paid.checkout.amount_total
    log.add(SHOP, paid, session_id=SHOP, actor="customer")
    log.add(
        SHOP,
        CheckoutSession.Paid(payment_status="paid", amount_total=amount, currency="eur"),
        session_id=SHOP,
        actor="customer",
    )
    withdrawn = Effect.Withdrawn(why="The payment is no longer pending")
    log.add(f"eff_{SHOP}_mail_payment_pending", withdrawn, session_id=SHOP, actor="worker:w1")


def _handed_over(log: LogWriter) -> None:
    ful, effect = f"ful_{SHOP}", f"eff_{SHOP}_deliver_li_service"
    paid_at = BEGINNING + timedelta(hours=1)
    requested = Fulfillment.Requested(
        plan=PLAN, catalog="c0ffee", currency="eur", amount_shipping=490, amount_tax=5 * 171 + 78, paid_at=paid_at
    )
    by_hand = Fulfillment.LineItemBlocked(line_item="li_wrap", state=LineState.MANUAL, detail=WRAP.remark or "")
    log.add(
        ful,
        requested,
        Fulfillment.LineItemDelivered(line_item="li_course", link="https://example.com/course"),
        by_hand,
        Fulfillment.LineItemReserved(line_item="li_mug"),
        session_id=SHOP,
    )
    keys = (Personal("AAAA-1111"),)
    log.add("keys_pro", KeyPool.Assigned(line_item="li_key", keys=keys), session_id=SHOP)
    log.add(ful, Fulfillment.LineItemDelivered(line_item="li_key", keys=keys), session_id=SHOP)
    log.add(effect, Effect.Requested(kind=HTTP, step="deliver_li_service", line=SERVICE), session_id=SHOP)
    retry_at = BEGINNING + timedelta(hours=2)
    log.add(
        effect,
        Effect.AttemptStarted(number=1, worker="w1"),
        Effect.AttemptFailed(number=1, error="HTTP 503", retry_at=retry_at),
        Effect.AttemptStarted(number=2, worker="w1"),
        Effect.GivenUp(error="HTTP 410"),
        session_id=SHOP,
        actor="worker:w1",
    )
    given_up = Fulfillment.LineItemBlocked(line_item="li_service", state=LineState.GIVEN_UP, detail="HTTP 410")
    log.add(ful, given_up, session_id=SHOP)


def _helped_by_staff(log: LogWriter) -> None:
    ful, effect = f"ful_{SHOP}", f"eff_{SHOP}_deliver_li_service"
    log.add(SHOP, CheckoutSession.RetryRequested(), session_id=SHOP, actor=STAFF, reason="their service is up again")
    log.add(effect, Effect.RetryRequested(), session_id=SHOP)
    log.add(ful, Fulfillment.LineItemResumed(line_item="li_service"), session_id=SHOP)
    log.add(
        effect,
        Effect.AttemptStarted(number=3, worker="w2"),
        Effect.Succeeded(number=3, note="ref 99"),
        session_id=SHOP,
        actor="worker:w2",
    )
    log.add(ful, Fulfillment.LineItemDelivered(line_item="li_service", note="ref 99"), session_id=SHOP)
    log.add(
        ful,
        Fulfillment.Shipped(number=1, lines=("li_mug",), carrier="DHL", tracking="TRACK42"),
        Fulfillment.LineItemDelivered(line_item="li_mug"),
        session_id=SHOP,
        actor=STAFF,
        reason="packed",
    )
    log.add("sku_mug-blue", StockItem.Dispatched(line_item="li_mug", quantity=2), session_id=SHOP)
    log.add(
        ful,
        Fulfillment.LineItemDelivered(line_item="li_wrap"),
        Fulfillment.Completed(),
        session_id=SHOP,
        actor=STAFF,
        reason="wrapped",
    )
    log.add(SHOP, CheckoutSession.Noted(text=Personal("A gift")), session_id=SHOP, actor=STAFF, reason="asked by phone")


def _never_paid(log: LogWriter) -> None:
    many = replace(MUG, item=replace(MUG.item, id="li_mugs", quantity=9))
    log.add(
        DEBIT,
        CheckoutSession.Completed(stripe_event="evt_3", payment_status="unpaid"),
        session_id=DEBIT,
        actor="policy:intake",
    )
    unpaid = CheckoutSession.Retrieved(checkout=checkout(many, payment_status="unpaid"), source=Source.STAFF)
    log.add(DEBIT, unpaid, session_id=DEBIT, actor=STAFF, reason="customer asks")
    log.add(f"ful_{DEBIT}", Fulfillment.StockHeld(lines=(many,)), session_id=DEBIT)
    log.add("sku_mug-blue", StockItem.Backordered(line_item="li_mugs", quantity=9), session_id=DEBIT)
    failed = CheckoutSession.AsyncPaymentFailed(stripe_event="evt_4")
    log.add(DEBIT, failed, session_id=DEBIT, actor="policy:intake")
    log.add(f"ful_{DEBIT}", Fulfillment.HoldReleased(lines=(many,)), session_id=DEBIT)
    log.add("sku_mug-blue", StockItem.Released(line_item="li_mugs", quantity=9), session_id=DEBIT)
    log.add(
        DEBIT,
        CheckoutSession.Expired(stripe_event="evt_5"),
        CheckoutSession.Contradicted(what="Stripe reported it expired after it was completed"),
        session_id=DEBIT,
        actor="policy:intake",
    )


def _foreign(log: LogWriter) -> None:
    detail = "It is a live session, and STRIPE_API_KEY is a test key"
    completed = CheckoutSession.Completed(stripe_event="evt_6", payment_status="paid")
    parked = CheckoutSession.Parked(why=ParkReason.WRONG_MODE, detail=detail)
    log.add(FOREIGN, completed, parked, session_id=FOREIGN, actor="policy:intake")


def _short_of_keys(log: LogWriter) -> None:
    retrieved = CheckoutSession.Retrieved(checkout=checkout(KEY), source=Source.LANDING_PAGE)
    paid = CheckoutSession.Paid(payment_status="paid", amount_total=1390, currency="eur")
    log.add(KEYS, retrieved, paid, session_id=KEYS, actor="customer")
    requested = Fulfillment.Requested(
        plan=(KEY,), catalog="c0ffee", currency="eur", amount_shipping=490, amount_tax=171, paid_at=BEGINNING
    )
    log.add(f"ful_{KEYS}", requested, session_id=KEYS)
    log.add("keys_pro", KeyPool.RanOut(line_item="li_key", quantity=1), session_id=KEYS)
    waiting = Fulfillment.LineItemBlocked(line_item="li_key", state=LineState.BACKORDERED, detail="import some keys")
    by_hand = replace(KEY, delivery=MANUAL)
    replanned = Fulfillment.Replanned(lines=(by_hand,), replaced=(KEY,), catalog="beef")
    log.add(f"ful_{KEYS}", waiting, replanned, session_id=KEYS)
    log.add("keys_pro", KeyPool.WaitEnded(line_item="li_key"), session_id=KEYS)
    manual = Fulfillment.LineItemBlocked(line_item="li_key", state=LineState.MANUAL, detail="by hand")
    log.add(f"ful_{KEYS}", manual, session_id=KEYS)


def _other_stripe_events(log: LogWriter) -> None:
    log.add("evt_7", received("charge.refunded", "ch_1"), actor="stripe")
    log.add("evt_7", StripeEvent.Ignored(why="Nothing here follows from charge.refunded"), actor="policy:intake")
    log.add("evt_8", received("checkout.session.completed", "nonsense"), actor="stripe")
    failed = StripeEvent.Failed(error="Its object is not the ID of a Checkout Session")
    log.add("evt_8", failed, actor="policy:intake")
    log.add("evt_8", StripeEvent.RetryRequested(), actor=STAFF, reason="try it with the new version")
    log.add("evt_8", failed, actor="policy:intake")
