"""The world of a run: Stripe's books, the customers' mailbox, the courier, and the processes of the engine."""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
from eventsourcing.persistence import PersistenceError, StoredEvent
from simulation.chance import Chance
from simulation.merchant import Later, session_of_event
from simulation.post import SimulatedCarrier
from simulation.process import Process
from simulation.scheduler import Restless, Scheduler, Task
from simulation.store import NOWHERE, open_log
from simulation.story import NOT_NOW, PRODUCTS, Party, without_courier
from simulation.web import Web

from application.log.log import Log
from application.ports import DeliveryReceipt, DeliveryRequest, Permanent, PortError, SessionUnknown, Temporary
from application.reading.checkout_state import checkout_state
from application.reading.mailed_keys import mailed_keys
from domain import reasons
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, fulfillment_id
from domain.mail import Mail
from domain.source import Source
from infrastructure.settings import load_settings
from infrastructure.stripe.gateway import EXPAND
from infrastructure.stripe.translation import checkout_of, read_session
from interfaces.sandbox.model.clock import Clock
from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.stripe_json.events import FULFILLING_EVENTS, SESSION_EVENTS
from interfaces.sandbox.stripe_json.session_shapes import SessionShapes
from interfaces.sandbox.stripe_json.shapes import Expand
from interfaces.sandbox.webhooks.courier import Office, Pace

BEGINNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
REFUSAL = "never again"
"""The message of permanent errors."""
_DEBIT_SECONDS = 30 * 86400.0
"""Longer than any story: stories settle their debits themselves."""
_TRACE_MAX = 20_000
_EVENTS_MAX = 3_000
_PLACES_MAX = 50_000
"""Ten times as many as the longest stories reach."""
_REST_SECONDS = 240.0
_SLOW_CALL_SECONDS = 5.0
_VISIT_SECONDS_MAX = 30.0
_URL = "http://127.0.0.1:4242/webhook"
_databases = count()


class Standstill:
    """A background that does nothing: the world lets time pass itself."""

    def submit(self, job: Any) -> Any:
        return None

    def stop(self) -> None: ...


