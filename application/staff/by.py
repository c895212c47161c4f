"""Who acts, and why: each command of staff carries both, and the log keeps them."""

from dataclasses import dataclass

from domain.errors import Refused

_TEXT_MAX = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """The member of staff who acts, and the reason."""

    name: str
    reason: str

    def __post_init__(self) -> None:
        for what, text in (("--as", self.name), ("--reason", self.reason)):
            if not any(map(str.isalnum, text)) or len(text.strip()) > _TEXT_MAX or not text.isprintable():
                raise Refused(
                    f"{what} must have 1 to {_TEXT_MAX} printable characters, at least one of them a letter or digit."
                )

    @property
    def actor(self) -> str:
        return f"staff:{self.name.strip()}"
