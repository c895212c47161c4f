"""Tasks that take turns on one thread, under a clock that moves only while all of them wait.

Every task is a greenlet, so the scheduler can pause unmodified code in the middle of any call. Whenever a task pauses,
the driver of the run chooses the next one. The same choices make the same run.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

STEPS_MAX = 25_000
"""A run that takes more turns counts as one that never finishes."""


class Restless(Exception):
    """The run never finishes."""


@dataclass(eq=False)
class Task:
    name: str
    group: object
    """Tasks of one group are killed together."""
    run: Callable[[], object]
    greenlet: Any = None
    is_done: bool = False
    is_ready: Callable[[], bool] | None = None
    """The condition that it waits for; None if it can run."""
    wakes_at: float | None = None
    """The time at which it continues even without its condition."""
    polls: float | None = None
    """For a task that polls: its shortest pause, in seconds."""
    idle: int = 0
    """Its polls in a row without news."""
    seen: int = -1
    gives_way: bool = False
    """True if other tasks run first."""


@dataclass
class Scheduler:
    now: float = 0.0
    """Seconds since the run began."""
    news: int = 0
    """Grows with everything that may give a task work."""
    poll_seconds_max: float = 60.0
    """The longest pause of a task that polls. Its pauses double while nothing happens, or days of waiting would take
    millions of turns."""
    steps: int = 0
    is_over: bool = False
    tasks: list[Task] = field(default_factory=list)
    _current: Task | None = None
    _hub: Any = field(default_factory=getcurrent)
    """The greenlet that continues when a task waits or ends."""
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
        """End the tasks of this group as `kill -9` does: not even their `finally` blocks run."""
        dead = [task for task in self.tasks if task.group is group]
        self._graveyard += dead
        self.tasks = [task for task in self.tasks if task.group is not group]
        self.news += 1
        if self._current in dead:
            self._leave()

    def give_way(self) -> None:
        """Let other tasks run before the current one continues."""
        if self._current is not None:
            self._current.gives_way = True
            self._leave()

    def wait(self, is_ready: Callable[[], bool], seconds: float | None = None, *, polls: bool = False) -> bool:
        """Pause the current task until the condition is true, or for so many seconds. Return whether it is true.

        With `polls` the task polls every so many seconds. It does so only when there is news, and rarely without.
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
        """Run tasks until `until` is true. `choose` picks the next of the ready tasks; it is given the last one, too.

        Raises:
            Restless: it takes too long, or every task waits forever.
            Any error of a task.
        """
        last: Task | None = None
        while not until():
            ready = [task for task in self.tasks if self._is_ready(task)]
            if not ready:
                self._let_time_pass()
                continue
            last = choose(ready, last)
            self.steps += 1
            if self.steps > STEPS_MAX:
                raise Restless(f"It did not finish in {STEPS_MAX} turns; {last.name} ran last.")
            self._continue(last)

    def _continue(self, task: Task) -> None:
        self._current = task
        try:
            task.greenlet.switch()
        finally:
            self._current = None
            if task.greenlet.dead:
                task.is_done = True
                self.tasks = [each for each in self.tasks if each is not task]

    def _is_ready(self, task: Task) -> bool:
        if task.is_ready is None or task.is_ready():
            return True
        if task.polls is not None and task.seen != self.news and task.wakes_at is not None:
            task.wakes_at = min(task.wakes_at, self.now + task.polls)
        return task.wakes_at is not None and task.wakes_at <= self.now

    def _let_time_pass(self) -> None:
        times = [task.wakes_at for task in self.tasks if task.wakes_at is not None]
        if not times:
            raise Restless(f"Every task waits forever: {[task.name for task in self.tasks]}")
        self.now = max(self.now, min(times))

    def end(self) -> None:
        """End every task, so that none runs after this run."""
        self.is_over = True
        for task in [*self.tasks, *self._graveyard]:
            with suppress(BaseException):  # the run is over, so their errors do not matter
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