@dataclass
class World:
    chance: Chance
    directory: Path
    catalog: str
    names: Sequence[str] = ("p1",)
    """Of the servers."""
    is_thin: bool = False
    has_two_endpoints: bool = False
    receives_payment_events: bool = False
    """True if the endpoints receive payment events, too."""
    delivery_seconds_max: float = 30.0
    page_events: int | None = None
    lag_seconds_max: float = 0.0
    without_courier: Collection[str] = ()
    """The servers whose hosts lack the package that knows the courier."""
    shells_catalog: str | None = None
    """The catalog of staff's shells; None: the one of the servers."""
    environment: Mapping[str, str] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler()
        self._looks = 0
        self._order_seed = str(self.chance.seed)
        self._random = random.Random(f"jitter {self.chance.seed}")
        self.database = f"file:simulation{next(_databases)}?mode=memory&cache=shared"
        self.views = f"{self.database.replace('?', '-views?')}"
        self.anchor = sqlite3.connect(self.database, uri=True)
        """Keeps the database in memory alive while no process runs."""
        self._anchors = [self.anchor, sqlite3.connect(self.views, uri=True)]
        self.held_locks: dict[str, object] = {}
        self.graves: list[Process] = []
        self.servers: dict[str, Process] = {}
        self.desks: list[Process] = []
        self.servers_catalogs: set[str] = set()
        """The digests of all catalogs of servers so far."""
        self.mailbox: dict[str, Mail] = {}
        """By message ID: mails with the same ID count as one, as for a mail server."""
        self.deliveries: dict[str, DeliveryRequest] = {}
        """By idempotency key: a delivery is made once per key."""
        self.slow_calls_for: set[str] = set()
        """The customers for whom a call of the courier takes seconds."""
        self.called: set[str] = set()
        """Those of them for whom the courier has been called."""
        self.ahead: dict[str, timedelta] = {}
        """By server, how far its clock is ahead."""
        self._ahead_at: dict[datetime, timedelta] = {}
        """By a time that a clock showed, how far the clock was ahead."""
        self.payers: set[str] = set()
        """The customers who have paid at Stripe, or have begun a delayed payment."""
        self.poison: set[str] = set()
        """The customers whose deliveries crash the process."""
        self._errors: dict[Party, PortError] = {}
        """By party outside, the error that it answers with."""
        self.events = 0
        self.places = 0
        self.open_effects: set[str] = set()
        self.given_up: set[str] = set()
        self.claims: dict[str, int] = {}
        """By effect, a unique number of its latest attempt without an outcome in the log."""
        self.before_commits: list[Callable[[Sequence[StoredEvent]], None]] = []
        """Called with the events that a process is about to commit."""
        self.times_put_back = 0
        """How often the log went back to an earlier moment."""
        self.epoch = 0
        """How often it did so and connections were lost."""
        self._committed_at = 0.0
        self.committed: dict[tuple[str, int], float] = {}
        """By stream and version, when the event was committed, in seconds since the run began."""
        self.lost: set[str] = set()
        """Events that the log lost when it went back, as `stream@version`."""
        self.customers: dict[str, str] = {}
        """By session, the name of the customer."""
        self.later: dict[str, Later] = {}
        """By session, what the merchant does with its authorized payment."""
        self.silent: set[str] = set()
        """The sessions whose events about the end of the payment never arrive."""
        self.wanting: set[str] = set()
        """The customers whose lines are planned, so that stock is reserved for them."""
        self._numbers: Counter[str] = Counter()
        self._event_names: dict[str, str] = {}
        self.web = Web(self.scheduler)
        self.carrier: SimulatedCarrier | None = None
        self.sandbox = Sandbox(
            pace=Pace(debit_delay_seconds=_DEBIT_SECONDS),
            seed=self.chance.seed,
            clock=Clock(self.wall),
            background=Standstill(),
            carrier=self._carrier,
        )
        events = FULFILLING_EVENTS if self.receives_payment_events else SESSION_EVENTS
        endpoints = [self.sandbox.add_webhook(_URL, events=events, is_thin=self.is_thin)]
        if self.has_two_endpoints:
            endpoints.append(self.sandbox.add_webhook(_URL, events=events))
        self.webhook_secrets = ",".join(endpoint.secrets[-1].value for endpoint in endpoints)
        for name in PRODUCTS:
            self.sandbox.create_product({"id": f"prod_{name}", "name": name})
        self._settings_path = self.directory / "catalog.toml"

    def _carrier(self, office: Office) -> SimulatedCarrier:
        self.carrier = SimulatedCarrier(self, office)
        return self.carrier

    # Time.

    def wall(self) -> float:
        return BEGINNING.timestamp() + self.scheduler.now

    def clock(self) -> datetime:
        """The time; each reading moves the clock by a microsecond, so that no two events have the same time."""
        self._looks += 1
        return BEGINNING + timedelta(seconds=self.scheduler.now, microseconds=self._looks)

    def clock_of(self, host: str) -> datetime:
        """The time by the clock of this host."""
        now, ahead = self.clock(), self.ahead.get(host)
        if ahead is None:
            return now
        self._ahead_at[now + ahead] = ahead
        return now + ahead

    def true_time(self, time: datetime) -> datetime:
        """The true time at which the clock of a host showed this time."""
        return time - self._ahead_at.get(time, timedelta(0))

    def jitter(self) -> float:
        return self._random.random()

    def pass_time(self) -> None:
        """Let time pass at Stripe: debits settle or fail, and sessions expire."""
        while True:
            self.sandbox.tick()
            self.scheduler.sleep(1800.0 if self.chance.is_calm else 15.0)

    # Processes.

    def process(self, name: str, *, is_desk: bool = False) -> Process:
        host = self.chance.pick(f"the shell of {name}", self.names) if is_desk else name
        catalog = self.catalog if self.shells_catalog is None or not is_desk else self.shells_catalog
        self._settings_path.write_text(without_courier(catalog) if host in self.without_courier else catalog)
        settings = load_settings(
            {
                "STRIPE_API_KEY": "sk_test_123456789012",
                "STRIPE_WEBHOOK_SECRET": self.webhook_secrets,
                "DATABASE_URL": f"sqlite:///{self.directory}/fulfillment.db",
                "FULFILL_CATALOG": str(self._settings_path),
                **self.environment,
            },
            None,
        )
        return Process(self, name, host, settings, is_desk=is_desk)

    def start(self, name: str) -> None:
        """Start a server with a worker, unless it runs."""
        if name in self.servers:
            return
        self.say(f"{name} starts")
        self.servers[name] = process = self.process(name)
        self.servers_catalogs.add(process.runtime.catalog.digest)
        process.start()

    def crash(self, process: Process) -> None:
        self.say(f"{process.name} crashes")
        if self.servers.get(process.name) is process:
            del self.servers[process.name]
            self.scheduler.spawn(f"restart of {process.name}", self, self._restarting(process.name))
        process.kill()

    @property
    def processes(self) -> Sequence[Process]:
        """The running processes, in the same order in every run."""
        return [*self.servers.values(), *self.desks]

    def end_all(self) -> None:
        """End every process. The caller starts them again."""
        for process in self.processes:
            process.kill()
        self.servers.clear()

    def _restarting(self, name: str) -> Callable[[], None]:
        def restart() -> None:
            self.scheduler.sleep(self.chance.amount(f"restart of {name} at {len(self.graves)}", 0.0, 40.0))
            self.start(name)

        return restart

    def stop(self, name: str) -> None:
        """Stop a server gracefully, if it runs."""
        process = self.servers.pop(name, None)
        if process is None:
            return
        self.say(f"{name} is asked to stop")
        stopping = process.spawn("stop", process.runtime.engine.stop)
        self.scheduler.wait(lambda: stopping.is_done or not process.is_alive)
        if process.is_alive:
            self.say(f"{name} has stopped")
            process.kill()

    def at_desk(self, name: str, act: Callable[[Process], None]) -> None:
        """Run a staff command in its own process, and wait for its end."""
        desk = self.process(name, is_desk=True)
        self.desks.append(desk)
        acting = desk.spawn("desk", lambda: act(desk))
        self.say(f"{name} begins")
        self.scheduler.wait(lambda: acting.is_done or not desk.is_alive)
        self.desks.remove(desk)
        if desk.is_alive:
            self.say(f"{name} is done")
            desk.kill()

    def server_for(self, what: str) -> Process | None:
        """Return the server that gets a request; None if none runs."""
        names = sorted(self.servers)
        return self.servers[self.chance.pick(what, names)] if names else None

    # Customers.

    def open_session(
        self, who: str, cart: Sequence[tuple[str, int]], *, is_free: bool, later: Later | None, is_silent: bool
    ) -> str:
        items = [
            {
                "quantity": quantity,
                "price_data": {"currency": "eur", "product": f"prod_{name}", "unit_amount": 0 if is_free else 1000},
            }
            for name, quantity in cart
        ]
        session = self.sandbox.create_session(
            {
                "mode": "payment",
                "success_url": "http://127.0.0.1:4242/after-checkout",
                "line_items": items,
                "payment_intent_data": {"capture_method": "automatic" if later is None else "manual"},
            }
        )
        self.customers[session.id] = who
        if later is not None:
            self.later[session.id] = later
        if is_silent:
            self.silent.add(session.id)
        return session.id

    def session_of(self, who: str) -> str | None:
        return next((id for id, name in self.customers.items() if name == who), None)

    def visit(self, process: Process, session_id: SessionId) -> None:
        """A customer opens the landing page, and waits until it is complete or the connection is lost."""
        visit = process.spawn(f"{self.customer_of(session_id)} visits", lambda: self._show(process, session_id))
        self.scheduler.wait(lambda: visit.is_done or not process.is_alive, _VISIT_SECONDS_MAX)

    def _show(self, process: Process, session_id: SessionId) -> None:
        times_put_back = self.times_put_back
        try:
            process.runtime.fulfill_checkout(session_id, source=Source.LANDING_PAGE, actor="customer")
        except NOT_NOW as error:
            self.say(f"{self.customer_of(session_id)} sees what the log knows: {type(error).__name__}")
        try:
            session = process.runtime.log.get(CheckoutSession, session_id)
            fulfillment = process.runtime.log.get(Fulfillment, fulfillment_id(session_id))
            mailed = mailed_keys(process.runtime.log, session_id, fulfillment)
        except PersistenceError:
            return
        if times_put_back != self.times_put_back:
            return  # the page shows a part of this log and a part of the other
        promised = {key for id in mailed for key in fulfillment.lines[id].keys}
        arrived = {key for mail in self.mailbox.values() for line in mail.lines for key in line.keys}
        assert promised <= arrived, f"{self.customer_of(session_id)} is referred to a mail with keys that never arrived"
        state = checkout_state(session, fulfillment)
        is_shown_as_paid = session.is_paid or fulfillment.requested is not None
        assert not is_shown_as_paid or self.sandbox.books.of(session_id).is_to_fulfill, f"shown as {state}, not paid"
        self.say(f"{self.customer_of(session_id)} sees: {state}")

    # The world outside of the engine.

    def stripe_answer(self, session_id: str) -> Checkout:
        self._raise_error("stripe")
        expand = Expand(frozenset(EXPAND))
        try:
            with self.sandbox.reading() as state:
                shown = SessionShapes(state).session(state.session(session_id), expand)
        except StripeError as error:
            raise SessionUnknown(reasons.unknown_to_stripe()) from error
        session = read_session(msgspec.json.encode(shown))
        assert session.line_items is not None
        return checkout_of(session, session.line_items.data)

    def claim(self, key: str) -> tuple[str, int | None, int]:
        """Return the effect, the attempt and the log that a call under this key belongs to, as it begins."""
        effect_id = key if key in self.claims else key.rpartition("_")[0]
        return effect_id, self.claims.get(effect_id), self.times_put_back

    def _is_of_another_log(self, claim: tuple[str, int | None, int], what: str) -> bool:
        """True if this log has lost the attempt, so that no check compares its outcome with this log."""
        effect_id, number, times_put_back = claim
        is_known = number is not None and (
            times_put_back == self.times_put_back or self.claims.get(effect_id) == number
        )
        is_so = self.times_put_back > 0 and not is_known
        if is_so:
            self.say(f"{what}, and the log has lost the attempt")
        return is_so

    def take_mail(self, mail: Mail, message_id: str, claim: tuple[str, int | None, int]) -> None:
        self._raise_error("mail server")
        if self._is_of_another_log(claim, f"a mail {mail.kind} arrives as {message_id}"):
            return
        known = self.mailbox.setdefault(message_id, mail)
        assert known == mail, f"one message ID was used for two different mails: {message_id}"
        self.say(f"a mail {mail.kind} arrives as {message_id}")

    def call_courier(self, who: str) -> None:
        if who in self.slow_calls_for:
            self.called.add(who)
            self.scheduler.sleep(_SLOW_CALL_SECONDS)

    def take_delivery(self, request: DeliveryRequest, claim: tuple[str, int | None, int]) -> DeliveryReceipt:
        self._raise_error("courier")
        if self._is_of_another_log(claim, f"the courier has taken {request.line.id}"):
            return DeliveryReceipt(note="the courier has it")
        self.deliveries.setdefault(request.idempotency_key, request)
        self.say(f"the courier has taken {request.line.id} for {self.customer_of(request.session_id)}")
        return DeliveryReceipt(note="the courier has it")

    def set_error(self, party: Party, error: type[Temporary] | type[Permanent] | None) -> None:
        """Have this party answer every call with the error; None ends that."""
        if error is None:
            self._errors.pop(party, None)
        else:
            self._errors[party] = error(f"{party}: {REFUSAL if error is Permanent else 'not now'}")
        self.say(f"{party}: {'works again' if error is None else error.__name__}")

    def _raise_error(self, party: Party) -> None:
        if party in self._errors:
            raise self._errors[party]

    # The end of a day.

    def calm_down(self) -> None:
        self.chance.is_calm = True
        self._errors.clear()
        self.ahead.clear()
        self.scheduler.poll_seconds_max = 1800.0
        self.say("No more mishaps from here on")
        for name in self.names:
            self.start(name)

    def is_at_rest(self) -> bool:
        """True if nothing more happens by itself."""
        assert self.carrier is not None
        with self.sandbox.reading() as state:  # lets time pass at Stripe, so the carrier may get work
            is_over = all(session.status != "open" and session.debit is None for session in state.sessions.values())
        return is_over and self.carrier.is_idle and not self.open_effects and self._is_followed()

    def _is_followed(self) -> bool:
        """True if the latest event is so old that every follower has followed it."""
        return self.scheduler.now - self._committed_at > _REST_SECONDS

    def what_is_open(self) -> str:
        assert self.carrier is not None
        return f"{sorted(self.open_effects)}, webhook deliveries under way: {not self.carrier.is_idle}"

    # Names.

    def customer_of(self, session_id: str | None) -> str:
        return self.customers.get(session_id or "", "no customer")

    def event_name(self, event_id: str) -> str:
        """Return a name of a Stripe event that does not depend on other events, so that a shortened run keeps it."""
        if event_id not in self._event_names:
            with self.sandbox.reading() as state:
                event = state.event(event_id)
                customer = self.customer_of(session_of_event(event, state))
            name = f"{event.type.rpartition('.')[2]} of {customer}"
            self._numbers[name] += 1
            self._event_names[event_id] = name if self._numbers[name] == 1 else f"{name} {self._numbers[name]}"
        return self._event_names[event_id]

    # The trace.

    def mishap(self, place: str, kinds: Sequence[str]) -> str | None:
        """
        Raises:
            Restless: the run reaches too many places.
        """
        self.places += 1
        if self.places > _PLACES_MAX:
            raise Restless(f"{_PLACES_MAX} places were reached, the last of them {place}.")
        what = self.chance.mishap(place, kinds)
        if what is not None:
            self._order_seed = f"{self.chance.seed} {place} {self.chance.drawn[-1].number}"
            self.say(f"MISHAP at {place}: {what}")
        return what

    def say(self, text: str) -> None:
        if len(self.trace) < _TRACE_MAX:
            self.trace.append(f"{self.scheduler.now:10.2f}s  {self.reported(text)}")

    def reported(self, text: str) -> str:
        """Return the text with customers' names in the place of session IDs."""
        for session_id, customer in self.customers.items():
            text = text.replace(session_id, f"({customer})")
        return text

    def report_events(self, place: str, events: Sequence[StoredEvent]) -> None:
        for event in events:
            self._note(event)
            self.say(f"{place}: {event.topic} in {event.originator_id}@{event.originator_version}")

    def _note(self, event: StoredEvent) -> None:
        self.events += 1
        self._committed_at = self.scheduler.now
        id = str(event.originator_id)
        self.committed[id, event.originator_version] = self.scheduler.now
        if event.topic in {"Fulfillment.Requested", "Fulfillment.StockHeld"}:
            self.wanting.add(self.customer_of(id.removeprefix("ful_")))
        if event.topic == "Effect.AttemptStarted":
            self.claims[id] = self.events
        elif event.topic.startswith("Effect."):
            self.claims.pop(id, None)
        if event.topic in {"Effect.Requested", "Effect.RetryRequested"}:
            self.open_effects.add(id)
            self.given_up.discard(id)
        elif event.topic in {"Effect.Succeeded", "Effect.GivenUp", "Effect.Withdrawn"}:
            self.open_effects.discard(id)
            if event.topic == "Effect.GivenUp":
                self.given_up.add(id)

    def take_given_up(self, session_id: str) -> bool:
        """Return True if an effect of this checkout was given up since the last call."""
        ids = {id for id in self.given_up if session_id in id}
        self.given_up -= ids
        return bool(ids)

    # Running.

    def run_until(self, is_over: Callable[[], bool]) -> None:
        """
        Raises:
            Restless: the engine never stops recording events.
            Any error of a task.
        """

        def is_over_in_time() -> bool:
            if self.events > _EVENTS_MAX:
                raise Restless(f"The log has {self.events} events, and the engine records more.")
            return is_over()

        self.scheduler.run(self.choose, is_over_in_time)

    def spawn(self, name: str, run: Callable[[], None]) -> Task:
        return self.scheduler.spawn(name, self, run)

    def choose(self, ready: list[Task], last: Task | None) -> Task:
        """Return the task that ran last, unless it has given way; else one by a hash of the seed and the latest mishap.
        So each seed has its own order of tasks, and keeps it."""
        if last in ready and not last.gives_way:
            return last
        others = [task for task in ready if not task.gives_way] or ready
        for task in ready:
            task.gives_way = False
        return min(others, key=lambda task: (self._rank(task.name), task.name))

    def _rank(self, name: str) -> int:
        return crc32(f"{self._order_seed} {name}".encode())

    def close(self) -> None:
        self.scheduler.end()
        for process in [*self.graves, *self.servers.values()]:
            process.bury()
        self.web.close()
        for anchor in self._anchors:
            anchor.close()

    def open_log(self) -> Log:
        """Open the log without places for mishaps, to read it after the run."""
        return open_log(self.database, NOWHERE)
