"""Tasks that take turns on one thread, under a clock that passes only when all of them wait.

Every task is a greenlet, so that code which knows nothing of this can be held in the middle of anything it calls. Who
goes on is decided where a task pauses, by whoever drives the run; with the same decisions everything is the same again.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

STEPS_MAX = 25_000
"""A run that takes more turns than this does not come to rest."""


class Restless(Exception):
    """The run does not come to rest."""


@dataclass(eq=False)
class Task:
    name: str
    group: object
    """What it goes with when that is killed."""
    run: Callable[[], object]
    greenlet: Any = None
    is_done: bool = False
    is_ready: Callable[[], bool] | None = None
    """What it waits for; None while it can go on."""
    wakes_at: float | None = None
    """When it goes on all the same."""
    polls: float | None = None
    """After how many seconds it looks by itself whether there is something to do."""
    idle: int = 0
    """How often in a row it has looked for nothing."""
    seen: int = -1
    gives_way: bool = False
    """Whether it wants others to go on first."""


@dataclass
class Scheduler:
    now: float = 0.0
    """Seconds since the run began."""
    news: int = 0
    """Grows with everything that may give somebody something to do."""
    poll_seconds_max: float = 60.0
    """While nothing happens, those who look now and then do so less and less often, down to this: or days of waiting
    would be millions of turns."""
    steps: int = 0
    is_over: bool = False
    tasks: list[Task] = field(default_factory=list)
    _current: Task | None = None
    _hub: Any = field(default_factory=getcurrent)
    """Where a task comes back to when it waits or ends."""
    _graveyard: list[Task] = field(default_factory=list)

    @property
    def current(self) -> Task | None:
        return self._current

    def spawn(self, name: str, group: object, run: Callable[[], object]) -> Task:
        task = Task(name, group, run)
        task.greenlet = greenlet(self._running(task), parent=self._hub)
        self.tasks.append(task)
        self.news += 1
        return task

    def _running(self, task: Task) -> Callable[[], None]:
        def run() -> None:
            task.run()
            task.is_done = True

        return run

    def kill(self, group: object) -> None:
        """As `kill -9`: not a line more of them is run, no `finally` either."""
        dead = [task for task in self.tasks if task.group is group]
        self._graveyard += dead
        self.tasks = [task for task in self.tasks if task.group is not group]
        self.news += 1
        if self._current in dead:
            self._leave()

    def give_way(self) -> None:
        """The task that runs lets another one go on, and goes on itself at some later turn."""
        if self._current is not None:
            self._current.gives_way = True
            self._leave()

    def wait(self, is_ready: Callable[[], bool], seconds: float | None = None, *, polls: bool = False) -> bool:
        """The task that runs goes on when this is so, or after so long. Whether it was so.

        With `polls` it is somebody who looks by himself after these seconds whether there is something to do: he does
        when something has happened since, and else now and then.
        """
        task = self._current
        assert task is not None, "only a task can wait"
        if is_ready():
            task.idle = 0
            return True
        task.is_ready = is_ready
        if polls and seconds is not None:
            task.idle = 0 if task.seen != self.news else task.idle + 1
            task.seen, task.polls = self.news, seconds
            seconds = min(self.poll_seconds_max, seconds * 2.0 ** min(task.idle, 30))
        task.wakes_at = None if seconds is None else self.now + seconds
        self._leave()
        task.is_ready, task.wakes_at, task.polls = None, None, None
        return is_ready()

    def sleep(self, seconds: float) -> None:
        self.wait(lambda: False, seconds)

    def _leave(self) -> None:
        self._hub.switch()
        if self.is_over:
            raise GreenletExit

    def run(self, choose: Callable[[list[Task], Task | None], Task], until: Callable[[], bool]) -> None:
        """Let tasks go on until this is so. `choose` is given those that can go on, and who went on last.

        Raises:
            Restless: it takes too long, or everybody waits for ever.
            Whatever a task raises.
        """
        last: Task | None = None
        while not until():
            ready = [task for task in self.tasks if self._can_go_on(task)]
            if not ready:
                self._let_time_pass()
                continue
            last = choose(ready, last)
            self.steps += 1
            if self.steps > STEPS_MAX:
                raise Restless(f"It did not come to rest in {STEPS_MAX} turns; {last.name} was the last to go on.")
            self._go_on(last)

    def _go_on(self, task: Task) -> None:
        self._current = task
        try:
            task.greenlet.switch()
        finally:
            self._current = None
            if task.greenlet.dead:
                task.is_done = True
                self.tasks = [each for each in self.tasks if each is not task]

    def _can_go_on(self, task: Task) -> bool:
        if task.is_ready is None or task.is_ready():
            return True
        if task.polls is not None and task.seen != self.news and task.wakes_at is not None:
            task.wakes_at = min(task.wakes_at, self.now + task.polls)
        return task.wakes_at is not None and task.wakes_at <= self.now

    def _let_time_pass(self) -> None:
        times = [task.wakes_at for task in self.tasks if task.wakes_at is not None]
        if not times:
            raise Restless(f"Everybody waits for ever: {[task.name for task in self.tasks]}")
        self.now = max(self.now, min(times))

    def end(self) -> None:
        """Let go of everybody, so that nothing of this run is left to run later."""
        self.is_over = True
        for task in [*self.tasks, *self._graveyard]:
            with suppress(BaseException):  # whatever they do on their way out, nobody looks any more
                task.greenlet.throw(GreenletExit)
        self.tasks, self._graveyard = [], []


class SimulatedSignal:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True

    def clear(self) -> None:
        self._is_set = False

    def wait(self, timeout: float | None = None, /) -> bool:
        return self._scheduler.wait(self.is_set, timeout, polls=True)


@dataclass
class SimulatedThread:
    scheduler: Scheduler
    task: Task

    @property
    def name(self) -> str:
        return self.task.name.partition(".")[2]

    def is_alive(self) -> bool:
        return not self.task.is_done

    def join(self, timeout: float | None = None, /) -> None:
        self.scheduler.wait(lambda: self.task.is_done, timeout)
