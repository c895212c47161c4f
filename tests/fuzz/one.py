"""One target under the fuzzer, in a process of its own, which the fuzzer ends: `python -m fuzz.one NAME FLAGS...`; or
without the fuzzer, to look at what it found: `python -m fuzz.one NAME FILE`.

Only what is imported here for the first time can be seen by the fuzzer; so nothing of ours is, before it looks.
"""

import io
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import atheris
from fuzz.target import Target

_SEEN = ["domain", "application", "infrastructure", "interfaces", "tomllib", "dotenv"]
_BROKEN_LINE = "a log record could not be written"


class _Logs(io.StringIO):
    """Lines are made as in production, and dropped. One that could not be made is a finding."""

    is_broken = False

    def write(self, line: str) -> int:
        self.is_broken = self.is_broken or _BROKEN_LINE in line
        return len(line)


def main(name: str, flags: list[str]) -> None:
    with atheris.instrument_imports(include=_SEEN):  # type: ignore[attr-defined]  # the stubs leave it out
        target: Target = import_module(f"fuzz.targets.{name}").TARGET
        configure_logs = import_module("infrastructure.logs").configure_logs
    if len(flags) == 1 and Path(flags[0]).is_file():
        print(target.check(Path(flags[0]).read_bytes()))
        return
    logs = _Logs()
    configure_logs(logs)

    def check(data: bytes) -> None:
        target.check(data)
        assert not logs.is_broken, _BROKEN_LINE

    def mutate(data: bytes, size_max: int, seed: int) -> bytes:
        assert target.mutate is not None
        return target.mutate(data, size_max, seed, atheris.Mutate)

    with tempfile.TemporaryDirectory(prefix="fulfill-fuzz-") as directory:
        for number, seed in enumerate(target.seeds):
            (Path(directory) / f"seed{number:03}").write_bytes(seed)
        more: dict[str, Any] = {} if target.mutate is None else {"custom_mutator": mutate}
        bounds = [f"-max_len={target.bytes_max}", f"-runs={target.runs}"]
        if any(flag.startswith("-max_total_time=") for flag in flags):
            bounds.pop()
        atheris.Setup([sys.argv[0], *bounds, *flags, directory], check, **more)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
