"""The lines whose license keys the customer has in a mail. Only sent mails count."""

from collections.abc import Iterator, Set

from application.log.log import Log
from domain.effect import Effect
from domain.fulfillment import Fulfillment
from domain.identifiers import LineItemId, SessionId
from domain.personal import Personal
from domain.step import effect_id, mails_with_keys


def mailed_keys(log: Log, session_id: SessionId, fulfillment: Fulfillment) -> Set[LineItemId]:
    """Return the IDs of the lines whose keys are in a mail that the mail server has taken.

    Raises:
        UnreadableEvent: this version can't read an event of one of these mails.
    """
    lines = [line for line in fulfillment.lines.values() if line.keys]
    steps = {step for line in lines for step in mails_with_keys(line.plan.id, fulfillment.replacements)}
    mails = [log.get(Effect, effect_id(session_id, step)) for step in steps]
    brought = {key for mail in mails for key in _brought(mail)}
    return frozenset(line.plan.id for line in lines if brought.issuperset(line.keys))


def _brought(effect: Effect) -> Iterator[Personal]:
    mail = effect.requested.mail if effect.requested and effect.is_done else None
    for line in mail.lines if mail else ():
        yield from line.keys
