"""What happens to a checkout session: pure steps from one value to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from interfaces.sandbox.model.carts import line_item
from interfaces.sandbox.model.discounts import discounted
from interfaces.sandbox.model.errors import StripeError, declined_card, invalid_parameter, invalid_state
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.payment_methods import TEST_CARD_NUMBER, is_declined, method_filled_in
from interfaces.sandbox.model.payment_values import IntentStatus, PaymentIntent, PaymentMethod
from interfaces.sandbox.model.values import (
    AdjustableQuantity,
    Customer,
    CustomField,
    Debit,
    LineItem,
    Money,
    PayBy,
    Session,
    ShippingOption,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDetails:
    """What the customer chose and filled in before pressing the button."""

    by: PayBy
    customer: Customer
    card: str = TEST_CARD_NUMBER
    """The number of the card, where `by` is `card` and the method is not known already."""
    ship_to: Customer | None = None
    quantities: Mapping[str, int] = field(default_factory=dict)
    """New quantities by line item ID, for adjustable ones."""
    additions: Mapping[str, int] = field(default_factory=dict)
    """Quantities of optional items, by price ID."""
    shipping_rate: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    """Answers to custom fields, by key."""
    method: PaymentMethod | None = None
    """The one paid with, where it is known already."""
    presentment: Money | None = None
    """What the page showed in the customer's own currency, with Adaptive Pricing."""
    has_opted_in: bool = False
    """Whether the customer wants to receive promotions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    intent: PaymentIntent
    method: PaymentMethod


def filled_in(session: Session, payment: PaymentDetails, making: Making) -> Session:
    """Return the session as the customer leaves it: quantities, optional items, shipping, answers, address.

    Raises:
        StripeError: the customer chose something that the session does not offer.
    """
    unknown = payment.quantities.keys() - {item.id for item in session.line_items}
    if unknown:
        raise invalid_parameter("quantities", f"No such line item: '{min(unknown)}'")
    adjusted = [_adjusted(item, payment.quantities.get(item.id)) for item in session.line_items]
    filled = replace(
        session,
        line_items=(*adjusted, *_added(session, payment, making)),
        shipping=_shipping(session, payment),
        customer=payment.customer,
        ship_to=payment.ship_to if session.wishes.shipping_countries else None,
        presentment=payment.presentment if session.wishes.has_adaptive_pricing else None,
        has_opted_in=payment.has_opted_in,
        wishes=replace(session.wishes, custom_fields=_answered(session, payment)),
    )
    return discounted(filled, making.state)


def completed(
    session: Session, payment: PaymentDetails, making: Making, *, debit_due_at: float
) -> tuple[Session, Paid | None]:
    """Return the session after the button was pressed, and its payment if money is due.

    Raises:
        StripeError: the card is declined; the session stays open.
    """
    by = payment.by
    if by == "free" and session.amount_total > 0:
        raise StripeError("This session is not free.", param="by")
    is_due = session.mode != "setup" and session.amount_total > 0
    if is_due and by == "card" and _is_declined(payment):
        raise declined_card()
    session = _closed(session, making)
    if not is_due:
        return replace(session, payment_status="no_payment_required"), None
    paid = _paid(session, payment, making)
    session = replace(session, payment_intent_id=paid.intent.id if session.mode == "payment" else None)
    match by:
        case "card" | "free":
            is_authorized = paid.intent.status == "requires_capture"
            session = replace(session, payment_status="unpaid" if is_authorized else "paid")
        case "debit_succeeds" | "debit_fails":
            debit = Debit(will_succeed=by == "debit_succeeds", due_at=debit_due_at)
            session = replace(session, payment_status="unpaid", debit=debit)
        case _:
            assert_never(by)
    return session, paid if session.mode == "payment" else None


def _is_declined(payment: PaymentDetails) -> bool:
    return is_declined(payment.card) if payment.method is None else payment.method.outcome == "fails"


def settled(session: Session) -> Session:
    _check_debit(session)
    return replace(session, payment_status="paid", debit=None)


def failed(session: Session) -> Session:
    _check_debit(session)
    return replace(session, debit=None)


def expired(session: Session) -> Session:
    """Return the session as expired.

    Raises:
        StripeError: it is not open.
    """
    if session.status != "open":
        raise invalid_state(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of {session.status}."
        )
    return replace(session, status="expired")


def check_open(session: Session) -> None:
    """Check that the session can still be paid.

    Raises:
        StripeError: it is not open.
    """
    if session.status != "open":
        raise invalid_state(f"This Checkout Session is {session.status}.", code="session_not_open")


def _makes_customer(session: Session) -> bool:
    return session.mode == "subscription" or session.wishes.echoed.get("customer_creation") == "always"


def _check_debit(session: Session) -> None:
    if session.debit is None:
        raise invalid_state("There is no bank debit on its way for this Checkout Session.")


def _closed(session: Session, making: Making) -> Session:
    return replace(
        session,
        status="complete",
        subscription_id=making.ids.object("sub") if session.mode == "subscription" else None,
        invoice_id=making.ids.object("in") if session.mode == "subscription" else None,
        setup_intent_id=making.ids.object("seti") if session.mode == "setup" else None,
        customer_id=session.customer_id or (making.ids.customer() if _makes_customer(session) else None),
    )


def _paid(session: Session, payment: PaymentDetails, making: Making) -> Paid:
    if session.currency is None:
        raise invalid_state("A Checkout Session without a currency takes no money.")
    method = payment.method or method_filled_in(payment.by, payment.card, payment.customer, making)
    is_authorized = payment.by == "card" and session.wishes.is_captured_later and session.mode == "payment"
    on_card: IntentStatus = "requires_capture" if is_authorized else "succeeded"
    intent = PaymentIntent(
        id=making.ids.payment_intent(),
        created=making.now,
        session_id=session.id,
        money=Money(amount=session.amount_total, currency=session.currency),
        status=on_card if payment.by == "card" else "processing",
        capture_method="manual" if session.wishes.is_captured_later else "automatic_async",
        method=method.kind,
        method_id=method.id,
    )
    return Paid(intent=intent, method=method)


def _adjusted(item: LineItem, quantity: int | None) -> LineItem:
    if quantity is None or quantity == item.quantity:
        return item
    if item.adjustable is None:
        raise invalid_parameter("quantities", f"The quantity of {item.description} is fixed.")
    _check_quantity(quantity, item.adjustable, item.description)
    return replace(item, quantity=quantity)


def _added(session: Session, payment: PaymentDetails, making: Making) -> list[LineItem]:
    offered = {item.price_id: item for item in session.optional_items}
    added = []
    for price_id, quantity in payment.additions.items():
        price = making.state.price(price_id, param="additions")
        if price_id not in offered:
            raise invalid_parameter("additions", f"{price_id} is not among the optional items.")
        if quantity == 0:
            continue
        item = offered[price_id]
        fixed = AdjustableQuantity(minimum=item.quantity, maximum=item.quantity)
        _check_quantity(quantity, item.adjustable or fixed, price_id)
        added.append(line_item(price, making, quantity=quantity, adjustable=item.adjustable))
    return added


def _check_quantity(quantity: int, allowed: AdjustableQuantity, name: str) -> None:
    if not allowed.minimum <= quantity <= allowed.maximum:
        message = f"The quantity of {name} must be between {allowed.minimum} and {allowed.maximum}."
        raise invalid_parameter("quantities", message)


def _shipping(session: Session, payment: PaymentDetails) -> ShippingOption | None:
    if payment.shipping_rate is None:
        return session.shipping
    for option in session.wishes.shipping_options:
        if option.rate_id == payment.shipping_rate:
            return option
    raise invalid_parameter("shipping_rate", f"No such shipping rate: '{payment.shipping_rate}'")


def _answered(session: Session, payment: PaymentDetails) -> tuple[CustomField, ...]:
    return tuple(
        replace(field, answer=payment.answers.get(field.key) or None) for field in session.wishes.custom_fields
    )
