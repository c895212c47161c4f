"""What a target of the fuzzer is."""

import atexit
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

BytesMutator = Callable[[bytes, int], bytes]
"""The fuzzer's own: other bytes, of so many at most."""
Mutator = Callable[[bytes, int, int, BytesMutator], bytes]
"""Other bytes of a known structure, of so many at most, by a seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    check: Callable[[bytes], str]
    """Do with these bytes what the program does with them; what became of them, in a word. Whatever it raises is
    a finding."""
    seeds: Sequence[bytes]
    """Where to begin. They come to more than one end, so that no target only refuses."""
    runs: int
    """How many in `make check`."""
    mutate: Mutator | None = None
    """Where bytes alone get nowhere."""
    bytes_max: int = 4096


def pieces(data: bytes) -> list[bytes]:
    """The same bytes, in up to five pieces."""
    size = len(data) // 4 + 1
    return [data[start : start + size] for start in range(0, len(data), size)]


def scratch() -> Path:
    """A directory for as long as this process runs."""
    directory = tempfile.mkdtemp(prefix="fulfill-fuzz-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return Path(directory)


def write(file: Path, data: bytes) -> None:
    """As a new file: some file systems write one that is overwritten to the disk at once."""
    file.unlink(missing_ok=True)
    file.write_bytes(data)
