"""Errors of refused commands and of unreadable data. Facts from Stripe are never refused: they are recorded."""

from domain.identifiers import SessionId
from domain.reason import Reason
from domain.refusal import Refusal


class Refused(Exception):
    """The command can't be done as the checkout stands. `application.text.refusal_wording` has the sentence; `str` of
    it is for developers."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class UnreadableEvent(Exception):
    """A stored event that this version can't read, or can't apply to what came before it in its stream: a later version
    wrote it, its bytes are garbled, or events before it are lost. `application.text.reason_wording` has the sentence;
    `str` of it is for developers."""

    def __init__(self, reason: Reason, *, session_id: SessionId | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.session_id = session_id
        """The checkout it belongs to, if known."""
