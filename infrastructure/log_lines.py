"""Log records as a person at a terminal reads them: the time, the order, what happened and why."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, assert_never

from application.log_line import LogLine
from application.text import wording
from application.text.english import counted
from application.text.wording import Titles
from domain.identifiers import stored_session_id
from domain.order_number import order_number, with_prefix
from domain.step import MailStep, parse_step

Record = Mapping[str, Any]
"""The fields of a record."""
Sentence = tuple[str, str]
"""What a sentence is about, the ID of a session or another, and the sentence."""

_ORDINARY: Final = ("debug", "info")
_BELOW: Final = ("exception", "stack")
_KNOWN: Final = frozenset({*_BELOW, "time", "level", "event", "logger", "session_id", "subject", "error"})
_SESSION: Final = re.compile(r"cs_(?:test|live)_[A-Za-z0-9]+")
_NAMES_A_SESSION: Final = ("session_id", "subject", "stream", "effect")
_CLASS: Final = re.compile(r"[A-Za-z]*(?:Error|Exception|Unavailable|Unknown|Busy|Stopped): ")
_UVICORN: Final = (
    (re.compile(r"Uvicorn running on (\S+) .*"), r"Ready at \1"),
    (re.compile(r"Shutting down"), "Stopping"),
    (re.compile(r"Finished server process .*"), "Stopped"),
    (re.compile(r"(?:Started server process|Waiting for application|Application (?:startup|shutdown) complete).*"), ""),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesForAPerson:
    order_prefix: str | None = None
    zone: tzinfo = UTC

    def with_orders(self, text: str) -> str:
        """Return the text with order numbers in place of session IDs: a whole ID opens the landing page, and a part
        of one can't be read aloud."""
        return _SESSION.sub(lambda found: self._order(found[0]), text)

    def lines(self, record: Record, raw: Record, given: Sequence[Sentence] | None, *, is_verbose: bool = False) -> str:
        """Return the lines of a record; empty if it says nothing to a person. `raw` is the record before its redaction,
        and `given` is what came with it for a person.

        A traceback has lines of its own.
        """
        if given is None:
            line = raw.get("event")
            ours = line if isinstance(line, LogLine) else None
            given = [(_subject(record, raw), each) for each in _sentences(ours, record, is_verbose=is_verbose)]
        at = datetime.fromisoformat(str(record["time"])).astimezone(self.zone).strftime("%H:%M:%S")
        level = str(record["level"])
        begin = [at, *([] if level in _ORDINARY else [level.upper()])]
        lines = ["  ".join([*begin, *filter(None, [self._named(subject)]), _begun(text)]) for subject, text in given]
        below = [f"    {each}" for key in _BELOW for each in str(record.get(key, "")).splitlines()]
        return "\n".join(map(_printable, lines + below if lines else []))

    def _named(self, subject: str) -> str:
        session = _SESSION.search(subject)
        return self._order(session[0]) if session else subject

    def _order(self, session_id: str) -> str:
        return with_prefix(order_number(stored_session_id(session_id)), self.order_prefix)


def _subject(record: Record, raw: Record) -> str:
    """What a record is about: the session that its fields name, or something else that a person can look up."""
    sessions = (_SESSION.search(str(raw.get(name, ""))) for name in _NAMES_A_SESSION)
    session = next((found[0] for found in sessions if found), None)
    return session or str(record.get("subject") or record.get("stripe_event") or "")


def _printable(text: str) -> str:
    """Without characters that could steer a terminal or turn the direction of text."""
    return text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)


def _sentences(line: LogLine | None, record: Record, *, is_verbose: bool) -> Sequence[str]:
    """`line` is None for a record of a library's."""
    if line is None:
        return _of_library(record)
    if line in _QUIET and not is_verbose:
        return []
    try:
        return [_sentence(line, record)]
    except (LookupError, TypeError, ValueError):  # a shortened record lacks fields
        return [_any(record)]


def _of_library(record: Record) -> Sequence[str]:
    if record.get("logger") != "uvicorn.error":
        return [_any(record)]
    return [text] if (text := _of_uvicorn(str(record["event"]))) else []


def _of_uvicorn(event: str) -> str:
    return next((instead for each, text in _UVICORN if (instead := each.sub(text, event)) != event), event)


def _any(record: Record) -> str:
    """A record that has no sentence: its event, why, and the fields that say something."""
    event, fields = str(record["event"]), [name for name in record if name not in _KNOWN and record[name] is not None]
    of = f" ({', '.join(f'{_label(name)} {_word(record[name])}' for name in fields)})" if fields else ""
    return f"{event}{of}{_why(record)}"


def _why(record: Record) -> str:
    error = record.get("error")
    return f": {_CLASS.sub('', str(error), count=1)}" if error else ""


def _label(name: str) -> str:
    return name.replace("_", " ")


