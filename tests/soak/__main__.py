"""`make soak`: what takes minutes. `python -m soak [engine] [log] [failover] [behind]`; MINUTES and SEED are read from
the environment. The exit code is 1 if anything did not hold."""

import os
import secrets
import sys
from collections.abc import Callable

from soak.behind import soak_behind
from soak.engine import soak_engine
from soak.failover import soak_failover
from soak.log import soak_log
from soak.report import Report

_MINUTES = 10.0
_PARTS: dict[str, tuple[Callable[[float, int], Report], float]] = {
    "engine": (soak_engine, 0.35),
    "log": (soak_log, 0.2),
    "failover": (soak_failover, 0.2),
    "behind": (soak_behind, 0.25),
}
"""Each with its share of the time."""


def main(chosen: list[str]) -> int:
    unknown = set(chosen) - _PARTS.keys()
    if unknown:
        print(f"There is no {', '.join(unknown)}; there are {', '.join(_PARTS)}.", file=sys.stderr)
        return 2
    parts = [_PARTS[name] for name in chosen or _PARTS]
    seconds = 60 * float(os.environ.get("MINUTES") or _MINUTES)
    seed = int(os.environ.get("SEED") or secrets.randbelow(2**32))
    print(f"SEED={seed}, {seconds / 60:g} minutes and what it takes to finish", flush=True)
    whole = sum(share for _, share in parts)
    reports = [soak(seconds * share / whole, seed) for soak, share in parts]
    for report in reports:
        report.print()
    return 1 if any(report.problems for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
