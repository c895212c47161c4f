"""`fulfill_checkout(session_id)` retrieves a session from Stripe and records the answer; the policies do the rest.

The landing page and staff call it; after a webhook an effect does the same. It may be called any number of times, even
concurrently: a known answer is not recorded again, and only the log's one `Paid` event starts a fulfillment.
"""

import structlog

from application.log.log import Log
from application.log_line import LogLine
from application.ports import Clock, StripeGateway
from application.writing.unit_of_work import Stamp, UnitOfWork
from application.writing.writer import Writer
from domain.catalog import Catalog
from domain.checkout_session import CheckoutSession
from domain.identifiers import SessionId
from domain.identifiers import session_id as checked
from domain.personal import Personal
from domain.retrievals import learn_answer
from domain.source import Source

logger = structlog.get_logger(__name__)


class FulfillCheckout:
    def __init__(self, log: Log, writer: Writer, gateway: StripeGateway, clock: Clock, catalog: Catalog) -> None:
        self._log = log
        self._writer = writer
        self._gateway = gateway
        self._clock = clock
        self._catalog = catalog

    def __call__(
        self, session_id: SessionId, *, source: Source, actor: str, reason: Personal | None = None
    ) -> CheckoutSession:
        """Return the session after retrieving it from Stripe. A paid session is not retrieved again. The call
        blocks.

        Raises:
            InvalidIdentifier: not the ID of a Checkout Session.
            PortError: Stripe does not know it, refused, or was not reached; nothing was recorded.
            StoreUnavailable, Busy, Stopped: Stripe's answer could not be recorded.
        """
        session = self._log.get(CheckoutSession, checked(session_id))
        if not session.may_have_news:
            return session
        checkout = self._gateway.retrieve(session_id)
        now, is_ours = self._clock(), self._catalog.is_ours(checkout)

        def learn(unit: UnitOfWork) -> CheckoutSession:
            return learn_answer(session_id, checkout, unit, source=source, at=now, is_ours=is_ours)

        stamp = Stamp(actor=actor, now=now, session_id=session_id, reason=reason)
        session = self._writer.run(stamp, [session_id], learn)
        logger.info(
            LogLine.CHECKOUT_RETRIEVED,
            session_id=session_id,
            source=str(source),
            status=checkout.status,
            payment_status=checkout.payment_status,
            line_items=len(checkout.line_items),
        )
        return session
