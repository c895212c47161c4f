"""Errors of the use cases, besides those of the domain and the ports."""

import traceback
from pathlib import Path

from application.text.reason_wording import in_words
from application.text.refusal_wording import in_sentences
from domain import reasons, refusals
from domain.errors import Refused, UnreadableEvent
from domain.identifiers import InvalidIdentifier
from domain.reason import Reason


class RefusedInWords(Refused):
    """A refusal that no rule of the domain is behind, such as by a database, in whole sentences, as `str` of it is."""

    def __init__(self, text: str) -> None:
        super().__init__(refusals.as_written(text))

    def __str__(self) -> str:
        return in_sentences(self.refusal)


class NotFound(Exception):
    """The log does not contain what was asked for."""


class UnknownCheckout(NotFound):
    """The log does not contain the checkout. Stripe may know it."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"No checkout {session_id} in the log.")


class NotMigrated(Exception):
    """The tables of the database are missing, or are of another version than this one works with."""


class UnfinishedCopy(Exception):
    """The log is the beginning of another one, left by an unfinished copy: no process may use it."""


_MOVED = (
    "A copy in another database has replaced this log, and does not see what is recorded here. Set DATABASE_URL to "
    "that database. To work here again, stop everything there, then run `fulfill reopen`."
)


class LogMoved(Exception):
    """The log was copied to another database, which has replaced it: no process may use it."""

    def __init__(self, text: str = _MOVED) -> None:
        super().__init__(text)


class NotABackup(Exception):
    """The file is not a whole log: it is something else, damaged, or in use. The message names which."""


class Busy(Exception):
    """The queue of the writer is full. Try again in a moment."""


class StoreUnavailable(Exception):
    """The store did not accept the write: nothing was recorded. Try again later."""


class Unprepared(Exception):
    """A long stream is not folded yet. No caller here may wait for that; another thread does it."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"The stream {stream} is being prepared.")
        self.stream = stream


class Stopped(Exception):
    """The engine is stopping or has failed: nothing was recorded."""


class LogReplaced(Exception):
    """The open log was replaced by another file: everything written to it would be lost."""


class Explained(Exception):
    """An error with a `Reason`, or with a text for staff if code outside raises it. `str` of it is a sentence."""

    @property
    def reason(self) -> Reason:
        match self.args:
            case (Reason() as reason,):
                return reason
            case _:
                return reasons.port_failed(super().__str__())

    def __str__(self) -> str:
        return in_words(self.reason)


def reason_for(error: BaseException, *of_ports: type[Exception]) -> Reason:
    """Return what is stored of an error. Messages of the errors of ports, and of our own errors that every use case may
    raise, are meant for staff. Of any other error only the type, file and line are stored: its message may quote
    personal data."""
    if isinstance(error, of_ports):
        return error.reason if isinstance(error, Explained) else reasons.port_failed(str(error))
    if isinstance(error, UnreadableEvent):
        return error.reason
    if isinstance(error, Refused):
        return reasons.command_refused(error.refusal.code, **error.refusal.parameters)
    if isinstance(error, InvalidIdentifier):
        return reasons.invalid_identifier(error.expected)
    name, frames = type(error).__name__, traceback.extract_tb(error.__traceback__)
    if not frames:
        return reasons.unexpected_error(name, "", "")
    return reasons.unexpected_error(name, Path(frames[-1].filename).name, str(frames[-1].lineno))


def described(error: BaseException, *of_ports: type[Exception]) -> str:
    """Return the same as a sentence, for log lines."""
    return in_words(reason_for(error, *of_ports))
