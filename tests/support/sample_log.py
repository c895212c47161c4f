"""A small log in which every event class occurs, as the engine could have written it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from kinds import HTTP, MANUAL
from log_parts import BEGINNING, COURSE, KEY, MUG, PLAN, SERVICE, STAFF, LogWriter, checkout, mail, received
from typed_ids import as_event, as_line, as_pool, as_session, as_stream

from domain import reasons
from domain.checkout import Address, Contact
from domain.checkout_session import CheckoutSession
from domain.effect import MAIL, RETRIEVE, Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.key_pool import KeyPool
from domain.line import LineState
from domain.mail import MailKind, SentMail
from domain.park_reason import ParkReason
from domain.payment import Payment
from domain.personal import Personal
from domain.reference import Reference, reference_id
from domain.source import Source
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent

__all__ = ["AUTHORIZED", "CANCELED", "DEBIT", "END", "FOREIGN", "KEYS", "MUG", "SHOP", "sample_log"]

SHOP, DEBIT, FOREIGN, KEYS = (
    as_session("cs_test_shop"),
    as_stream("cs_test_debit"),
    as_stream("cs_live_foreign"),
    as_stream("cs_test_keys"),
)
AUTHORIZED = as_stream("cs_test_authorized")
CANCELED = as_stream("cs_test_canceled")


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
    _captured_later(log)
    _written_by_staff(log)
    _mailed(log)
    _canceled(log)
    _revoked(log)
    _paid_under_a_reference(log)
    return log.events


def _supplies(log: LogWriter) -> None:
    log.add(as_stream("sku_mug-blue"), StockItem.Counted(on_hand=5), actor=STAFF, reason="Monday count")
    log.add(as_stream("keys_pro"), KeyPool.Imported(keys=(Personal("AAAA-1111"),)), actor=STAFF, reason="bought")


def _paid_late(log: LogWriter) -> None:
    completed = CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="unpaid")
    effect = f"eff_{SHOP}_retrieve_completed"
    log.add(as_stream("evt_1"), received("checkout.session.completed", SHOP), session_id=SHOP, actor="stripe")
    log.add(SHOP, completed, session_id=SHOP, actor="policy:intake")
    log.add(
        as_stream(effect),
        Effect.Requested(kind=RETRIEVE, step="retrieve_completed"),
        session_id=SHOP,
        actor="policy:intake",
    )
    log.add(as_stream(effect), Effect.AttemptStarted(number=1, worker="w1"), session_id=SHOP, actor="worker:w1")
    unpaid = CheckoutSession.Retrieved(checkout=checkout(*PLAN, payment_status="unpaid"), source=Source.WEBHOOK)
    log.add(SHOP, unpaid, session_id=SHOP, actor="worker:w1")
    log.add(as_stream(effect), Effect.Succeeded(number=1), session_id=SHOP, actor="worker:w1")
    log.add(as_stream(f"ful_{SHOP}"), Fulfillment.StockHeld(lines=(MUG,)), session_id=SHOP)
    log.add(as_stream("sku_mug-blue"), StockItem.Reserved(line_item=as_line("li_mug"), quantity=2), session_id=SHOP)
    pending = Effect.Requested(kind=MAIL, step="mail_payment_pending", mail=mail(MailKind.PAYMENT_PENDING, MUG))
    log.add(as_stream(f"eff_{SHOP}_mail_payment_pending"), pending, session_id=SHOP, actor="policy:emails")
    log.add(
        as_stream("evt_2"), received("checkout.session.async_payment_succeeded", SHOP), session_id=SHOP, actor="stripe"
    )
    log.add(
        SHOP,
        CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_2")),
        session_id=SHOP,
        actor="policy:intake",
    )
    paid = CheckoutSession.Retrieved(checkout=checkout(*PLAN), source=Source.LANDING_PAGE)
    amount = paid.checkout.amount_total
    log.add(SHOP, paid, session_id=SHOP, actor="customer")
    log.add(
        SHOP,
        CheckoutSession.Paid(payment_status="paid", amount_total=amount, currency="eur"),
        session_id=SHOP,
        actor="customer",
    )
    withdrawn = Effect.Withdrawn(why=reasons.payment_not_awaited())
    log.add(as_stream(f"eff_{SHOP}_mail_payment_pending"), withdrawn, session_id=SHOP, actor="worker:w1")


def _handed_over(log: LogWriter) -> None:
    ful, effect = f"ful_{SHOP}", f"eff_{SHOP}_deliver_li_service"
    paid_at = BEGINNING + timedelta(hours=1)
    requested = Fulfillment.Requested(
        plan=PLAN, catalog="c0ffee", currency="eur", amount_shipping=490, amount_tax=5 * 171 + 78, paid_at=paid_at
    )
    by_hand = Fulfillment.LineItemBlocked(
        line_item=as_line("li_wrap"), state=LineState.MANUAL, detail=reasons.no_rule()
    )
    log.add(
        as_stream(ful),
        requested,
        Fulfillment.LineItemDelivered(line_item=as_line("li_course"), link="https://example.com/course"),
        by_hand,
        Fulfillment.LineItemReserved(line_item=as_line("li_mug")),
        session_id=SHOP,
    )
    keys = (Personal("AAAA-1111"),)
    log.add(as_stream("keys_pro"), KeyPool.Assigned(line_item=as_line("li_key"), keys=keys), session_id=SHOP)
    log.add(as_stream(ful), Fulfillment.LineItemDelivered(line_item=as_line("li_key"), keys=keys), session_id=SHOP)
    log.add(as_stream(effect), Effect.Requested(kind=HTTP, step="deliver_li_service", line=SERVICE), session_id=SHOP)
    retry_at = BEGINNING + timedelta(hours=2)
    log.add(
        as_stream(effect),
        Effect.AttemptStarted(number=1, worker="w1"),
        Effect.AttemptFailed(number=1, error=reasons.port_failed("HTTP 503"), retry_at=retry_at),
        Effect.AttemptStarted(number=2, worker="w1"),
        Effect.AttemptReleased(number=2),
        Effect.AttemptStarted(number=3, worker="w2"),
        Effect.AttemptOrphaned(number=3, retry_at=retry_at),
        Effect.AttemptStarted(number=4, worker="w1"),
        Effect.GivenUp(error=reasons.port_failed("HTTP 410")),
        session_id=SHOP,
        actor="worker:w1",
    )
    given_up = Fulfillment.LineItemBlocked(
        line_item=as_line("li_service"), state=LineState.GIVEN_UP, detail=reasons.port_failed("HTTP 410")
    )
    log.add(as_stream(ful), given_up, session_id=SHOP)


def _helped_by_staff(log: LogWriter) -> None:
    ful, effect = f"ful_{SHOP}", f"eff_{SHOP}_deliver_li_service"
    log.add(SHOP, CheckoutSession.RetryRequested(), session_id=SHOP, actor=STAFF, reason="their service is up again")
    log.add(as_stream(effect), Effect.RetryRequested(), session_id=SHOP)
    log.add(as_stream(ful), Fulfillment.LineItemResumed(line_item=as_line("li_service")), session_id=SHOP)
    log.add(
        as_stream(effect),
        Effect.AttemptStarted(number=3, worker="w2"),
        Effect.Succeeded(number=3, note="ref 99"),
        session_id=SHOP,
        actor="worker:w2",
    )
    log.add(
        as_stream(ful), Fulfillment.LineItemDelivered(line_item=as_line("li_service"), note="ref 99"), session_id=SHOP
    )
    log.add(
        as_stream(ful),
        Fulfillment.Shipped(number=1, lines=(as_line("li_mug"),), carrier="DHL", tracking=Personal("TRACK42")),
        Fulfillment.LineItemDelivered(line_item=as_line("li_mug")),
        session_id=SHOP,
        actor=STAFF,
        reason="packed",
    )
    log.add(as_stream("sku_mug-blue"), StockItem.Dispatched(line_item=as_line("li_mug"), quantity=2), session_id=SHOP)
    log.add(
        as_stream(ful),
        Fulfillment.LineItemDelivered(line_item=as_line("li_wrap")),
        Fulfillment.Completed(),
        session_id=SHOP,
        actor=STAFF,
        reason="wrapped",
    )
    log.add(SHOP, CheckoutSession.Noted(text=Personal("A gift")), session_id=SHOP, actor=STAFF, reason="asked by phone")


def _never_paid(log: LogWriter) -> None:
    many = replace(MUG, item=replace(MUG.item, id=as_line("li_mugs"), quantity=9))
    log.add(
        DEBIT,
        CheckoutSession.Completed(stripe_event=as_event("evt_3"), payment_status="unpaid"),
        session_id=as_session(DEBIT),
        actor="policy:intake",
    )
    unpaid = CheckoutSession.Retrieved(checkout=checkout(many, payment_status="unpaid"), source=Source.STAFF)
    log.add(DEBIT, unpaid, session_id=as_session(DEBIT), actor=STAFF, reason="customer asks")
    log.add(as_stream(f"ful_{DEBIT}"), Fulfillment.StockHeld(lines=(many,)), session_id=as_session(DEBIT))
    log.add(
        as_stream("sku_mug-blue"),
        StockItem.Backordered(line_item=as_line("li_mugs"), quantity=9),
        session_id=as_session(DEBIT),
    )
    failed = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_4"))
    log.add(DEBIT, failed, session_id=as_session(DEBIT), actor="policy:intake")
    log.add(as_stream(f"ful_{DEBIT}"), Fulfillment.HoldReleased(lines=(many,)), session_id=as_session(DEBIT))
    log.add(
        as_stream("sku_mug-blue"),
        StockItem.Released(line_item=as_line("li_mugs"), quantity=9),
        session_id=as_session(DEBIT),
    )
    log.add(
        DEBIT,
        CheckoutSession.Expired(stripe_event=as_event("evt_5")),
        CheckoutSession.Contradicted(what=reasons.expired_after_completion()),
        session_id=as_session(DEBIT),
        actor="policy:intake",
    )


def _foreign(log: LogWriter) -> None:
    detail = reasons.other_mode_than_key("live")
    completed = CheckoutSession.Completed(stripe_event=as_event("evt_6"), payment_status="paid")
    parked = CheckoutSession.Parked(why=ParkReason.WRONG_MODE, detail=detail)
    log.add(FOREIGN, completed, parked, session_id=as_session(FOREIGN), actor="policy:intake")


def _short_of_keys(log: LogWriter) -> None:
    retrieved = CheckoutSession.Retrieved(checkout=checkout(KEY), source=Source.LANDING_PAGE)
    paid = CheckoutSession.Paid(payment_status="paid", amount_total=1390, currency="eur")
    log.add(KEYS, retrieved, paid, session_id=as_session(KEYS), actor="customer")
    requested = Fulfillment.Requested(
        plan=(KEY,), catalog="c0ffee", currency="eur", amount_shipping=490, amount_tax=171, paid_at=BEGINNING
    )
    log.add(as_stream(f"ful_{KEYS}"), requested, session_id=as_session(KEYS))
    log.add(as_stream("keys_pro"), KeyPool.RanOut(line_item=as_line("li_key"), quantity=1), session_id=as_session(KEYS))
    waiting = Fulfillment.LineItemBlocked(
        line_item=as_line("li_key"), state=LineState.BACKORDERED, detail=reasons.not_enough_keys(as_pool("pro"))
    )
    by_hand = replace(KEY, delivery=MANUAL)
    replanned = Fulfillment.Replanned(lines=(by_hand,), replaced=(KEY,), catalog="beef")
    log.add(as_stream(f"ful_{KEYS}"), waiting, replanned, session_id=as_session(KEYS))
    log.add(as_stream("keys_pro"), KeyPool.WaitEnded(line_item=as_line("li_key")), session_id=as_session(KEYS))
    manual = Fulfillment.LineItemBlocked(
        line_item=as_line("li_key"), state=LineState.MANUAL, detail=reasons.manual_by_rule()
    )
    log.add(as_stream(f"ful_{KEYS}"), manual, session_id=as_session(KEYS))


def _other_stripe_events(log: LogWriter) -> None:
    log.add(as_stream("evt_7"), received("charge.refunded", "ch_1"), actor="stripe")
    log.add(
        as_stream("evt_7"), StripeEvent.Ignored(why=reasons.unhandled_type("charge.refunded")), actor="policy:intake"
    )
    log.add(as_stream("evt_8"), received("checkout.session.completed", "nonsense"), actor="stripe")
    failed = StripeEvent.Failed(error=reasons.not_a_session())
    log.add(as_stream("evt_8"), failed, actor="policy:intake")
    log.add(as_stream("evt_8"), StripeEvent.RetryRequested(), actor=STAFF, reason="try it with the new version")
    log.add(as_stream("evt_8"), failed, actor="policy:intake")


def _captured_later(log: LogWriter) -> None:
    payment, step = "pi_authorized", "retrieve_unpaid_1"
    action = replace(received("payment_intent.requires_action", payment), payment_intent=payment)
    log.add(as_stream("evt_9"), action, actor="stripe")
    log.add(
        as_stream(payment), Payment.Reported(stripe_event=as_event("evt_9"), type=action.type), actor="policy:intake"
    )
    authorized = replace(
        checkout(COURSE, payment_status="unpaid"),
        payment_intent=payment,
        intent_status="requires_capture",
        capture_method="manual",
        payment_method_type="card",
    )
    unpaid = CheckoutSession.Retrieved(checkout=authorized, source=Source.LANDING_PAGE)
    log.add(AUTHORIZED, unpaid, session_id=as_session(AUTHORIZED), actor="customer")
    log.add(as_stream(payment), Payment.BelongsTo(), session_id=as_session(AUTHORIZED), actor="customer")
    due_at = BEGINNING + timedelta(hours=1)
    again = Effect.Requested(kind=RETRIEVE, step=step, not_before=due_at)
    log.add(as_stream(f"eff_{AUTHORIZED}_{step}"), again, session_id=as_session(AUTHORIZED), actor="policy:payments")
    canceled = replace(authorized, intent_status="canceled")
    over = CheckoutSession.Retrieved(checkout=canceled, source=Source.SCHEDULE)
    log.add(AUTHORIZED, over, session_id=as_session(AUTHORIZED), actor="worker:w1")


def _written_by_staff(log: LogWriter) -> None:
    log.add(
        as_stream(f"ful_{KEYS}"),
        Fulfillment.KeysShown(lines=(as_line("li_key"),)),
        session_id=as_session(KEYS),
        actor=STAFF,
        reason="by phone",
    )
    to = Contact(
        name=Personal("Zoé O'Example"), address=Address(line1=Personal("Neue Gasse 2"), country=Personal("DE"))
    )
    corrected = Fulfillment.ShippingCorrected(to=to)
    log.add(as_stream(f"ful_{KEYS}"), corrected, session_id=as_session(KEYS), actor=STAFF, reason="moved")
    readdressed = CheckoutSession.Readdressed(to=Personal("zoe.other@example.com"))
    log.add(KEYS, readdressed, session_id=as_session(KEYS), actor=STAFF, reason="a typing error")
    log.add(as_stream("evt_10"), received("checkout.session.completed", "cs_00000000000000"), actor="stripe")
    log.add(as_stream("evt_10"), StripeEvent.Failed(error=reasons.not_a_session()), actor="policy:intake")
    log.add(as_stream("evt_10"), StripeEvent.Dismissed(), actor=STAFF, reason="only a test")
    log.add(
        KEYS, CheckoutSession.Dismissed(), session_id=as_session(KEYS), actor=STAFF, reason="Zoe has her keys by phone"
    )
    _parcel_undone(log)
    resend = CheckoutSession.ResendRequested(number=1, step="mail_receipt", to=Personal("zoe.new@example.com"))
    log.add(KEYS, resend, session_id=as_session(KEYS), actor=STAFF, reason="lost the mail")
    log.add(
        as_stream("keys_pro"),
        KeyPool.Withdrawn(keys=(Personal("BBBB-2222"),), were_free=0),
        actor=STAFF,
        reason="given away in June",
    )


def _parcel_undone(log: LogWriter) -> None:
    """Its tracking number is corrected; then it comes back, and leaves again."""
    ful, shelf = as_stream(f"ful_{SHOP}"), as_stream("sku_mug-blue")
    corrected = Fulfillment.ParcelCorrected(
        number=1, correction=1, carrier="DHL", tracking=Personal("TRACK43"), notifies=True
    )
    log.add(ful, corrected, session_id=SHOP, actor=STAFF, reason="a digit was wrong")
    undone = Fulfillment.Unshipped(number=1, lines=(MUG,), is_restocked=True)
    log.add(ful, undone, session_id=SHOP, actor=STAFF, reason="returned to sender")
    returned = StockItem.Returned(line_item=as_line("li_mug"), quantity=2)
    reserved = StockItem.Reserved(line_item=as_line("li_mug"), quantity=2)
    log.add(shelf, returned, reserved, session_id=SHOP, actor=STAFF, reason="returned to sender")
    log.add(
        ful,
        Fulfillment.LineItemReserved(line_item=as_line("li_mug")),
        Fulfillment.Shipped(number=2, lines=(as_line("li_mug"),), carrier="DHL", tracking=Personal("TRACK44")),
        Fulfillment.LineItemDelivered(line_item=as_line("li_mug")),
        Fulfillment.Completed(),
        session_id=SHOP,
        actor=STAFF,
        reason="sent again",
    )
    log.add(shelf, StockItem.Dispatched(line_item=as_line("li_mug"), quantity=2), session_id=SHOP, actor=STAFF)


def _canceled(log: LogWriter) -> None:
    """Canceled before its payment, which arrives all the same; then a person cancels the line, too."""
    id, stream = as_session(CANCELED), as_stream(f"ful_{CANCELED}")
    unpaid = CheckoutSession.Retrieved(checkout=checkout(KEY, payment_status="unpaid"), source=Source.WEBHOOK)
    log.add(CANCELED, unpaid, session_id=id, actor="worker:w1")
    log.add(CANCELED, CheckoutSession.Canceled(notifies=True), session_id=id, actor=STAFF, reason="ordered twice")
    retrieved = CheckoutSession.Retrieved(checkout=checkout(KEY), source=Source.WEBHOOK)
    paid = CheckoutSession.Paid(payment_status="paid", amount_total=1390, currency="eur")
    log.add(CANCELED, retrieved, paid, session_id=id, actor="worker:w1")
    manual = replace(KEY, delivery=MANUAL, settings={}, remark=reasons.paid_after_cancellation())
    requested = Fulfillment.Requested(
        plan=(manual,), catalog="c0ffee", currency="eur", amount_shipping=490, amount_tax=171, paid_at=BEGINNING
    )
    blocked = Fulfillment.LineItemBlocked(
        line_item=as_line("li_key"), state=LineState.MANUAL, detail=reasons.paid_after_cancellation()
    )
    log.add(stream, requested, blocked, session_id=id)
    canceled = Fulfillment.LineItemsCanceled(number=1, lines=(as_line("li_key"),), notifies=False)
    log.add(stream, canceled, Fulfillment.Completed(), session_id=id, actor=STAFF, reason="ordered twice")
    keys = (Personal("BASIC-1"),)
    log.add(as_stream("keys_basic"), KeyPool.Imported(keys=keys), actor=STAFF, reason="bought")
    log.add(as_stream("keys_basic"), KeyPool.Assigned(line_item=as_line("li_key"), keys=keys), session_id=id)
    log.add(
        as_stream("keys_basic"), KeyPool.Returned(line_item=as_line("li_key"), keys=keys), session_id=id, actor=STAFF
    )


def _paid_under_a_reference(log: LogWriter) -> None:
    reference = reference_id(checkout(KEY), is_of_customer=True)
    assert reference is not None
    log.add(reference, Reference.Paid(), session_id=as_session(KEYS), actor="policy:fulfillment")


def _revoked(log: LogWriter) -> None:
    """The key of the shop's own checkout leaked, and it waits for another one. It gets that, and waits for a third in
    vain."""
    id, leaked, new = as_session(SHOP), (Personal("AAAA-1111"),), (Personal("CCCC-3333"),)
    awaited = Fulfillment.KeysAwaited(
        line_item=as_line("li_key"), quantity=1, detail=reasons.not_enough_keys(as_pool("pro"))
    )
    events: Sequence[tuple[str, Event]] = (
        ("keys_pro", KeyPool.Revoked(line_item=as_line("li_key"), keys=leaked)),
        ("keys_pro", KeyPool.RanOut(line_item=as_line("li_key"), quantity=1)),
        (f"ful_{SHOP}", Fulfillment.KeysRevoked(line_item=as_line("li_key"), numbers=(1,))),
        (f"ful_{SHOP}", awaited),
        ("keys_pro", KeyPool.Imported(keys=new)),
        ("keys_pro", KeyPool.Assigned(line_item=as_line("li_key"), keys=new)),
        (f"ful_{SHOP}", Fulfillment.KeysReplaced(number=1, line_item=as_line("li_key"), keys=new)),
        ("keys_pro", KeyPool.Revoked(line_item=as_line("li_key"), keys=new)),
        ("keys_pro", KeyPool.RanOut(line_item=as_line("li_key"), quantity=1)),
        (f"ful_{SHOP}", Fulfillment.KeysRevoked(line_item=as_line("li_key"), numbers=(2,))),
        (f"ful_{SHOP}", awaited),
        ("keys_pro", KeyPool.WaitEnded(line_item=as_line("li_key"))),
        (f"ful_{SHOP}", Fulfillment.KeysWaitEnded(line_item=as_line("li_key"))),
    )
    for stream, event in events:
        log.add(as_stream(stream), event, session_id=id, actor=STAFF, reason="it was posted in a forum")


def _mailed(log: LogWriter) -> None:
    effect = as_stream(f"eff_{KEYS}_mail_receipt")
    requested = Effect.Requested(kind=MAIL, step="mail_receipt", mail=mail(MailKind.RECEIPT, KEY))
    log.add(effect, requested, session_id=as_session(KEYS), actor="policy:emails")
    sent = SentMail(subject=Personal("Your order at Example"), text=Personal("Hello Zoé O'Example,\n\nthank you!\n"))
    log.add(
        effect,
        Effect.AttemptStarted(number=1, worker="w1"),
        Effect.Succeeded(number=1, sent=sent),
        session_id=as_session(KEYS),
        actor="worker:w1",
    )


END = len(sample_log())
"""The position of its last event."""
