"""Who acts, and why: each command of staff carries both, and the log keeps them."""

from dataclasses import dataclass

from domain.refusal import Typed
from domain.staff_text import REASON_MAX, check_line


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """The member of staff who acts, and the reason."""

    name: str
    reason: str

    def __post_init__(self) -> None:
        check_line(Typed.ACTOR, self.name, REASON_MAX)
        check_line(Typed.REASON, self.reason, REASON_MAX)

    @property
    def actor(self) -> str:
        return f"staff:{self.name.strip()}"
