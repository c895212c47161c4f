"""What was found, as a page."""

from collections.abc import Iterable, Sequence

from bench.figures import Section, Table, Target
from bench.reasons import REASONS

_HEAD = """# Benchmarks

Written by `make bench`. Figures of one run on one machine: read the ratios and the CPU for each item, which hold
elsewhere too, rather than what was done in a second. What is compared was measured in turns within the same run. A
figure with a range is the median of several rounds, with the lowest and the highest.
"""


def page(machine: Sequence[tuple[str, str]], sections: Sequence[Section]) -> str:
    targets = [target for section in sections for target in section.targets]
    parts = [_HEAD, "## Where", _markdown(Table(head=["", ""], rows=[list(pair) for pair in machine]))]
    parts += ["## What was to be reached", _markdown(_verdicts(targets)), *_reasons(targets)]
    parts += [text for section in sections for text in _section(section)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _section(section: Section) -> Iterable[str]:
    yield f"## {section.title}"
    yield section.method
    yield from map(_markdown, section.tables)


def _verdicts(targets: Sequence[Target]) -> Table:
    rows = [
        [
            target.what,
            f"at {'least' if target.is_at_least else 'most'} {_number(target, target.wanted)}",
            _number(target, target.measured),
            target.verdict,
        ]
        for target in targets
    ]
    return Table(head=["", "wanted", "measured", ""], rows=rows)


def _number(target: Target, value: float) -> str:
    return f"{value:,.{target.digits}f} {target.unit}".strip()


def _reasons(targets: Sequence[Target]) -> Iterable[str]:
    """The known reasons for missed targets."""
    missed = [target for target in targets if not target.is_reached]
    shown = [why for start, why in REASONS.items() if any(target.what.startswith(start) for target in missed)]
    if shown:
        yield "Why:"
        yield "\n".join(f"- {why}" for why in dict.fromkeys(shown))


def _markdown(table: Table) -> str:
    rows = [table.head, ["---"] * len(table.head), *table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
