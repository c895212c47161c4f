from collections.abc import Callable

import pytest
from simulation.scheduler import Restless, Scheduler, Task


def in_turn(ready: list[Task], last: Task | None) -> Task:
    return last if last in ready and not last.gives_way else next((t for t in ready if not t.gives_way), ready[0])


def run(scheduler: Scheduler) -> None:
    scheduler.run(in_turn, until=lambda: all(task.is_done for task in scheduler.tasks))


def test_time_passes_only_when_all_wait() -> None:
    scheduler, seen = Scheduler(), []

    def sleeper(seconds: float) -> Callable[[], None]:
        def sleep() -> None:
            scheduler.sleep(seconds)
            seen.append((seconds, scheduler.now))

        return sleep

    for seconds in (300.0, 2.0, 86400.0):
        scheduler.spawn(f"sleeper {seconds}", "all", sleeper(seconds))
    run(scheduler)

    assert seen == [(2.0, 2.0), (300.0, 300.0), (86400.0, 86400.0)]


def test_a_task_that_gives_way_continues_after_the_others() -> None:
    scheduler, seen = Scheduler(), []

    def polite() -> None:
        seen.append("polite begins")
        scheduler.give_way()
        seen.append("polite ends")

    scheduler.spawn("polite", "all", polite)
    scheduler.spawn("other", "all", lambda: seen.append("other"))
    run(scheduler)

    assert seen == ["polite begins", "other", "polite ends"]


def test_what_is_killed_does_nothing_more_not_even_finally() -> None:
    scheduler, seen = Scheduler(), []

    def victim() -> None:
        try:
            scheduler.sleep(10.0)
        finally:
            seen.append("finally")

    def killer() -> None:
        scheduler.sleep(1.0)
        scheduler.kill("doomed")

    scheduler.spawn("victim", "doomed", victim)
    scheduler.spawn("killer", "others", killer)
    run(scheduler)

    assert seen == []
    scheduler.end()


def test_a_task_can_kill_its_own_group_in_the_middle_of_a_call() -> None:
    scheduler, seen = Scheduler(), []

    def suicidal() -> None:
        scheduler.kill("doomed")
        seen.append("went on")

    scheduler.spawn("suicidal", "doomed", suicidal)
    scheduler.spawn("survivor", "others", lambda: seen.append("survivor"))
    run(scheduler)

    assert seen == ["survivor"]
    scheduler.end()


def test_a_task_that_another_began_comes_back_to_the_hub_when_it_ends() -> None:
    scheduler, seen = Scheduler(), []

    def parent() -> None:
        child = scheduler.spawn("child", "all", lambda: seen.append("child"))
        scheduler.wait(lambda: child.is_done)
        seen.append("parent")

    scheduler.spawn("parent", "all", parent)
    run(scheduler)

    assert seen == ["child", "parent"]


def test_a_deadlock_is_found() -> None:
    scheduler = Scheduler()
    scheduler.spawn("waits", "all", lambda: scheduler.wait(lambda: False))

    with pytest.raises(Restless):
        run(scheduler)
    scheduler.end()


def test_a_run_without_end_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulation.scheduler.STEPS_MAX", 100)
    scheduler = Scheduler()

    def restless() -> None:
        while True:
            scheduler.sleep(1.0)

    scheduler.spawn("restless", "all", restless)
    with pytest.raises(Restless):
        run(scheduler)
    scheduler.end()
