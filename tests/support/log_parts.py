"""What a log in the tests is made of: a writer that stamps events as the engine does, and things to write with it."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from kinds import ACCESS, HTTP, LICENSE_KEY, MANUAL, SHIPMENT
from typed_ids import as_line, as_sku

from domain import reasons
from domain.checkout import (
    Address,
    Checkout,
    Consent,
    Contact,
    CustomField,
    Discount,
    LineItem,
    Presentment,
    ShippingRate,
    TaxId,
)
from domain.event import Event
from domain.identifiers import SessionId, StreamId
from domain.line import LineState
from domain.mail import Mail, MailKind, MailLine
from domain.personal import Personal
from domain.plan import PlannedLine
from domain.stripe_event import StripeEvent

BEGINNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
STAFF = "staff:kim"


@dataclass
class LogWriter:
    """Stamps facts as they come: the next version of their stream, a second after the one before."""

    beginning: datetime = BEGINNING
    events: list[Event] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        stream: StreamId,
        *facts: Event,
        session_id: SessionId | None = None,
        actor: str = "policy:fulfillment",
        reason: str | None = None,
    ) -> None:
        for fact in facts:
            self.versions[stream] += 1
            at = self.beginning + timedelta(seconds=len(self.events))
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
        id=as_line(id),
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
    sku=as_sku("mug-blue"),
    track_stock=True,
)
COURSE = PlannedLine(
    item=item("li_course", description="Course"), delivery=ACCESS, settings={"link": "https://example.com/course"}
)
KEY = PlannedLine(item=item("li_key", product=None), delivery=LICENSE_KEY, settings={"pool": "pro"})
SERVICE = PlannedLine(item=item("li_service"), delivery=HTTP, settings={"url": "https://example.com/hook", "tries": 3})
WRAP = PlannedLine(item=item("li_wrap"), delivery=MANUAL, remark=reasons.no_rule())
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
        metadata={"order": Personal("17")},
        client_reference_id=Personal("ORDER-17"),
        locale="de",
        presentment=Presentment(amount=6120, currency="usd"),
        shipping_rate=ShippingRate(id="shr_express", name="Express, 1 to 2 days"),
        discounts=(
            Discount(coupon="10OFF", coupon_name="A tenth off", promotion_code="promo_1", code="WELCOME"),
            Discount(coupon="hidden"),
        ),
        business_name=Personal("Example & Daughters"),
        tax_ids=(TaxId(type="eu_vat", value=Personal("DE123456789")),),
        consent=Consent(promotions="opt_in", terms_of_service="accepted"),
        recovered_from="cs_test_abandoned",
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
                id=line.id,
                title=line.title,
                quantity=1,
                amount_total=900,
                delivery=line.delivery,
                state=LineState.DELIVERED,
            )
            for line in lines
        ),
        ordered_at=BEGINNING,
        reference=Personal("ORDER-17"),
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
