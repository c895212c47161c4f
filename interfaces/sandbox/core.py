"""The state under its lock, the passing of time, and what happens to checkout sessions."""

import asyncio
import heapq
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Final

import msgspec

from interfaces.sandbox.faults.requests import Faults
from interfaces.sandbox.model.checkout import PaymentDetails, check_open, completed, expired, failed, filled_in, settled
from interfaces.sandbox.model.clock import Clock
from interfaces.sandbox.model.identifiers import Identifiers
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.state_file import StateFile, load
from interfaces.sandbox.model.values import Origin, Session
from interfaces.sandbox.payments import Payments
from interfaces.sandbox.stripe_json import events
from interfaces.sandbox.stripe_json.session_shapes import SessionShapes
from interfaces.sandbox.webhooks.background import Background, InBackground
from interfaces.sandbox.webhooks.courier import Carrier, Courier, Office, Pace
from interfaces.sandbox.webhooks.post_office import PostOffice

BY_CUSTOMER: Final = Origin()
_TICK_SECONDS: Final = 1.0


class Core:
    def __init__(
        self,
        *,
        pace: Pace | None = None,
        state_path: Path | None = None,
        public_url: str = "http://127.0.0.1:12111",
        seed: int | None = None,
        clock: Clock | None = None,
        background: InBackground | None = None,
        carrier: Callable[[Office], Carrier] | None = None,
    ) -> None:
        """`seed` makes the identifiers the same in every run. A simulation brings a clock of its own, and a background
        and a carrier that do nothing by themselves."""
        self.pace = pace or Pace()
        self.public_url = public_url
        self.ids = Identifiers(seed)
        self.clock = clock or Clock()
        self.faults = Faults(seed)
        self._lock = RLock()
        self._state = load(state_path) if state_path else State()
        self._file = StateFile(state_path, self._encoded) if state_path else None
        self._background = running = background or Background(timeout_seconds=self.pace.attempt_timeout_seconds)
        self.post_office = PostOffice(
            self._state,
            self._lock,
            ids=self.ids,
            clock=self.clock,
            carrier=carrier or (lambda office: Courier(self.pace, office, running)),
            mark_changed=self._mark_changed,
        )
        self.payments = Payments(self._state, self.post_office)
        self._due: list[tuple[float, str]] = []
        for session in list(self._state.sessions.values()):
            self._keep(session)

    def start(self) -> None:
        """Resumes what an earlier run left pending, and lets sessions expire without being requested."""
        self._background.submit(lambda _: self._keep_ticking())
        with self._lock:
            self.post_office.send_pending()

    def close(self) -> None:
        """Stops delivering and writes the state file. Using the sandbox again starts it again."""
        self._background.stop()
        if self._file is not None:
            self._file.stop()

    @contextmanager
    def reading(self) -> Iterator[State]:
        with self._lock:
            self._pass_time()
            yield self._state

    @contextmanager
    def changing(self, base_url: str | None = None) -> Iterator[Making]:
        with self._lock:
            self._pass_time()
            now = int(self.clock.now())
            yield Making(state=self._state, ids=self.ids, now=now, base_url=base_url or self.public_url)
            self._mark_changed()

    def keep_session(self, session: Session) -> Session:
        """Stores the session, and expires it at its time."""
        with self._lock:
            return self._keep(session)

    def complete(self, session_id: str, payment: PaymentDetails) -> Session:
        """The customer presses the button."""
        with self.changing() as making:
            session = making.state.session(session_id)
            check_open(session)
            due_at = self.clock.now() + self.pace.debit_delay_seconds
            session = filled_in(session, payment, making)
            session, paid = completed(session, payment, making, debit_due_at=due_at)
            self._keep(session)
            self._count_completion(session)
            if paid is not None:
                self.payments.keep(paid.intent, BY_CUSTOMER)
            self._emit(events.COMPLETED, session)
            if paid is not None:
                self.payments.follow_up(paid.intent, paid.method, making)
            if session.debit is not None:
                self._background.submit(lambda _: self._tick_after(self.pace.debit_delay_seconds))
            return session

    def settle(self, session_id: str) -> Session:
        """The bank debit arrives."""
        with self.changing():
            return self._settle(settled(self._state.session(session_id)))

    def fail(self, session_id: str) -> Session:
        """The bank refuses the debit."""
        with self.changing():
            return self._fail(failed(self._state.session(session_id)))

    def expire(self, session_id: str, origin: Origin = BY_CUSTOMER) -> Session:
        with self.changing():
            return self._expire(expired(self._state.session(session_id)), origin)

    def redirect_held(self, session_id: str) -> "list[Future[None]]":
        """What Checkout waits for before it lets the customer go on: each endpoint's first answer."""
        with self._lock:
            for event in reversed(self._state.events.values()):
                if event.object_id == session_id and event.type == events.COMPLETED:
                    is_paused = self.post_office.is_paused
                    return [] if is_paused else self.post_office.courier.first_answers(event.id)
        return []

    def _settle(self, session: Session) -> Session:
        self._keep(session)
        if session.payment_intent_id is not None:
            intent = self._state.payment_intent(session.payment_intent_id)
            self.payments.keep(replace(intent, status="succeeded"), BY_CUSTOMER)
        self._emit(events.ASYNC_SUCCEEDED, session)
        return session

    def _fail(self, session: Session) -> Session:
        self._keep(session)
        if session.payment_intent_id is not None:
            intent = self._state.payment_intent(session.payment_intent_id)
            declined = replace(intent, status="requires_payment_method", is_declined=True)
            self.payments.keep(declined, BY_CUSTOMER)
        self._emit(events.ASYNC_FAILED, session)
        return session

    def _expire(self, session: Session, origin: Origin = BY_CUSTOMER) -> Session:
        self._keep(session)
        self._emit(events.EXPIRED, session, origin)
        return session

    def _pass_time(self) -> None:
        """Expires sessions and ends debits whose time has come, unless the clock is held."""
        if self.clock.is_held:
            return
        now = self.clock.now()
        while self._due and self._due[0][0] <= now:
            _, session_id = heapq.heappop(self._due)
            session = self._state.sessions[session_id]
            if session.status == "open" and session.expires_at <= now:
                self._expire(expired(session))
            elif session.debit is not None and session.debit.due_at <= now:
                if session.debit.will_succeed:
                    self._settle(settled(session))
                else:
                    self._fail(failed(session))

    def _keep(self, session: Session) -> Session:
        self._state.sessions[session.id] = session
        if session.status == "open":
            heapq.heappush(self._due, (session.expires_at, session.id))
        elif session.debit is not None:
            heapq.heappush(self._due, (session.debit.due_at, session.id))
        return session

    def _count_completion(self, session: Session) -> None:
        if session.payment_link_id is not None:
            link = self._state.payment_link(session.payment_link_id)
            count = link.completed_sessions_count + 1
            self._state.payment_links[link.id] = replace(link, completed_sessions_count=count)

    def _emit(self, type: str, session: Session, origin: Origin = BY_CUSTOMER) -> None:
        self.post_office.emit(type, SessionShapes(self._state).session(session), origin)

    def _mark_changed(self) -> None:
        if self._file is not None:
            self._file.mark_changed()

    def _encoded(self) -> bytes:
        with self._lock:
            return msgspec.json.encode(self._state)

    async def _tick_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        with self._lock:
            self._pass_time()

    async def _keep_ticking(self) -> None:
        while True:
            await self._tick_after(_TICK_SECONDS)
