"""One process of the engine with its own loops. The world can delay it, fail its calls and kill it anywhere."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from eventsourcing.persistence import Notification, OperationalError, StoredEvent
from fakes.outside import MemoryLocks, as_written
from simulation.scheduler import Scheduler, SimulatedSignal, SimulatedThread
from simulation.store import Places, SimulatedViews, open_log

from application.log.log import Log
from application.ports import DeliveryReceipt, DeliveryRequest, Temporary
from application.reading.views import Views
from application.threads import Running, Signal, Threads
from application.writing.states import StateRows
from domain.checkout import Checkout
from domain.mail import Mail, SentMail
from infrastructure.settings import Settings
from infrastructure.views.sqlite import SQLiteViews
from infrastructure.views.sqlite_states import SQLiteStates
from interfaces.bootstrap import Replacements, Runtime, bootstrap
from interfaces.cli.running.desk import Desk
from interfaces.web.webhook import Webhook

if TYPE_CHECKING:
    from simulation.world import World

P = ParamSpec("P")
T = TypeVar("T")

_AT_A_READ = ("fails", "crash", "loses its locks", "gives way")
_BEFORE_A_WRITE = ("fails", "crash", "loses its locks", "stalls")
_AFTER_A_WRITE = ("unreported", "crash", "gives way")
_BEFORE_A_CALL = ("times out", "crash at a call", "slow", "gives way")
_AFTER_A_CALL = ("unreported call", "crash at a call", "slow", "gives way")


class Lost(OperationalError):
    """The store could not be reached, or its answer was lost."""


class EngineFailed(Exception):
    """An engine ended itself, which no mishap may cause."""


@dataclass
class SimulatedThreads(Threads):
    process: "Process"

    @property
    def _scheduler(self) -> Scheduler:
        return self.process.world.scheduler

    def signal(self) -> Signal:
        return SimulatedSignal(self._scheduler)

    def start(self, name: str, run: Callable[[], None]) -> Running:
        return SimulatedThread(self._scheduler, self.process.spawn(name, run))

    def result(self, future: Future[T]) -> T:
        self._scheduler.wait(future.done)
        return future.result()

    def within(self, seconds: float, call: Callable[[], T]) -> T:
        """Every call of a simulation returns."""
        return call()

    def sleep(self, seconds: float) -> None:
        self._scheduler.sleep(seconds)

    def monotonic(self) -> float:
        return self._scheduler.now

    def thread_time(self) -> float:
        return self._scheduler.now


class DeskThreads(SimulatedThreads):
    """The threads of a staff command. It polls for what a server does, and here polls only when something has
    happened."""

    def sleep(self, seconds: float) -> None:
        self._scheduler.wait(lambda: False, seconds, polls=True)


class Jobs(Executor):
    """Runs each job as a task of its process."""

    def __init__(self, process: "Process") -> None:
        self._process = process
        self._is_shut_down = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        if self._is_shut_down:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[T] = Future()

        def work() -> None:
            if self._is_shut_down:
                future.cancel()
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - it is raised to the caller that waits
                future.set_exception(error)
            else:
                future.set_result(result)

        self._process.spawn("job", work)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._is_shut_down = self._is_shut_down or cancel_futures


class ProcessLocks(MemoryLocks):
    """Locks that a process may lose without noticing, as when its session at the database breaks."""

    lag: Callable[[], None] | None = None
    """Sleeps for as long as the policies lag."""

    def lead(self) -> bool:
        if self.lag is not None:
            self.lag()
        return super().lead()

    def lose(self) -> None:
        self.release()
        self.__init__(self._held)  # type: ignore[misc]  # under another ID, as a new session has


@dataclass(frozen=True)
class ProcessStores:
    process: "Process"

    @property
    def is_shared(self) -> bool:
        return False

    def migrate(self) -> None:
        """Do nothing: the tables exist."""

    def check(self) -> None:
        """Do nothing: the tables are right."""

    def open_log(self) -> Log:
        log = open_log(self.process.world.database, self.process)
        log.page_events = self.process.world.page_events or log.page_events
        return log

    def open_views(self) -> Views:
        return SimulatedViews(SQLiteViews(self.process.world.views), self.process)

    def open_states(self) -> StateRows:
        return SQLiteStates(self.process.world.views)

    def locks(self) -> MemoryLocks:
        return self.process.locks


class Process(Places):
    """`kill` ends it as `kill -9` would: its locks are free, and its memory is gone."""

    def __init__(self, world: "World", name: str, host: str, settings: Settings, *, is_desk: bool = False) -> None:
        """`is_desk`: it is a staff command, a short-lived process on the host of a server."""
        self.world = world
        self.name = name
        self.is_alive = True
        self.is_up = False
        """True when it is wired; no mishap happens to it before."""
        self.epoch = world.epoch
        self.locks = ProcessLocks(world.held_locks)
        self.locks.lag = self._lag
        self._looks = 0
        self._host = host
        self.runtime: Runtime = bootstrap(
            settings,
            Replacements(
                clock=self.clock,
                random=world.jitter,
                threads=DeskThreads(self) if is_desk else SimulatedThreads(self),
                gateway=self,
                mailer=self,
                deliveries={} if host in world.without_courier else {"courier": self},
                executor=Jobs(self),
                stores=ProcessStores(self),
            ),
        )
        self.is_up = True
        self.webhook = Webhook(self.runtime.writer, self.runtime.webhook_reader, self.clock)

    def clock(self) -> datetime:
        return self.world.clock_of(self._host)

    @property
    def desk(self) -> Desk:
        """The desk of a staff command."""
        return Desk(self.runtime, talk=self.world.say)

    def start(self, *, with_worker: bool = True) -> None:
        self.runtime.engine.on_failure = self._fail
        self.runtime.engine.start(with_worker=with_worker)

    def _fail(self) -> None:
        raise EngineFailed(f"{self.name}: {self.runtime.engine.failure!r}") from self.runtime.engine.failure

    def spawn(self, name: str, run: Callable[[], Any]) -> Any:
        return self.world.scheduler.spawn(f"{self.name}.{name}", self, run)

    def kill(self) -> None:
        self.is_alive = False
        self.locks.release()
        self.world.graves.append(self)
        self.world.scheduler.kill(self)

    def _lag(self) -> None:
        """Delay some turns of the follower, so that staff and workers of other processes act first."""
        task, seconds_max = self.world.scheduler.current, self.world.lag_seconds_max
        if task is None or task.name != f"{self.name}.writer" or self.world.chance.is_calm:
            return
        self._looks += 1
        seconds = self.world.chance.amount(f"{self.name} lags {self._looks}", -4 * seconds_max, seconds_max)
        if seconds > 0:
            self.world.scheduler.sleep(seconds)

    def bury(self) -> None:
        """Close what the operating system would close, when no task can use it any more."""
        self.runtime.log.close()
        self.runtime.views.close()

    # The places where mishaps happen.

    def read(self, what: str) -> None:
        self._reach(self._place(what), _AT_A_READ, Lost)
        self.epoch = self.world.epoch

    def write(self, what: str, do: Callable[[], T]) -> T:
        place = self._place(what)
        self._reach(f"{place}, before", _BEFORE_A_WRITE, Lost)
        self.epoch = self.world.epoch
        result = do()
        self.world.scheduler.news += 1
        self._reach(f"{place}, after", _AFTER_A_WRITE, Lost)
        return result

    def committing(self, events: Sequence[StoredEvent]) -> None:
        for happen in list(self.world.before_commits):
            happen(events)

    def committed(self, events: Sequence[StoredEvent]) -> None:
        self.world.report_events(self._place("commit"), events)

    def seen(self, found: Sequence[Notification]) -> Sequence[Notification]:
        """Turn some events into events of a later version, which followers park until a person asks for a retry."""
        task = self.world.scheduler.current
        if task is None or not task.name.endswith(".writer"):
            return found
        return [replace(each, topic="Later.Event") if self._becomes_unknown(each) else each for each in found]

    def _becomes_unknown(self, each: Notification) -> bool:
        is_of_a_checkout = b'"session_id"' in each.state
        return is_of_a_checkout and self.world.mishap(self._place(f"reads {each.topic}"), ("unknown",)) is not None

    def _call(self, what: str, do: Callable[[], T]) -> T:
        self._reach(f"{what}, before", _BEFORE_A_CALL, Temporary)
        result = do()
        self._reach(f"{what}, after", _AFTER_A_CALL, Temporary)
        return result

    def _place(self, what: str) -> str:
        task = self.world.scheduler.current
        return f"{task.name if task else self.name}: {what}"

    def _reach(self, place: str, kinds: Sequence[str], error: type[Exception]) -> None:
        what = self.world.mishap(place, kinds) if self.is_up else None
        if what is None:
            return
        if what == "gives way":
            self.world.scheduler.give_way()
        elif what == "stalls":
            self.world.scheduler.sleep(self.world.chance.amount(place, 0.02, 6.0))
        elif what == "loses its locks":
            self.locks.lose()
            self.world.scheduler.sleep(self.world.chance.amount(place, 0.02, 5.0))
        elif what == "slow":
            self.world.scheduler.sleep(self.world.chance.amount(place, 0.1, 400.0))
        elif what in {"crash", "crash at a call"}:
            self.world.crash(self)
        else:
            raise error(f"{place}: {what}")

    # The ports.

    def retrieve(self, session_id: str) -> Checkout:
        return self._call(
            f"Stripe is asked about {self.world.customer_of(session_id)}", lambda: self.world.stripe_answer(session_id)
        )

    def send(self, mail: Mail, *, message_id: str) -> SentMail:
        claim = self.world.claim(message_id)
        self._call(f"a mail {mail.kind} is sent", lambda: self.world.take_mail(mail, message_id, claim))
        return as_written(mail)

    def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
        claim = self.world.claim(request.idempotency_key)
        who = self.world.customer_of(request.session_id)
        self.world.call_courier(who)

        def deliver() -> DeliveryReceipt:
            receipt = self.world.take_delivery(request, claim)
            if who in self.world.poison:
                self.world.crash(self)
            return receipt

        return self._call(f"the courier is called for {who}", deliver)
