"""The handlers of effects: they retrieve a session, send a mail, or call a service that delivers a line."""

from collections.abc import AsyncGenerator, Coroutine, Generator
from dataclasses import replace
from typing import assert_never

import structlog

from application.log.log import Log
from application.log_line import LogLine
from application.ports import (
    Clock,
    Deliverer,
    DeliveryReceipt,
    DeliveryRequest,
    Mailer,
    SessionUnknown,
    StripeGateway,
)
from application.running.effect_kinds import Attempt, Done, Outcome
from domain import reasons
from domain.catalog import Catalog
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.fulfillment import Fulfillment
from domain.handing_over import deliver, has_its_stock
from domain.identifiers import SessionId, fulfillment_id, payment_id
from domain.line import LineState
from domain.mail_requests import look_again
from domain.park_reason import ParkReason
from domain.plan import PlannedLine
from domain.reason import Reason
from domain.retrievals import learn_answer
from domain.source import Source
from domain.streams import Streams
from domain.stripe_event import StripeEvent

logger = structlog.get_logger(__name__)

_NOTE_MAX = 200
_UNKNOWN_TRIES = 14
"""With the pauses between retrievals, the last of these attempts comes after about an hour."""


class Retrieve:
    """Retrieve a session from Stripe, and record the answer.

    A signed Stripe event proves that the session exists. If Stripe does not know it, the key most likely belongs to
    another account, by mistake. So the session is parked only after about an hour of attempts.
    """

    def __init__(self, gateway: StripeGateway, clock: Clock, catalog: Catalog) -> None:
        self._gateway = gateway
        self._clock = clock
        self._catalog = catalog

    def prepare(self, effect: Effect, session_id: SessionId, do: Streams) -> Reason | None:
        session = do.load(CheckoutSession, session_id)
        if not session.may_have_news:
            return reasons.already_paid()
        if effect.is_scheduled and not session.is_awaiting_payment:
            return reasons.payment_not_awaited()
        return None

    def perform(self, attempt: Attempt) -> Done:
        id, at = attempt.session_id, self._clock()
        try:
            checkout = self._gateway.retrieve(id)
        except SessionUnknown:
            # Not a failure: the session is parked, which is its row in the queue. Giving up would add a second one.
            return Done(found=reasons.unknown_to_stripe(), outcome=_unknown(attempt))
        requested = attempt.effect.requested
        by_default = Source.SCHEDULE if attempt.effect.is_scheduled else Source.WEBHOOK
        source = (requested.source if requested else None) or by_default
        is_ours = self._catalog.is_ours(checkout)

        def learn(do: Streams) -> Reason | None:
            session = learn_answer(id, checkout, do, source=source, at=at, is_ours=is_ours)
            is_old = session.is_ahead_of(checkout) and not session.is_paid
            return reasons.answer_behind_event() if is_old else None

        payment = payment_id(checkout.payment_intent)
        return Done(outcome=learn, streams=() if payment is None else (payment,))


def _unknown(attempt: Attempt) -> Outcome:
    def park_or_ask_again(do: Streams) -> Reason | None:
        session, unknown = do.load(CheckoutSession, attempt.session_id), reasons.unknown_to_stripe()
        if _names_an_account(session, do):
            detail = reasons.connected_account()
            do.command(CheckoutSession, session.id, CheckoutSession.park, ParkReason.CONNECTED_ACCOUNT, detail)
            return None
        if session.park_reason is None and attempt.effect.attempts_since_request < _UNKNOWN_TRIES:
            return unknown
        do.command(CheckoutSession, session.id, CheckoutSession.park, ParkReason.UNKNOWN_TO_STRIPE, unknown)
        return None

    return park_or_ask_again


def _names_an_account(session: CheckoutSession, do: Streams) -> bool:
    """Whether the event that reported it completed names an account, as thin events do: ours would know the session."""
    received = do.load(StripeEvent, session.completed.stripe_event).received if session.completed else None
    return received is not None and received.account is not None


