"""`make bench`: measure, and write what was found to `docs/benchmarks.md`; one part alone is printed instead."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import catch_up, checkouts, flash_sale, growth, ingest
from bench.figures import Section
from bench.machine import describe
from bench.report import page
from bench.stores import Store, all_stores

_PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"

Say = Callable[[str], None]
PARTS: dict[str, Callable[[Sequence[Store], Say], Section]] = {
    "ingest": lambda stores, say: ingest.measure(stores, ingest.Size(), say),
    "checkouts": lambda stores, say: checkouts.measure(stores, checkouts.Size(), say),
    "catch-up": lambda stores, say: catch_up.measure(stores, catch_up.Size(), say),
    "flash-sale": lambda stores, say: flash_sale.measure(stores, flash_sale.Size(), say),
    "growth": lambda stores, say: growth.measure(stores, growth.Size(), say),
    "memory": lambda stores, say: catch_up.measure_memory(stores, catch_up.Size(), say),
}


def main(only: str | None) -> int:
    if only is not None and only not in PARTS:
        print(f"There is no part {only!r}; there are {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    with all_stores() as stores:
        sections = [measure(stores, _say) for name, measure in PARTS.items() if only in (None, name)]
        text = page(describe(stores), sections)
    if only is None:
        _PAGE.write_text(text)
        _say(f"written to {_PAGE}")
    else:
        print(text)
    return 0


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 and sys.argv[1] else None))
