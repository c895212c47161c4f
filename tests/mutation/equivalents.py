"""The mutants that no test can distinguish from the code: each listed by name in a file, with the reason."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from mutation.mutants import Key


def listed(file: Path) -> Mapping[Key, str]:
    """What names a mutant (module, function, changed lines before and after) to the reason. No file, none.

    Raises:
        KeyError: an entry lacks a part, or its reason.
    """
    if not file.exists():
        return {}
    entries: Sequence[dict[str, str]] = tomllib.loads(file.read_text()).get("mutant", [])
    return {
        (entry["module"], entry["function"], entry["before"].strip(), entry["after"].strip()): entry["why"]
        for entry in entries
    }