def _word(value: object) -> str:
    """A text without spaces stands as it is, and everything else as in JSON."""
    is_plain = isinstance(value, str) and value and not set(value) & set(' "=')
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False)


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _webhook(record: Record) -> str:
    type, detail, unsaid = record.get("type"), record.get("detail"), record.get("unsaid")
    if detail:
        more = f" ({unsaid} more were refused before)" if unsaid else ""
        return f"refused a webhook delivery: {detail}{more}"
    if record.get("error"):
        return f"{type or 'a webhook delivery'} of Stripe could not be recorded, so Stripe sends it again{_why(record)}"
    return f"Stripe sent {type}" if record["outcome"] == "recorded" else f"Stripe sent {type} once more"


def _effect(record: Record) -> str:
    step, number = str(record["effect"]), int(record["attempt"])
    what = wording.effect(step, Titles())
    if record.get("error"):
        return f"attempt {number} of {what} failed{_why(record)}"
    went = "was sent" if isinstance(parse_step(step), MailStep) else "succeeded"
    return f"{what} {went}{f' on attempt {number}' if number > 1 else ''}"


def _retrieved(record: Record) -> str:
    items = counted(int(record["line_items"]), "line item")
    return f"asked Stripe: {record['status']}, {wording.payment(str(record['payment_status']))}, {items}"


def _parked(record: Record) -> str:
    what = f"the policy {record['policy']} could not handle event #{record['position']}"
    return f"{what}, which waits for a person in `fulfill queue`{_why(record)}"


_QUIET: Final = frozenset({LogLine.DECISION, LogLine.READING_BEGINS})
"""What says nothing to a person, unless `--verbose` asks for it."""


def _sentence(line: LogLine, record: Record) -> str:  # noqa: C901 - a table with an entry for each line
    match line:
        case LogLine.WEBHOOK_DELIVERY:
            return _webhook(record)
        case LogLine.EFFECT_ATTEMPTED:
            return _effect(record)
        case LogLine.EVENT_PARKED:
            return _parked(record)
        case LogLine.CHECKOUT_RETRIEVED:
            said = _retrieved(record)
        case LogLine.LANDING_PAGE:
            said = f"the customer sees the landing page: {_label(str(record['state']))}"
        case LogLine.LANDING_PAGE_DID_NOT_WAIT:
            said = "the landing page did not wait for Stripe any longer"
        case LogLine.LANDING_PAGE_NOT_FULFILLED:
            said = "Stripe could not be asked for the landing page"
        case LogLine.LANDING_PAGE_NOT_READ:
            said = "the landing page can't be shown, since the log can't be read"
        case LogLine.LANDING_PAGE_FAILED:
            said = "the landing page failed"
        case LogLine.STRIPE_EVENT_NOT_MARKED:
            said = f"the Stripe event {record['stripe_event']} could not be marked as failed"
        case LogLine.EFFECT_SET_ASIDE:
            said = f"{wording.effect(_step(record), Titles())} is left until a restart"
        case LogLine.EFFECT_ENDED_ITS_THREAD:
            said = f"{wording.effect(str(record['effect']), Titles())} ended its thread"
        case LogLine.DELIVERY_AFTER_DEADLINE:
            said = f"a delivery by {record['kind']} answered after its deadline"
        case LogLine.DELIVERY_WITHOUT_RECEIPT:
            instead = "instead of a receipt with a text; it counts as delivered"
            said = f"the delivery answered with {record['answer']} {instead}"
        case LogLine.OUTCOME_NOT_STORED:
            said = "the outcome of an attempt is not stored yet, and is tried again"
        case LogLine.EVENT_LEFT_OUT:
            said = f"the view {record['view']} left out event #{record['position']}"
        case LogLine.TEXT_NOT_USED:
            said = f"a text of yours is not used, since its original has changed: {record['place']}"
        case LogLine.LEADING:
            said = "leading: this process decides and delivers"
        case LogLine.ENGINE_FAILED:
            said = "the engine failed, and the process ends"
        case (
            LogLine.DECISION
            | LogLine.READING_BEGINS
            | LogLine.STANDING_BY
            | LogLine.LOG_WENT_BACK
            | LogLine.LOG_FORGOTTEN
            | LogLine.LOG_NOT_WRITTEN
            | LogLine.LOG_NOT_LOOKED_AT
            | LogLine.LOG_NOT_FOLLOWED
            | LogLine.NO_NOTIFICATIONS
            | LogLine.LONG_STREAM_NOT_READ
            | LogLine.LONG_STREAM_NOT_FOLDED
            | LogLine.STATE_ROW_NOT_READ
            | LogLine.STATE_ROW_NOT_WRITTEN
            | LogLine.EFFECTS_NOT_CLAIMED
            | LogLine.VIEW_EMPTIED
            | LogLine.VIEW_BUILT_AGAIN
            | LogLine.VIEWS_NOT_UPDATED
            | LogLine.SERVING
            | LogLine.WORKING
            | LogLine.STOPPED
            | LogLine.TOO_MANY_CONNECTIONS
        ):
            return _any(record)  # its name is a sentence, or it is for engineers
        case _:
            assert_never(line)
    return f"{said}{_why(record)}"


def _step(record: Record) -> str:
    """The step at the end of an effect's ID, behind its session: `mail_receipt`."""
    found = re.search(r"((?:mail|deliver|retrieve)_.*)", str(record["effect"]), re.DOTALL)
    return found[1] if found else str(record["effect"])
