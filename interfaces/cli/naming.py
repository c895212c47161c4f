"""Which checkout a person at a terminal means."""

from typing import TYPE_CHECKING

from domain.errors import InvalidIdentifier
from domain.identifiers import session_id
from domain.ids import SessionId
from interfaces.cli.usage import UsageError

if TYPE_CHECKING:
    from application.reading.queries import Queries

_SHOWN_MAX = 60


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

    shown = repr(name[:_SHOWN_MAX])
    if not found:
        raise NotFound(
            f"No checkout has the order number, reference, payment intent or end of an ID {shown}. Find it with "
            "`fulfill search`."
        )
    if len(found) > 1:
        raise UsageError(f"{shown} may be any of {', '.join(found)}. Nothing was done. Repeat it with one of these.")
    return found[0]
