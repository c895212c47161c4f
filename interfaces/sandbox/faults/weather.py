"""Random failures of webhook deliveries on their way, repeatable with a seed."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, get_args

Corruption: TypeAlias = Literal["altered", "truncated", "wrong_signature", "old_signature"]
Mishap: TypeAlias = Literal["dropped", "delayed", "reordered", "doubled", "lost", "answer_lost", "resent"] | Corruption

CHANCES: Final = ("drop", "lose", "lose_answer", "corrupt", "double", "delay", "reorder")
CORRUPTIONS: Final[tuple[Corruption, ...]] = get_args(Corruption)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How likely each mishap is, from 0 (never) to 1 (always).

    It strikes a delivery's first attempt. Those by which Stripe repeats it go well.
    """

    drop: float = 0.0
    """Never sent, and not repeated: only a resend brings it."""
    lose: float = 0.0
    """The attempt does not arrive."""
    lose_answer: float = 0.0
    """The attempt arrives; what the endpoint answers does not."""
    corrupt: float = 0.0
    """The delivery differs from what was signed. An endpoint must refuse it."""
    corrupt_as: tuple[Corruption, ...] = CORRUPTIONS
    """In which of these ways; any of them with the same chance."""
    double: float = 0.0
    """Sent twice at once."""
    delay: float = 0.0
    """Sent `delay_seconds` later."""
    reorder: float = 0.0
    """Sent after a later one, if one comes within `delay_seconds`."""
    delay_seconds: float = 2.0
    count: int | None = None
    """For how many deliveries it lasts; None: until it is changed."""


CALM: Final = Weather()
STORM: Final = Weather(drop=0.02, lose=0.15, lose_answer=0.1, corrupt=0.1, double=0.2, delay=0.2, reorder=0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """The failures of one delivery."""

    mishaps: tuple[Mishap, ...] = ()
    delay_seconds: float = 0.0


FAIR: Final = Fate()


class Skies:
    """The weather over each endpoint.

    The fate of a delivery depends on the seed, on the endpoint, and on how many events of its type went there before:
    not on how fast anything goes, nor on any other chance.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
        self._weather: dict[str | None, Weather] = {None: CALM}
        self._numbers: dict[str, int] = {}
        self._seen: Counter[tuple[str, str]] = Counter()

    def reseed(self, seed: int) -> None:
        """From now on as if nothing had been delivered yet."""
        self.seed = seed
        self._numbers.clear()
        self._seen.clear()

    def change(self, weather: Weather, endpoint_id: str | None = None) -> None:
        """Over one endpoint, or over all that have no weather of their own."""
        self._weather[endpoint_id] = weather

    def clear(self) -> None:
        self._weather = {None: CALM}

    def weather(self) -> dict[str | None, Weather]:
        """By endpoint; under None that of all others."""
        return dict(self._weather)

    def fate(self, event_type: str, endpoint_id: str) -> Fate:
        """The fate of the next delivery of such an event to that endpoint."""
        number = self._numbers.setdefault(endpoint_id, len(self._numbers))
        self._seen[event_type, endpoint_id] += 1
        place = endpoint_id if endpoint_id in self._weather else None
        weather = self._weather[place]
        if weather.count is not None:
            left = weather.count - 1
            self._weather[place] = replace(weather, count=left) if left > 0 else CALM
        return _drawn(weather, f"{self.seed} {number} {event_type} {self._seen[event_type, endpoint_id]}")


def _drawn(weather: Weather, seed: str) -> Fate:
    """Draws the same chances whatever the weather, so that one that is changed changes no other."""
    chance = random.Random(seed)  # noqa: S311 (it has to be the same again)
    happens = {name: chance.random() < getattr(weather, name) for name in CHANCES}
    corruption = chance.choice(weather.corrupt_as)
    if happens["drop"]:
        return Fate(mishaps=("dropped",))
    mishaps = [mishap for name, mishap in _ON_THE_WAY if happens[name]]
    return Fate(mishaps=(*mishaps, *_harm(happens, corruption)), delay_seconds=weather.delay_seconds)


_ON_THE_WAY: Final[Sequence[tuple[str, Mishap]]] = (
    ("double", "doubled"),
    ("delay", "delayed"),
    ("reorder", "reordered"),
)


def _harm(happens: dict[str, bool], corruption: Corruption) -> Sequence[Mishap]:
    """At most one: what is lost can't be altered as well."""
    if happens["lose"]:
        return ["lost"]
    if happens["corrupt"]:
        return [corruption]
    return ["answer_lost"] if happens["lose_answer"] else []
