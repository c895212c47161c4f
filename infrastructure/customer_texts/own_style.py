"""The merchant's own style sheet for the pages, which is loaded after ours and overrides its rules."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

STYLE_NAME = "landing.css"
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_TEXT = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_LOADS = re.compile(r"@import\b|url\(\s*[\"']?\s*(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class OwnStyle:
    path: Path
    source: str

    @cached_property
    def version(self) -> str:
        """Changes with the source, so that no browser shows an earlier one."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:12]


def fault_in_style(source: str) -> tuple[int, str] | None:
    """Return the first line that can't work, with the reason; None if there is none."""
    without_comments = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), source)
    if loads := _LOADS.search(without_comments):
        line = without_comments[: loads.start()].count("\n") + 1
        return line, f"{loads[0]!r} loads something else, which the page does not allow"
    depth = 0
    bare = _TEXT.sub(lambda found: "\n" * found[0].count("\n"), without_comments)
    for number, each in enumerate(bare.split("\n"), 1):
        for sign in re.findall(r"[{}]", each):
            depth += 1 if sign == "{" else -1
            if depth < 0:
                return number, "this } closes nothing"
    return (bare.count("\n") + 1, "a { is not closed") if depth else None
