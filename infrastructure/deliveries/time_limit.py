"""The deadline of a delivery: code outside that never returns does not hold up its line or its kind."""

import threading
from functools import partial

import structlog

from application.log_line import LogLine
from application.ports import Deliverer, DeliveryReceipt, DeliveryRequest, NotTaken, Temporary
from application.threads import Overdue, Threads
from domain import reasons

logger = structlog.get_logger(__name__)

HUNG_MAX = 64
"""How many overdue calls of a kind may be under way. A thread can't be ended from outside, so that a service that never
answers would gather threads without end."""


class TimeLimit:
    """Implements `application.ports.Deliverer` by another one, and stops waiting for it when its time is over.

    An overdue call continues in its thread. Its late answer is logged but not recorded, since its attempt has failed by
    then. The next attempt has the same idempotency key.
    """

    def __init__(self, kind: str, deliverer: Deliverer, seconds: int, threads: Threads) -> None:
        self._kind = kind
        self._deliverer = deliverer
        self._seconds = seconds
        self._threads = threads
        self._lock = threading.Lock()
        self._overdue: set[_Call] = set()

    def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
        """
        Raises:
            NotTaken: too many calls of this kind are overdue, so no further one is made.
            Temporary: it gave no answer in time.
            PortError: as the other one raises it.
        """
        why = reasons.no_answer(self._kind, self._seconds)
        if len(self._overdue) >= HUNG_MAX:
            raise NotTaken(why)
        call = _Call()
        try:
            return self._threads.within(self._seconds, partial(self._call, call, request))
        except Overdue as error:
            with self._lock:
                if not call.has_ended:
                    self._overdue.add(call)
            raise Temporary(why) from error

    def _call(self, call: "_Call", request: DeliveryRequest) -> DeliveryReceipt:
        try:
            return self._deliverer.deliver(request)
        finally:
            with self._lock:
                call.has_ended = True
                was_overdue = call in self._overdue
                self._overdue.discard(call)
            if was_overdue:
                logger.warning(
                    LogLine.DELIVERY_AFTER_DEADLINE,
                    session_id=request.session_id,
                    kind=self._kind,
                    attempt=request.attempt,
                )


class _Call:
    has_ended = False
