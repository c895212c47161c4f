"""Temporary files in memory, so that no test waits for a disk: making and dropping a database is mostly files."""

import os
import shutil
import tempfile
from pathlib import Path

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - files get names of their own in it, as in any directory for temporary files
_FREE_MIN = 4 * 1024**3
"""Containers often have 64 MB there."""


def keep_temporary_files() -> None:
    """Make this process, and those that it starts, keep them there, if the machine has such a place with enough room. A
    chosen `TMPDIR` wins."""
    if "TMPDIR" in os.environ or not os.access(_IN_MEMORY, os.W_OK) or shutil.disk_usage(_IN_MEMORY).free < _FREE_MIN:
        return
    os.environ["TMPDIR"] = str(_IN_MEMORY)
    tempfile.tempdir = None  # or a choice made before would stay
