"""All there is in a run: Stripe's books, the customers' mailbox, the courier, and the processes of the engine."""

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
from simulation.story import NOT_NOW, PRODUCTS, without_courier
from simulation.web import Web

from application.log.log import Log
from application.ports import DeliveryReceipt, DeliveryRequest, Permanent, SessionUnknown, Temporary
from application.reading.checkout_state import checkout_state
from application.reading.mailed_keys import mailed_keys
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from domain.identifiers import fulfillment_id
from domain.ids import SessionId
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
"""What they say who refuse for good."""
_DEBIT_SECONDS = 30 * 86400.0
"""Stories settle their debits themselves."""
_TRACE_MAX = 20_000
_EVENTS_MAX = 3_000
_PLACES_MAX = 50_000
"""Ten times what the longest stories come to."""
_REST_SECONDS = 240.0
_SLOW_CALL_SECONDS = 5.0
_VISIT_SECONDS_MAX = 30.0
_URL = "http://127.0.0.1:4242/webhook"
_databases = count()


class Standstill:
    """A background in which nothing ever happens: the world lets time pass itself."""

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
    hears_of_payments: bool = False
    """Whether the endpoints are sent what Stripe tells of payments, beside what it tells of sessions."""
    delivery_seconds_max: float = 30.0
    page_events: int | None = None
    lag_seconds_max: float = 0.0
    without_courier: Collection[str] = ()
    """The servers whose hosts lack the package that knows the courier."""
    shells_catalog: str | None = None
    """What the shells of staff have for a catalog, if it is another one than the servers have."""
    environment: Mapping[str, str] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler()
        self._looks = 0
        self._lots = str(self.chance.seed)
        self._random = random.Random(f"jitter {self.chance.seed}")
        self.database = f"file:simulation{next(_databases)}?mode=memory&cache=shared"
        self.views = f"{self.database.replace('?', '-views?')}"
        self.anchor = sqlite3.connect(self.database, uri=True)
        """Keeps the log while no process is there."""
        self._anchors = [self.anchor, sqlite3.connect(self.views, uri=True)]
        self.held_locks: dict[str, object] = {}
        self.graves: list[Process] = []
        self.servers: dict[str, Process] = {}
        self.desks: list[Process] = []
        self.servers_catalogs: set[str] = set()
        """The digests of all catalogs that servers ever had."""
        self.mailbox: dict[str, Mail] = {}
        """By message ID: the same one twice is one mail, as a mail server and a reader see it."""
        self.deliveries: dict[str, DeliveryRequest] = {}
        """By idempotency key: whoever delivers does it once per key."""
        self.slow_calls_for: set[str] = set()
        """The customers for whom a courier takes his time when he is called."""
        self.called: set[str] = set()
        """Those for whom he has been called since."""
        self.ahead: dict[str, timedelta] = {}
        """How far the clocks of these servers are ahead."""
        self._ahead_at: dict[datetime, timedelta] = {}
        """By the time that a clock showed, how far it was ahead then."""
        self.payers: set[str] = set()
        """The customers who have done at Stripe what they had to."""
        self.poison: set[str] = set()
        """The customers whose deliveries end the process that makes them."""
        self.couriers_trouble: Exception | None = None
        self.stripes_trouble: Exception | None = None
        self.mails_trouble: Exception | None = None
        self.events = 0
        self.places = 0
        self.open_effects: set[str] = set()
        self.given_up: set[str] = set()
        self.claims: dict[str, int] = {}
        """Effect to its latest attempt that has no outcome in the log, each attempt under a number of its own."""
        self.before_commits: list[Callable[[Sequence[StoredEvent]], None]] = []
        """What happens when a process is about to commit something."""
        self.times_put_back = 0
        """How often the log was put back to an earlier moment."""
        self.epoch = 0
        """How often connections to the log were lost with that."""
        self._committed_at = 0.0
        self.committed: dict[tuple[str, int], float] = {}
        """By stream and version, when the event was in the log, in seconds since the run began."""
        self.lost: set[str] = set()
        """By stream and version, in one word, events that were in the log before it was put back."""
        self.customers: dict[str, str] = {}
        """Session to the customer's name."""
        self.later: dict[str, Later] = {}
        """Session to what the merchant does with its payment, which is only authorized at the checkout."""
        self.silent: set[str] = set()
        """The sessions of which no event ever tells how their payment ends."""
        self.wanting: set[str] = set()
        """The customers whose lines have been planned, and asked for what is on the shelf."""
        self._numbers: Counter[str] = Counter()
        self._whats: dict[str, str] = {}
        self.web = Web(self.scheduler)
        self.carrier: SimulatedCarrier | None = None
        self.sandbox = Sandbox(
            pace=Pace(debit_delay_seconds=_DEBIT_SECONDS),
            seed=self.chance.seed,
            clock=Clock(self.wall),
            background=Standstill(),
            carrier=self._carrier,
        )
        events = FULFILLING_EVENTS if self.hears_of_payments else SESSION_EVENTS
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
        """A microsecond later at every look, so that no two events are of one moment."""
        self._looks += 1
        return BEGINNING + timedelta(seconds=self.scheduler.now, microseconds=self._looks)

    def clock_of(self, host: str) -> datetime:
        """The same, by this server's own clock."""
        now, ahead = self.clock(), self.ahead.get(host)
        if ahead is None:
            return now
        self._ahead_at[now + ahead] = ahead
        return now + ahead

    def true_time(self, time: datetime) -> datetime:
        """When it really was this time by the clock that a process has looked at."""
        return time - self._ahead_at.get(time, timedelta(0))

    def jitter(self) -> float:
        return self._random.random()

    def pass_time(self) -> None:
        """What time brings at Stripe: debits settle or fail, sessions expire."""
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
        """A server with a worker; nothing if it runs."""
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
        """Those that run, in an order that is the same in every run."""
        return [*self.servers.values(), *self.desks]

    def end_all(self) -> None:
        """Every process ends, and whoever stopped them starts them again."""
        for process in self.processes:
            process.kill()
        self.servers.clear()

    def _restarting(self, name: str) -> Callable[[], None]:
        def restart() -> None:
            self.scheduler.sleep(self.chance.amount(f"restart of {name} at {len(self.graves)}", 0.0, 40.0))
            self.start(name)

        return restart

    def stop(self, name: str) -> None:
        """Tell a server to stop, and wait until it has; nothing if it does not run."""
        process = self.servers.pop(name, None)
        if process is None:
            return
        self.say(f"{name} is told to stop")
        stopping = process.spawn("stop", process.runtime.engine.stop)
        self.scheduler.wait(lambda: stopping.is_done or not process.is_alive)
        if process.is_alive:
            self.say(f"{name} has stopped")
            process.kill()

    def at_desk(self, name: str, act: Callable[[Process], None]) -> None:
        """Have a command of staff carried out by a process of its own, and wait until it is over."""
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
        """The one that a request comes to; None if none is up."""
        names = sorted(self.servers)
        return self.servers[self.chance.pick(what, names)] if names else None

    # What customers do.

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
        """A customer comes to the landing page, and waits until it is there or the connection is gone."""
        visit = process.spawn(f"{self.whose(session_id)} visits", lambda: self._show(process, session_id))
        self.scheduler.wait(lambda: visit.is_done or not process.is_alive, _VISIT_SECONDS_MAX)

    def _show(self, process: Process, session_id: SessionId) -> None:
        times_put_back = self.times_put_back
        try:
            process.runtime.fulfill_checkout(session_id, source=Source.LANDING_PAGE, actor="customer")
        except NOT_NOW as trouble:
            self.say(f"{self.whose(session_id)} sees what the log knows: {type(trouble).__name__}")
        try:
            session = process.runtime.log.get(CheckoutSession, session_id)
            fulfillment = process.runtime.log.get(Fulfillment, fulfillment_id(session_id))
            mailed = mailed_keys(process.runtime.log, session_id, fulfillment)
        except PersistenceError:
            return
        if times_put_back != self.times_put_back:
            return  # he sees something of this log, and something of the other
        promised = {key for id in mailed for key in fulfillment.lines[id].keys}
        arrived = {key for mail in self.mailbox.values() for line in mail.lines for key in line.keys}
        assert promised <= arrived, f"{self.whose(session_id)} is sent to a mail with keys that never arrived"
        state = checkout_state(session, fulfillment)
        is_shown_as_paid = session.is_paid or fulfillment.requested is not None
        assert not is_shown_as_paid or self.sandbox.books.of(session_id).is_to_fulfill, f"shown as {state}, not paid"
        self.say(f"{self.whose(session_id)} sees: {state}")

    # What is outside of the engine.

    def stripe_answer(self, session_id: str) -> Checkout:
        if self.stripes_trouble is not None:
            raise self.stripes_trouble
        expand = Expand(frozenset(EXPAND))
        try:
            with self.sandbox.reading() as state:
                shown = SessionShapes(state).session(state.session(session_id), expand)
        except StripeError as error:
            raise SessionUnknown("Stripe knows no such session.") from error
        session = read_session(msgspec.json.encode(shown))
        assert session.line_items is not None
        return checkout_of(session, session.line_items.data)

    def claim(self, key: str) -> tuple[str, int | None, int]:
        """Which attempt a call under this key is, as it begins."""
        effect_id = key if key in self.claims else key.rpartition("_")[0]
        return effect_id, self.claims.get(effect_id), self.times_put_back

    def _is_of_another_log(self, claim: tuple[str, int | None, int], what: str) -> bool:
        """Whether the attempt is not in this log any more: nothing of this log need speak of what comes of it."""
        effect_id, number, times_put_back = claim
        is_known = number is not None and (
            times_put_back == self.times_put_back or self.claims.get(effect_id) == number
        )
        is_so = self.times_put_back > 0 and not is_known
        if is_so:
            self.say(f"{what}, and the log does not know of it any more")
        return is_so

    def take_mail(self, mail: Mail, message_id: str, claim: tuple[str, int | None, int]) -> None:
        if self.mails_trouble is not None:
            raise self.mails_trouble
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
        if self.couriers_trouble is not None:
            raise self.couriers_trouble
        if self._is_of_another_log(claim, f"the courier has taken {request.line.id}"):
            return DeliveryReceipt(note="the courier has it")
        self.deliveries.setdefault(request.idempotency_key, request)
        self.say(f"the courier has taken {request.line.id} for {self.whose(request.session_id)}")
        return DeliveryReceipt(note="the courier has it")

    def trouble_for(self, whom: str, error: type[Temporary] | type[Permanent] | None) -> None:
        trouble = None if error is None else error(f"{whom}: {REFUSAL if error is Permanent else 'not now'}")
        setattr(self, f"{whom}_trouble", trouble)
        self.say(f"{whom}: {'well again' if error is None else error.__name__}")

    # The end of a day.

    def calm_down(self) -> None:
        self.chance.is_calm = True
        self.couriers_trouble = self.stripes_trouble = self.mails_trouble = None
        self.ahead.clear()
        self.scheduler.poll_seconds_max = 1800.0
        self.say("Nothing goes wrong from here on")
        for name in self.names:
            self.start(name)

    def is_at_rest(self) -> bool:
        """Whether nothing is left that would happen by itself."""
        assert self.carrier is not None
        with self.sandbox.reading() as state:  # which lets time pass at Stripe, and may give the post something to do
            is_over = all(session.status != "open" and session.debit is None for session in state.sessions.values())
        return is_over and self.carrier.is_idle and not self.open_effects and self._is_followed()

    def _is_followed(self) -> bool:
        """Whether every event has been followed, and some time has passed since the latest."""
        return self.scheduler.now - self._committed_at > _REST_SECONDS

    def what_is_open(self) -> str:
        assert self.carrier is not None
        return f"{sorted(self.open_effects)}, post under way: {not self.carrier.is_idle}"

    # Who is meant.

    def whose(self, session_id: str | None) -> str:
        return self.customers.get(session_id or "", "nobody")

    def what(self, event_id: str) -> str:
        """Names a Stripe event by what it says, so that it keeps its name when other things do not happen."""
        if event_id not in self._whats:
            with self.sandbox.reading() as state:
                event = state.event(event_id)
                customer = self.whose(session_of_event(event, state))
            name = f"{event.type.rpartition('.')[2]} of {customer}"
            self._numbers[name] += 1
            self._whats[event_id] = name if self._numbers[name] == 1 else f"{name} {self._numbers[name]}"
        return self._whats[event_id]

    # What is told of it.

    def mishap(self, place: str, kinds: Sequence[str]) -> str | None:
        """
        Raises:
            Restless: somebody does the same over and over.
        """
        self.places += 1
        if self.places > _PLACES_MAX:
            raise Restless(f"{_PLACES_MAX} places were reached, the last of them {place}.")
        what = self.chance.mishap(place, kinds)
        if what is not None:
            self._lots = f"{self.chance.seed} {place} {self.chance.drawn[-1].number}"
            self.say(f"MISHAP at {place}: {what}")
        return what

    def say(self, text: str) -> None:
        if len(self.trace) < _TRACE_MAX:
            self.trace.append(f"{self.scheduler.now:10.2f}s  {self.reported(text)}")

    def reported(self, text: str) -> str:
        """With the customers' names instead of the IDs of their sessions."""
        for session_id, customer in self.customers.items():
            text = text.replace(session_id, f"({customer})")
        return text

    def tell_of_events(self, place: str, events: Sequence[StoredEvent]) -> None:
        for event in events:
            self._note(event)
            self.say(f"{place}: {event.topic} in {event.originator_id}@{event.originator_version}")

    def _note(self, event: StoredEvent) -> None:
        self.events += 1
        self._committed_at = self.scheduler.now
        id = str(event.originator_id)
        self.committed[id, event.originator_version] = self.scheduler.now
        if event.topic in {"Fulfillment.Requested", "Fulfillment.StockHeld"}:
            self.wanting.add(self.whose(id.removeprefix("ful_")))
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
        """Whether something of this checkout was given up since this was last asked."""
        ids = {id for id in self.given_up if session_id in id}
        self.given_up -= ids
        return bool(ids)

    # Running it.

    def run_until(self, is_over: Callable[[], bool]) -> None:
        """
        Raises:
            Restless: the engine goes on and on.
            Whatever a task raises.
        """

        def is_over_in_time() -> bool:
            if self.events > _EVENTS_MAX:
                raise Restless(f"There are {self.events} events, and still more to come.")
            return is_over()

        self.scheduler.run(self.choose, is_over_in_time)

    def spawn(self, name: str, run: Callable[[], None]) -> Task:
        return self.scheduler.spawn(name, self, run)

    def choose(self, ready: list[Task], last: Task | None) -> Task:
        """Whoever went on last goes on, if he has not given way; else who comes first by lot. Lots are drawn anew with
        every mishap: each seed has an order of its own, and keeps it."""
        if last in ready and not last.gives_way:
            return last
        others = [task for task in ready if not task.gives_way] or ready
        for task in ready:
            task.gives_way = False
        return min(others, key=lambda task: (self._lot(task.name), task.name))

    def _lot(self, name: str) -> int:
        return crc32(f"{self._lots} {name}".encode())

    def close(self) -> None:
        self.scheduler.end()
        for process in [*self.graves, *self.servers.values()]:
            process.bury()
        self.web.close()
        for anchor in self._anchors:
            anchor.close()

    def open_log(self) -> Log:
        """To be read when all is over, with nothing happening."""
        return open_log(self.database, NOWHERE)
