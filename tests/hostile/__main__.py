"""`make hostile`: every attack for SECONDS, and what became of Stripe's deliveries, into docs/operations.md."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import percentile
from hostile.attacks import ATTACKS, Attack
from hostile.battle import Delivered, Report, Victim, battle, victim

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
HEAD = (
    "| attack | connections opened | its requests were answered | deliveries answered | p50 | p99 | most memory |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)
NOTHING = "nothing, for comparison"


def for_seconds(seconds: float) -> Callable[[Sequence[Delivered]], bool]:
    """Whether it is enough, from when it is asked first."""
    started: list[float] = []

    def is_enough(_: Sequence[Delivered]) -> bool:
        started.append(time.monotonic())
        return started[-1] - started[0] >= seconds

    return is_enough


def row(attack: Attack, report: Report) -> str:
    shown = ", ".join(f"{count:,} × {status}" for status, count in sorted(report.attack.answered.items()))
    return _row(attack.name, f"{report.attack.opened:,}", shown or "–", report.delivered, report.memory_mib)


def _row(name: str, opened: str, shown: str, delivered: Sequence[Delivered], memory_mib: float | None) -> str:
    taken = [each.seconds * 1000 for each in delivered]
    answered = sum(each.status == 200 for each in delivered)
    memory = "–" if memory_mib is None else f"{memory_mib:.0f} MiB"
    times = (f"{percentile(taken, part):,.0f} ms" for part in (0.5, 0.99))
    return f"| {' | '.join([name, opened, shown, f'{answered} of {len(delivered)}', *times, memory])} |"


def _rows(server: Victim, seconds: float) -> list[str]:
    server.forget_the_most_memory()
    alone = server.deliver(for_seconds(seconds))
    rows = [_row(NOTHING, "–", "–", alone, server.most_memory_mib())]
    print(rows[0], flush=True)
    for attack in ATTACKS:
        rows.append(row(attack, battle(server, attack, for_seconds(seconds))))
        print(rows[-1], flush=True)
    return rows


def written(page: str, rows: Sequence[str]) -> str:
    """The page with this table in the place of the one that it has."""
    before, _, rest = page.partition(HEAD[0])
    after = rest.lstrip("\n").split("\n")
    end = next(number for number, line in enumerate(after) if not line.startswith("|"))
    return before + "\n".join([*HEAD, *rows, *after[end:]])


def main(seconds: float) -> None:
    print(*HEAD, sep="\n", flush=True)
    with TemporaryDirectory() as directory, victim(Path(directory)) as server:
        rows = _rows(server, seconds)
    PAGE.write_text(written(PAGE.read_text(), rows))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