class SendMail:
    """Send the requested mail, or its current edition if the requested one is no longer true."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    def prepare(self, effect: Effect, session_id: SessionId, do: Streams) -> Reason | None:
        look_again(effect, session_id, do)
        return None

    def perform(self, attempt: Attempt) -> Done:
        """Hand the mail over to the mailer.

        Raises:
            PortError: as the mailer raises it.
        """
        requested = attempt.effect.requested
        if requested is None or requested.mail is None or requested.mail.to is None:
            return Done(given_up=reasons.no_mail())
        return Done(sent=self._mailer.send(requested.mail, message_id=message_id(attempt.effect)))


def message_id(mail: Effect) -> str:
    """Return the message ID of the current edition. An earlier edition that may have gone out has another text, so its
    ID is not used again."""
    return mail.id if mail.edition == 1 else f"{mail.id}_{mail.edition}"


class Deliver:
    """Deliver a line through a service outside: the `http` kind, or a kind of the merchant's own."""

    def __init__(self, deliverer: Deliverer, log: Log) -> None:
        self._deliverer = deliverer
        self._log = log

    def prepare(self, effect: Effect, session_id: SessionId, do: Streams) -> Reason | None:
        requested = effect.requested
        if requested is None or requested.line is None:
            return None
        line = do.load(Fulfillment, fulfillment_id(session_id)).lines.get(requested.line.id)
        if line is None:
            return reasons.delivered_otherwise()
        match line.state:
            case LineState.DELIVERED:
                return reasons.delivered_otherwise()
            case LineState.CANCELED:
                return reasons.canceled()
            case LineState.PENDING | LineState.BACKORDERED | LineState.MANUAL | LineState.GIVEN_UP:
                pass
            case _:
                assert_never(line.state)
        if not requested.is_for(line):
            return reasons.replanned()
        # An orphaned attempt may have delivered already, so it is repeated under the same key.
        is_wanted = effect.is_under_way or has_its_stock(session_id, line, do)
        return None if is_wanted else reasons.stock_taken_back()

    def perform(self, attempt: Attempt) -> Done:
        """Have the line delivered, under the effect's own key.

        Raises:
            PortError: as the deliverer raises it.
        """
        requested = attempt.effect.requested
        if requested is None or requested.line is None:
            return Done(given_up=reasons.no_line())
        answer = self._deliverer.deliver(self._request(attempt, requested.line))
        if _has_not_run(answer):
            return Done(given_up=reasons.no_plain_method())
        note = _note(attempt, answer)
        return Done(note=note, outcome=_handed_over(attempt, requested, note))

    def _request(self, attempt: Attempt, line: PlannedLine) -> DeliveryRequest:
        session = self._log.get(CheckoutSession, attempt.session_id)
        checkout = session.checkout
        fulfillment = self._log.get(Fulfillment, fulfillment_id(attempt.session_id))
        assert checkout is not None, "a line is only ever planned from a retrieved session"
        return DeliveryRequest(
            idempotency_key=attempt.key,
            attempt=attempt.number,
            session_id=attempt.session_id,
            livemode=checkout.livemode,
            line=line,
            customer=replace(checkout.contact, email=session.mail_address),
            shipping=fulfillment.shipping_contact(checkout),
            client_reference_id=checkout.client_reference_id.text if checkout.client_reference_id else None,
            metadata={key: value.text for key, value in checkout.metadata.items()},
            payment_intent=checkout.payment_intent,
            custom_fields=checkout.custom_fields,
        )


def _handed_over(attempt: Attempt, requested: Effect.Requested, note: str | None) -> Outcome:
    """Deliver the line and dispatch its pieces, in the transaction that records the success of the attempt."""
    session_id, item = attempt.session_id, requested.line

    def hand_over(do: Streams) -> None:
        line = do.load(Fulfillment, fulfillment_id(session_id)).lines.get(item.id) if item else None
        is_its_own = line is not None and requested.is_for(line)
        if item and is_its_own and do.load(Effect, attempt.effect.id).is_current(attempt.number):
            deliver(session_id, item.id, do, note=note)

    return hand_over


def _has_not_run(answer: object) -> bool:
    """True if none of the merchant's code has run, since its method is async or a generator."""
    if isinstance(answer, Coroutine | Generator):
        answer.close()  # or Python warns that it was never awaited
    return isinstance(answer, Coroutine | Generator | AsyncGenerator)


def _note(attempt: Attempt, answer: object) -> str | None:
    """Return the remark on a delivery. The line counts as delivered whatever the merchant's code returns, since a
    second call could deliver it twice."""
    match answer:
        case DeliveryReceipt(note=None):
            return None
        case DeliveryReceipt(note=str(note)):
            return note[:_NOTE_MAX] or None
        case DeliveryReceipt(note=other):
            wrong = f"a note of the type {type(other).__name__}"
        case _:
            wrong = type(answer).__name__
    logger.warning(
        LogLine.DELIVERY_WITHOUT_RECEIPT,
        session_id=attempt.session_id,
        effect=attempt.step,
        answer=wrong,
    )
    return None
