"""Carries webhook deliveries from the sandbox to a process: late, twice, out of order, or not at first."""

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from simulation.merchant import is_lost_for_good
from simulation.web import Answer

from interfaces.sandbox.model.values import DeliveryAttempt
from interfaces.sandbox.webhooks.courier import Carrier, Errand, Office, Post

if TYPE_CHECKING:
    from simulation.process import Process
    from simulation.world import World

ANSWER_SECONDS_MAX = 20.0
RETRY_SECONDS = (5.0, 60.0, 600.0, 3600.0)
_ON_THE_WAY = ("dropped", "doubled", "corrupted", "answer lost")


class SimulatedCarrier(Carrier):
    """Carries each errand in its own task, and repeats it until it is answered 2xx."""

    def __init__(self, world: "World", office: Office) -> None:
        self._world = world
        self._office = office
        self._under_way: set[tuple[str, str]] = set()
        self.acknowledged: set[str] = set()
        """Events that a process has answered 2xx, whether or not the answer arrived."""
        self.signed: dict[str, set[bytes]] = defaultdict(set)
        """By event, the bodies that were signed and sent."""

    @property
    def is_idle(self) -> bool:
        return not self._under_way

    def send(self, errand: Errand) -> None:
        if is_lost_for_good(errand.event_id, self._world):
            return
        key = (errand.event_id, errand.endpoint_id)
        if key in self._under_way and not errand.is_extra:
            return
        self._under_way.add(key)
        self._world.scheduler.spawn(
            f"post.{self._world.event_name(errand.event_id)}", self._world, self._carrying(errand)
        )

    def first_answers(self, event_id: str) -> list["Future[None]"]:
        return []

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        return self.is_idle

    def _carrying(self, errand: Errand) -> Callable[[], None]:
        def carry() -> None:
            place = f"post of {self._world.event_name(errand.event_id)}"
            self._world.scheduler.sleep(self._world.chance.amount(place, 0.0, self._world.delivery_seconds_max))
            number = 0
            while not self._attempt(errand, place):
                self._world.scheduler.sleep(RETRY_SECONDS[min(number, len(RETRY_SECONDS) - 1)])
                number += 1
            self._under_way.discard((errand.event_id, errand.endpoint_id))
            self._world.scheduler.news += 1

        return carry

    def _attempt(self, errand: Errand, place: str) -> bool:
        """Return True if Stripe will not repeat it."""
        post = self._office.prepare(errand)
        if isinstance(post, str):
            return post == "never"
        self.signed[errand.event_id].add(post.body)
        what = self._world.mishap(place, _ON_THE_WAY)
        if what == "dropped":
            status = None
        elif what == "corrupted":
            status = self._post(errand, Post(url=post.url, body=post.body[:-1] + b" ", headers=post.headers))
            assert status is None or status >= 400, f"{place}: a corrupted body was answered {status}"
        else:
            for _ in range(2 if what == "doubled" else 1):
                status = self._post(errand, post)
        status = None if what == "answer lost" else status
        attempt = DeliveryAttempt(at=self._world.wall(), status=status, error=None if status else "timed out")
        self._office.record(errand, attempt, is_last=False)
        return attempt.has_succeeded

    def _post(self, errand: Errand, post: Post) -> int | None:
        """Return the status of the answer; None without an answer."""
        process = self._world.server_for(f"post {errand.event_id}")
        if process is None:
            return None
        answer = self._world.web.post(process.webhook, post)
        self._world.scheduler.wait(lambda: _is_over(answer, process), ANSWER_SECONDS_MAX)
        if answer.status == 200:
            self.acknowledged.add(errand.event_id)
        return answer.status


def _is_over(answer: Answer, process: "Process") -> bool:
    return answer.status is not None or not process.is_alive
