"""The mails that went out: the `.eml` files of the outbox, read as a mail program reads them."""

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path

_READ_MAX = 1000
_PREFIX, _MARK = "eff_", "_mail_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    name: str
    """The file's, without its ending."""
    to: str
    subject: str
    date: str
    session_id: str
    what: str
    """The kind, and the occasion where there is one: `receipt`, `shipped_1`."""
    text: str
    html: str


def letters(outbox: Path) -> list[Letter]:
    """Every mail in the outbox, oldest first."""
    found = sorted((path.stat().st_mtime_ns, path.name, path) for path in outbox.glob("*.eml"))
    return [_letter(path, written_at) for written_at, _, path in found]


@lru_cache(maxsize=_READ_MAX)
def _letter(path: Path, written_at: int) -> Letter:  # noqa: ARG001 - a mail that is written again is read again
    """Reading a mail takes milliseconds, and the scenes look into the outbox again and again."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    session_id, _, what = path.stem.removeprefix(_PREFIX).partition(_MARK)
    return Letter(
        name=path.stem,
        to=message["To"].addresses[0].addr_spec,
        subject=str(message["Subject"]),
        date=str(message["Date"]),
        session_id=session_id,
        what=what,
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
