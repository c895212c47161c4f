"""Mails as files, where no mail server is set: to be looked at, or sent by something else."""

import hashlib
import os
import re
import tempfile
from datetime import UTC, datetime
from email.policy import SMTPUTF8
from pathlib import Path

from application.ports import NotTaken
from domain import reasons
from domain.mail import Mail, SentMail
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.mail.addresses import Sender
from infrastructure.mail.message import as_sent, mail_message

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")


class FileMailer:
    """Implements `application.ports.Mailer`: one `.eml` file for each message ID, whole or not at all."""

    def __init__(self, outbox: Path, mail_from: str, texts: CustomerTexts) -> None:
        self._outbox = outbox
        self._sender = Sender.parse(mail_from)
        self._texts = texts

    def send(self, mail: Mail, *, message_id: str) -> SentMail:
        message = mail_message(mail, self._texts, message_id=message_id, sender=self._sender, at=datetime.now(UTC))
        sent = as_sent(message)
        try:
            self._outbox.mkdir(parents=True, exist_ok=True)
            _replace(self._outbox / f"{_file_name(message_id)}.eml", message.as_bytes(policy=SMTPUTF8))
        except OSError as error:
            raise NotTaken(reasons.outbox_failed(str(self._outbox), error.strerror or type(error).__name__)) from error
        return sent


def _file_name(message_id: str) -> str:
    """A name that stays in its folder, is not too long for a file, and is no other ID's."""
    if _PLAIN_NAME.fullmatch(message_id):
        return message_id
    digest = hashlib.sha256(message_id.encode()).hexdigest()[:32]
    return f"{re.sub(r'[^A-Za-z0-9_-]', '_', message_id)[:100]}-{digest}"


def _replace(path: Path, content: bytes) -> None:
    """A reader sees the old file or the new one, never half of it."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
