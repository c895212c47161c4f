"""`make mutate`: make every small mistake in the rules of `domain/`, one at a time, and see which no test notices.

Run from the project's root, with the modules to look at, all of `domain/` if none is named. Exits with 1 if a mutant
survives that is not listed as equivalent, or one is listed that is killed or no longer made.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mutation.equivalents import listed
from mutation.mutants import Key, Mutant, difference, mutants
from mutation.trials import Calls, Outcome, TrialFailed, concerned, preload, tried, watched

TESTS = ("tests/domain",)
"""A rule of the domain is shown by a test of the domain: what others notice by the way does not count."""
EQUIVALENT = Path("tests/mutation/equivalent.toml")


@dataclass(kw_only=True)
class Tally:
    """What became of the mutants of one module."""

    path: str
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    equivalent: int = 0
    survivors: list[Mutant] = field(default_factory=list)
    stale: set[Key] = field(default_factory=set)
    """Listed as equivalent, and killed or not made at all."""

    @property
    def killed(self) -> int:
        return self.outcomes[Outcome.KILLED] + self.outcomes[Outcome.TIMEOUT]

    @property
    def row(self) -> tuple[str, int, int, int, int, int]:
        timeouts = self.outcomes[Outcome.TIMEOUT]
        return self.path, self.outcomes.total(), self.killed, timeouts, self.equivalent, len(self.survivors)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as domain/stock_item.py")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there, too")
    options = parser.parse_args(arguments)
    root = Path.cwd()
    paths = options.modules or sorted(str(path.relative_to(root)) for path in root.glob("domain/**/*.py"))
    preload()
    try:
        calls = watched(root, TESTS, paths)
        tallies = [tally for path in paths if (tally := _examined(root, path, calls)).outcomes]
    except (TrialFailed, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(_summary(tallies))
    if options.json:
        options.json.write_text(json.dumps([_document(tally) for tally in tallies], indent=2))
    return 1 if any(tally.survivors or tally.stale for tally in tallies) else 0


def _examined(root: Path, path: str, calls: Calls) -> Tally:
    tally, equivalent = Tally(path=path), {key for key in listed(root / EQUIVALENT) if key[0] == path}
    survived, killed = set[Key](), set[Key]()
    made = list(mutants(root, path))
    for number, mutant in enumerate(made, start=1):
        outcome = tried(root, mutant, concerned(mutant, calls))
        tally.outcomes[outcome] += 1
        (survived if outcome is Outcome.SURVIVED else killed).add(mutant.key)
        if outcome is Outcome.SURVIVED and mutant.key in equivalent:
            tally.equivalent += 1
        elif outcome is Outcome.SURVIVED:
            tally.survivors.append(mutant)
        _progress(f"{path}: {number} of {len(made)}, {len(tally.survivors)} survived")
    tally.stale = (equivalent - survived) | (equivalent & killed)
    _progress("")
    return tally


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _summary(tallies: Sequence[Tally]) -> str:
    parts = [str(mutant) for tally in tallies for mutant in tally.survivors]
    parts += [
        f"{EQUIVALENT} lists what is killed, or made no more: {path} {function}\n{difference(before, after)}"
        for tally in tallies
        for path, function, before, after in sorted(tally.stale)
    ]
    rows = [tally.row for tally in tallies]
    total = ("all", *(sum(column) for column in list(zip(*rows, strict=True))[1:]))
    head = ["| module | mutants | killed | of them by time | equivalent | survived | score |", "|---|" + "--:|" * 6]
    return "\n\n".join([*parts, "\n".join([*head, *(_table_row(row) for row in [*rows, total])])])


def _table_row(row: Sequence[str | int]) -> str:
    made, killed, equivalent = (int(row[index]) for index in (1, 2, 4))
    score = 100 * killed / (made - equivalent)
    return f"| {' | '.join(str(cell) for cell in row)} | {score:.1f} % |"


def _document(tally: Tally) -> dict[str, object]:
    names = ("module", "mutants", "killed", "timeouts", "equivalent", "survived")
    survivors = [
        {"line": each.line, "function": each.function, "before": each.before, "after": each.after}
        for each in tally.survivors
    ]
    return {**dict(zip(names, tally.row, strict=True)), "survivors": survivors}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
