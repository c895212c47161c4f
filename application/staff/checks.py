"""What is checked before a command of staff: an address, a checkout, and whether a retry can do anything."""

from collections.abc import Sequence

from application.errors import RefusedInWords, UnknownCheckout
from application.log.log import Log
from application.staff.dry_run import decides
from application.writing.unit_of_work import UnitOfWork
from domain import refusals
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.errors import Refused
from domain.fulfillment import Fulfillment
from domain.identifiers import InvalidIdentifier, SessionId, StripeEventId, fulfillment_id, is_stripe_event, session_id
from domain.mail_address import public_address
from domain.park_reason import FOREIGN
from domain.policy import Policy
from domain.refusal import Refusal
from domain.retries import can_be_mailed, retried_deliveries, retried_mails
from domain.retrievals import retrievals_in_hand
from domain.step import effect_id
from domain.stripe_event import StripeEvent

_SHOWN_TEXT_MAX = 60


def recipient(to: str) -> str:
    """Return the address in what staff pasted.

    Raises:
        Refused: no mail can be sent to it.
    """
    try:
        return public_address(to)
    except InvalidIdentifier as error:
        raise RefusedInWords(  # no code has this text as a parameter: it may be personal data
            "The address must be an email address with a public domain, such as ada@example.com (got "
            f"{to[:_SHOWN_TEXT_MAX]!r})."
        ) from error


def check_is_known(session_id: SessionId, unit: UnitOfWork) -> None:
    """
    Raises:
        NotFound: the log has no such checkout.
    """
    if not unit.load(CheckoutSession, session_id).is_known:
        raise UnknownCheckout(session_id)


def check_is_ours(session_id: SessionId, unit: UnitOfWork) -> None:
    """
    Raises:
        NotFound: the log has no such checkout.
        Refused: the checkout is another application's or account's, so it has no lines here.
    """
    check_is_known(session_id, unit)
    session = unit.load(CheckoutSession, session_id)
    if session.is_others:
        raise Refused(refusals.lines_of_other_application())
    if session.park_reason in FOREIGN:
        raise Refused(refusals.lines_of_other_account())


def check_retriable(log: Log, stripe_events: Policy, id: str, *, livemode: bool) -> None:
    """`stripe_events` is the policy that handles Stripe events.

    Raises:
        Refused: a retry would do nothing.
    """
    if is_stripe_event(id):
        _check_stripe_event(log, stripe_events, id)
    else:
        _check_checkout(log, id, livemode=livemode)


def _check_stripe_event(log: Log, stripe_events: Policy, id: StripeEventId) -> None:
    event = log.get(StripeEvent, id)
    received = event.received
    if received is None or event.error is not None or _has_parked_events(log, received.session_id or id):
        return
    if not decides(stripe_events, received, log):
        raise Refused(refusals.stripe_event_ignored(id) if event.is_ignored else refusals.stripe_event_handled(id))


def _check_checkout(log: Log, id: str, *, livemode: bool) -> None:
    session = log.get(CheckoutSession, id)
    if not session.is_known or _has_parked_events(log, id):
        return
    if session.is_foreign(livemode=livemode):
        raise Refused(refusals.retry_of_other_account())
    if _has_retriable_effects(log, session):
        return
    if not session.may_have_news:
        raise Refused(refusals.nothing_to_retry())
    in_hand = retrievals_in_hand(session, log.get)
    if in_hand and not any(each.request_retry() for each in in_hand):
        raise Refused(_in_hand(in_hand))


def _in_hand(retrievals: Sequence[Effect]) -> Refusal:
    for retrieval in retrievals:
        if retrieval.worker is not None:
            return refusals.retrieval_under_way(retrieval.attempt)
    return refusals.retrieval_due()


def _has_parked_events(log: Log, subject: str) -> bool:
    return bool(log.store.select_parked_events(subjects=[subject]))


def _has_retriable_effects(log: Log, session: CheckoutSession) -> bool:
    checkout = session_id(session.id)
    fulfillment = log.get(Fulfillment, fulfillment_id(checkout))
    mails = (log.get(Effect, effect_id(checkout, step)) for step in retried_mails(session, fulfillment))
    deliveries = (log.get(Effect, effect_id(checkout, step)) for step in retried_deliveries(fulfillment))
    return any(can_be_mailed(mail, session.mail_address) and mail.request_retry() for mail in mails) or any(
        delivery.request_retry() for delivery in deliveries
    )
