"""A Checkout Session: what Stripe reported about it, and from where. Facts are recorded, never refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self, assert_never

from domain import reasons, refusals
from domain.checkout import PAID_STATUSES, Checkout
from domain.checkout_session_events import CheckoutSessionEvents, CheckoutSessionFact, CheckoutSessionFacts
from domain.errors import Refused
from domain.event import UNSTAMPED, Aggregate, replace
from domain.identifiers import SessionId, StripeEventId, is_livemode
from domain.park_reason import FOREIGN, ParkReason
from domain.personal import Personal
from domain.reason import Reason, ReasonCode
from domain.refusal import Reported
from domain.source import Source
from domain.step import MailStep


@dataclass(frozen=True, kw_only=True)
class CheckoutSession(CheckoutSessionEvents, Aggregate[CheckoutSessionFact]):
    checkout: Checkout | None = None
    mails_to: Personal | None = None
    """The address that a person set for its mails. Stripe's address never replaces it."""
    resends: "tuple[CheckoutSession.ResendRequested, ...]" = ()
    """The requests of staff to send a mail again, each at the place before its number."""
    retries: tuple[int, ...] = ()
    """The versions of the requests of staff for a retry."""
    id: SessionId
    completed: "CheckoutSession.Completed | None" = None
    succeeded_at: datetime | None = None
    failed: bool = False
    expired: bool = False
    paid_at: datetime | None = None
    completed_at: datetime | None = None
    """The time at which we first learned that it is complete: by Stripe's clock, or by ours if Stripe's API reported it
    first."""
    park_reason: ParkReason | None = None
    is_park_dismissed: bool = False
    """A person has dismissed its parking from the work queue. It stays parked."""
    dismissed_at: datetime | None = None
    is_canceled: bool = False
    """A person canceled it before it was paid."""
    contradictions: frozenset[ReasonCode] = frozenset()

    @property
    def is_known(self) -> bool:
        return self.version > 0

    @property
    def mail_address(self) -> Personal | None:
        """The address that its mails go to; None without one."""
        return self.mails_to or (self.checkout.contact.email if self.checkout else None)

    @property
    def is_paid(self) -> bool:
        return self.paid_at is not None

    def is_foreign(self, *, livemode: bool) -> bool:
        """True if a key of this mode can't retrieve it."""
        return self.park_reason is ParkReason.CONNECTED_ACCOUNT or is_livemode(self.id) != livemode

    @property
    def is_others(self) -> bool:
        """True if the catalog left it to another application at the latest answer of Stripe's."""
        return self.park_reason is ParkReason.OTHER_APPLICATION

    @property
    def may_have_news(self) -> bool:
        """True while Stripe is asked about the session. Paid is the end: no later answer of Stripe's changes it.

        All ways of asking obey this property: a Stripe event, a person, the landing page, and a scheduled retrieval.
        """
        return not self.is_paid

    @property
    def succeeded(self) -> bool:
        return self.succeeded_at is not None

    @property
    def is_awaiting_payment(self) -> bool:
        """True if it is complete and unpaid, and its payment can still arrive, as far as Stripe has reported."""
        is_unpaid = self.checkout is not None and self.checkout.is_complete and not self.checkout.is_paid
        is_decided = self.is_paid or self.succeeded or self.is_payment_over
        return is_unpaid and not (is_decided or self.park_reason)

    @property
    def is_payment_over(self) -> bool:
        """True if an event or an answer of Stripe's reports that the payment failed or was canceled, and none has
        arrived."""
        is_over = self.failed or (self.checkout is not None and self.checkout.is_payment_over)
        return is_over and not (self.is_paid or self.succeeded or self.is_others)

    @property
    def is_reported_open(self) -> bool:
        """True if Stripe's latest answer shows it open, and no event of Stripe's implies that the customer finished."""
        return self.checkout is not None and self.checkout.is_open and not self._is_reported_complete

    @property
    def reported(self) -> Reported | None:
        """What Stripe's events report and its latest answer does not show. It counts once it is retrieved."""
        if self.is_paid:
            return None
        if self.succeeded or (self.completed is not None and self.completed.payment_status == "paid"):
            return Reported.PAID
        is_shown = self.checkout is not None and self.checkout.is_complete
        return Reported.COMPLETE if self._is_reported_complete and not is_shown else None

    @property
    def _is_reported_complete(self) -> bool:
        """True if one of Stripe's events implies that the customer finished. Stripe's events arrive in any order."""
        return self.completed is not None or self.succeeded or self.failed

    @property
    def _reported_paid_at(self) -> datetime | None:
        """The time of the payment, by Stripe's clock, if one of Stripe's events reports it."""
        if self.succeeded_at is None and self.completed and self.completed.payment_status in PAID_STATUSES:
            return self.completed.occurred_at
        return self.succeeded_at

    @property
    def _is_behind(self) -> bool:
        """True if Stripe has reported more than its recorded answer contains."""
        if self.is_paid or self._reported_paid_at is not None:
            return not self.is_paid
        return self._is_reported_complete if self.checkout is None else self.is_ahead_of(self.checkout)

    def check_is_retrieved(self) -> None:
        """
        Raises:
            Refused: Stripe has reported more than was retrieved, so what a person decides by may be wrong.
        """
        if self._is_behind:
            raise Refused(refusals.reported_meanwhile(self.reported or Reported.COMPLETE))

    def is_ahead_of(self, checkout: Checkout) -> bool:
        """True if Stripe's events have reported more than this answer contains, so that Stripe must be asked again."""
        if checkout.is_complete and checkout.intent_status == "succeeded" and checkout.is_understood:
            return not checkout.is_paid
        if self._reported_paid_at is not None and checkout.is_understood:
            return not checkout.is_paid
        return self._is_reported_complete and not checkout.is_complete

    def complete(
        self, *, stripe_event: StripeEventId, payment_status: str | None, at: datetime
    ) -> CheckoutSessionFacts:
        is_news = self.completed and self.completed.payment_status is None and payment_status in PAID_STATUSES
        if self.completed and (self.is_paid or not is_news):
            return []  # a thin event reports no payment status; its snapshot twin, if it comes second, adds it
        fact = self.Completed(stripe_event=stripe_event, payment_status=payment_status, occurred_at=at)
        return [fact, *self._completed_after_expiry(at)]

    def succeed(self, *, stripe_event: StripeEventId, at: datetime) -> CheckoutSessionFacts:
        if self.succeeded:
            return []
        fact = self.AsyncPaymentSucceeded(stripe_event=stripe_event, occurred_at=at)
        return [
            fact,
            *self._completed_after_expiry(at),
            *self._contradiction(self.failed, reasons.succeeded_after_failure(), at),
        ]

    def fail(self, *, stripe_event: StripeEventId, at: datetime) -> CheckoutSessionFacts:
        if self.failed:
            return []
        fact = self.AsyncPaymentFailed(stripe_event=stripe_event, occurred_at=at)
        is_paid = self.is_paid or self.succeeded
        return [
            fact,
            *self._completed_after_expiry(at),
            *self._contradiction(is_paid, reasons.failed_after_success(), at),
        ]

    def expire(self, *, stripe_event: StripeEventId, at: datetime) -> CheckoutSessionFacts:
        if self.expired:
            return []
        fact = self.Expired(stripe_event=stripe_event, occurred_at=at)
        is_complete = self.is_paid or self._is_reported_complete
        return [
            fact,
            *self._contradiction(is_complete, reasons.expired_after_completion(), at),
        ]

    def learn(self, checkout: Checkout, *, source: Source, at: datetime, is_ours: bool = True) -> CheckoutSessionFacts:
        """Record an answer of Stripe's API, which alone decides whether the session is paid.

        `is_ours`: False if the catalog leaves it to another application.
        """
        if checkout.livemode != is_livemode(self.id):
            detail = reasons.other_mode_than_id("live" if checkout.livemode else "test")
            return self._park(ParkReason.WRONG_MODE, detail, at)
        if self._is_older(checkout):
            return []
        facts: list[CheckoutSessionFact] = []
        stays_others = self.is_others and not is_ours
        ends_parking = self.park_reason not in {None, ParkReason.UNKNOWN_PAYMENT_STATUS} and not stays_others
        if checkout != self.checkout or ends_parking:
            facts.append(self.Retrieved(checkout=checkout, source=source, occurred_at=at))
        if not is_ours:
            return [*facts, *self.foresee(facts)._park(ParkReason.OTHER_APPLICATION, reasons.other_application(), at)]
        if checkout.is_complete and not checkout.is_understood:
            detail = reasons.unknown_payment_status(checkout.payment_status)
            return [*facts, *self.foresee(facts)._park(ParkReason.UNKNOWN_PAYMENT_STATUS, detail, at)]
        if checkout.is_paid and not self.is_paid:
            facts += self._pay(checkout, at)
        return facts

    def _is_older(self, checkout: Checkout) -> bool:
        """True if the answer is older than the recorded one, since answers may be recorded in another order.

        A complete session stays complete, one that is not open never opens again, and a paid one stays paid, since a
        refund does not show here. A canceled payment stays canceled.
        """
        if self.is_paid and not checkout.is_paid:
            return True
        before = self.checkout
        if before is None:
            return False
        if before.status == checkout.status:
            return before.is_canceled and not (checkout.is_canceled or checkout.is_paid)
        return before.is_complete or checkout.is_open

    def _pay(self, checkout: Checkout, at: datetime) -> list[CheckoutSessionFact]:
        paid = self.Paid(
            payment_status=checkout.payment_status,
            amount_total=checkout.amount_total,
            currency=checkout.currency,
            occurred_at=self._reported_paid_at or at,
        )
        failed = self._contradiction(
            self.failed and not self.succeeded,
            reasons.paid_after_failure(),
            at,
        )
        expired = self._contradiction(self.expired and not self._is_reported_complete, reasons.paid_after_expiry(), at)
        return [paid, *failed, *expired]

    def park(self, why: ParkReason, detail: Reason) -> CheckoutSessionFacts:
        """Park the session. If a person dismissed an earlier parking for the same reason, record it again, so that it
        returns to the work queue."""
        if self.is_park_dismissed and self.park_reason is why and not self.is_paid:
            return [self.Parked(why=why, detail=detail)]
        return self._park(why, detail)

    def _park(self, why: ParkReason, detail: Reason, at: datetime = UNSTAMPED) -> CheckoutSessionFacts:
        if self.is_paid or self.park_reason is why:
            return []
        return [self.Parked(why=why, detail=detail, occurred_at=at)]

    def request_retry(self) -> CheckoutSessionFacts:
        return [self.RetryRequested()]

    def note(self, text: str) -> CheckoutSessionFacts:
        return [self.Noted(text=Personal(text))]

    def dismiss(self) -> CheckoutSessionFacts:
        return [self.Dismissed()]

    def cancel(self, *, notifies: bool) -> CheckoutSessionFacts:
        """Cancel the checkout: nothing of it is fulfilled, even if its payment arrives.

        Raises:
            Refused: it is paid, canceled, or another application's or account's; or as `check_is_retrieved`.
        """
        if self.is_paid:
            raise Refused(refusals.about_to_be_planned())
        if self.is_canceled:
            raise Refused(refusals.canceled_already())
        if self.is_others:
            raise Refused(refusals.of_other_application())
        if self.park_reason in FOREIGN:
            raise Refused(refusals.of_other_account())
        self.check_is_retrieved()
        return [self.Canceled(notifies=notifies)]

    def readdress(self, to: str) -> CheckoutSessionFacts:
        """Send its mails to this address: those that failed, and all later ones."""
        return [self.Readdressed(to=Personal(to))]

    def request_resend(self, step: MailStep, to: Personal | None) -> CheckoutSessionFacts:
        return [self.ResendRequested(number=len(self.resends) + 1, step=str(step), to=to)]

    def _completed_after_expiry(self, at: datetime) -> CheckoutSessionFacts:
        return self._contradiction(self.expired, reasons.completed_after_expiry(), at)

    def _contradiction(self, is_so: bool, what: Reason, at: datetime) -> CheckoutSessionFacts:
        if not is_so or what.code in self.contradictions:
            return []
        return [self.Contradicted(what=what, occurred_at=at)]

    def apply(self, event: CheckoutSessionFact) -> Self:  # noqa: C901 - a case for each event
        match event:
            case CheckoutSession.Completed():
                return replace(self, completed=event, completed_at=self.completed_at or event.occurred_at)
            case CheckoutSession.AsyncPaymentSucceeded():
                return replace(self, succeeded_at=event.occurred_at)
            case CheckoutSession.AsyncPaymentFailed():
                return replace(self, failed=True)
            case CheckoutSession.Expired():
                return replace(self, expired=True)
            case CheckoutSession.Retrieved():
                completed_at = self.completed_at or (event.occurred_at if event.checkout.is_complete else None)
                return replace(self, checkout=event.checkout, park_reason=None, completed_at=completed_at)
            case CheckoutSession.Paid():
                return replace(self, paid_at=event.occurred_at, park_reason=None)
            case CheckoutSession.Contradicted():
                return replace(self, contradictions=self.contradictions | {event.what.code})
            case CheckoutSession.Parked():
                return replace(self, park_reason=event.why, is_park_dismissed=False)
            case CheckoutSession.Dismissed():
                return replace(self, is_park_dismissed=self.park_reason is not None, dismissed_at=event.recorded_at)
            case CheckoutSession.Canceled():
                return replace(self, is_canceled=True)
            case CheckoutSession.Readdressed():
                return replace(self, mails_to=event.to)
            case CheckoutSession.ResendRequested():
                return replace(self, resends=(*self.resends, event))
            case CheckoutSession.RetryRequested():
                return replace(self, retries=(*self.retries, event.originator_version))
            case CheckoutSession.Noted():
                return self
            case _:
                assert_never(event)
