"""`make fuzz`: every target under the fuzzer, two at a time. Without MINUTES each has so many runs from one seed, and
much the same happens every time. With MINUTES it goes on for so long, from where it was left the last time.

What it finds is written to `build/fuzz/`; `python -m fuzz.one NAME FILE` does that again.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from python_path import PYTHON_PATH

HERE = Path(__file__).parent
KEPT = HERE.parents[1] / "build" / "fuzz"
NAMES = sorted(path.stem for path in (HERE / "targets").glob("*.py"))
_RUN_SECONDS_MAX = 30
_MEMORY_MIB_MAX = 1024
_LINE_MAX = 500
_LINES_MAX = 40
_CHATTER = re.compile(r"INFO: |WARNING: Failed|#\d+\s|0x|stat::|\s*$")
_DONE = re.compile(r"Done (\d+) runs")
_COVERED = re.compile(r"cov: (\d+)")
_LIMITS = ("-seed=1", f"-timeout={_RUN_SECONDS_MAX}", f"-rss_limit_mb={_MEMORY_MIB_MAX}")


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    code: int
    runs: int
    covered: int
    """Places in our code that it came to."""
    seconds: float
    output: str

    @property
    def finding(self) -> Sequence[str]:
        """The finding, without the fuzzer's lines about its progress."""
        return [line[:_LINE_MAX] for line in self.output.splitlines() if not _CHATTER.match(line)][-_LINES_MAX:]

    def line(self) -> str:
        how = "ok" if self.code == 0 else "FAILED"
        return f"{self.name:16} {self.runs:>9,} runs {self.covered:>6,} places {self.seconds:>6.1f} s  {how}"


def fuzz(name: str, flags: Sequence[str], directory: Path = KEPT, *, packages: Path | None = None) -> Outcome:
    """Run one target with these flags of the fuzzer, over our own packages unless `packages` names others."""
    directory.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([*([str(packages)] if packages else []), PYTHON_PATH])
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fulfill-fuzz-") as scratch:
        done = subprocess.run(
            [sys.executable, "-m", "fuzz.one", name, f"-artifact_prefix={directory}/{name}-", *_LIMITS, *flags],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0", "TMPDIR": scratch},
            cwd=directory,
            capture_output=True,
            text=True,
            errors="replace",
        )
    output = done.stdout + done.stderr
    runs, covered = _DONE.search(output), _COVERED.findall(output)
    seconds = time.monotonic() - started
    return Outcome(
        name, done.returncode, int(runs[1]) if runs else 0, int(covered[-1]) if covered else 0, seconds, output
    )


def _flags(name: str, minutes: float | None) -> Sequence[str]:
    if minutes is None:
        return []
    kept = KEPT / "corpus" / name
    kept.mkdir(parents=True, exist_ok=True)
    return [f"-max_total_time={minutes * 60:.0f}", "-seed=0", str(kept)]


def _show(outcome: Outcome) -> None:
    print(outcome.line(), flush=True)
    if outcome.code != 0:
        print(*outcome.finding, sep="\n", flush=True)


def main(only: str | None, minutes: float | None) -> int:
    if only is not None and only not in NAMES:
        print(f"There is no target {only!r}; there are {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    if find_spec("atheris") is None:
        here = f"{platform.system()} {platform.machine()}"
        print(f"Not fuzzed: the fuzzer is not installed. It is built for Linux x86_64 with glibc; this is {here}.")
        return 0
    names = [only] if only else NAMES
    with ThreadPoolExecutor(max(1, min(2, os.cpu_count() or 1))) as pool:
        outcomes = []
        for outcome in pool.map(lambda name: fuzz(name, _flags(name, minutes)), names):
            _show(outcome)
            outcomes.append(outcome)
    return max(0 if outcome.code == 0 else 1 for outcome in outcomes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("only", nargs="?")
    parser.add_argument("--minutes", type=float, help="for each target")
    given = parser.parse_args()
    sys.exit(main(given.only or None, given.minutes))
