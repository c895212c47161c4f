"""What our own commands refuse, and what can't be read. What Stripe says is never refused: it is recorded."""


class Refused(Exception):
    """The command can't be done as the checkout stands; the message says why and what can be done instead."""


class UnreadableEvent(Exception):
    """A stored event that this version can't read, or can't apply to what came before it in its stream: a later version
    wrote it, its bytes are garbled, or events before it are lost."""

    def __init__(self, text: str, *, session_id: str | None = None) -> None:
        super().__init__(text)
        self.session_id = session_id
        """The checkout it belongs to, where that can still be told."""


class InvalidIdentifier(ValueError):
    """The text does not have the shape of the identifier it is given as."""
