"""Which license keys a customer can find in a mail: only what was really sent counts."""

from collections.abc import Set

from application.log.log import Log
from domain.effect import Effect
from domain.fulfillment import Fulfillment
from domain.ids import SessionId
from domain.line import Line
from domain.mail import MailKind
from domain.step import MailStep, effect_id


def mailed_keys(log: Log, session_id: SessionId, fulfillment: Fulfillment) -> Set[str]:
    """Return the IDs of the lines whose keys are in a mail that the mail server has taken.

    Raises:
        UnreadableEvent: this version can't read an event of one of these mails.
    """
    lines = [line for line in fulfillment.lines.values() if line.keys]
    steps = [MailStep(MailKind.RECEIPT), *(MailStep(MailKind.DELIVERED, line.plan.id) for line in lines)]
    mails = [log.get(Effect, effect_id(session_id, step)) for step in steps] if lines else []
    return frozenset(line.plan.id for line in lines if any(_brought(mail, line) for mail in mails))


def _brought(effect: Effect, line: Line) -> bool:
    mail = effect.requested.mail if effect.requested and effect.is_done else None
    return mail is not None and any(each.id == line.plan.id and each.keys == line.keys for each in mail.lines)
