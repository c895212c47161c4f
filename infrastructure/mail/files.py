"""Mails as files, where no mail server is set: to be looked at, or sent by something else."""

import os
import re
import tempfile
from email.generator import BytesGenerator
from email.policy import SMTP
from io import BytesIO
from pathlib import Path

from application.ports import Temporary
from domain.mail import Mail
from infrastructure.mail.message import mail_message

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class FileMailer:
    """Implements `application.ports.Mailer`: one `.eml` file for each message ID."""

    def __init__(self, outbox: Path, mail_from: str) -> None:
        self._outbox = outbox
        self._mail_from = mail_from

    def send(self, mail: Mail, *, message_id: str) -> None:
        written = BytesIO()
        BytesGenerator(written, policy=SMTP).flatten(
            mail_message(mail, message_id=message_id, mail_from=self._mail_from)
        )
        name = _UNSAFE.sub("_", message_id)[:200]
        try:
            self._outbox.mkdir(parents=True, exist_ok=True)
            _replace(self._outbox / f"{name}.eml", written.getvalue())
        except OSError as error:
            raise Temporary(f"The mail could not be written to {self._outbox}: {error.strerror}.") from error


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all, whatever stops us; the same mail again is the same file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
