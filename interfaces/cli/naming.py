"""Which checkout or Stripe event a person at a terminal means."""

from typing import TYPE_CHECKING

from domain.errors import InvalidIdentifier
from domain.identifiers import session_id, stripe_event_id
from domain.ids import SessionId, StripeEventId
from interfaces.cli.usage import UsageError, shown

if TYPE_CHECKING:
    from application.reading.queries import Queries


def session_of(queries: "Queries", name: str) -> SessionId:
    """The session with this ID, whether the log knows it or not, or the one that is called so.

    Raises:
        NotFound: the log has none.
        UsageError: it has several.
    """
    try:
        return session_id(name)
    except InvalidIdentifier:
        found = queries.named(name)
    from application.errors import NotFound

    called = shown(name)
    if not found:
        raise NotFound(
            f"No checkout has the order number, reference, payment intent or end of an ID {called}. Find it with "
            "`fulfill search`."
        )
    if len(found) > 1:
        raise UsageError(f"{called} may be any of {', '.join(found)}. Nothing was done. Repeat it with one of these.")
    return found[0]


def stripe_event_of(text: str) -> StripeEventId:
    """
    Raises:
        UsageError: it is no ID of a Stripe event.
    """
    try:
        return stripe_event_id(text)
    except InvalidIdentifier as error:
        raise UsageError(f"{shown(text)} is {error}.") from error
