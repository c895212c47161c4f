"""Which checkout or Stripe event a person at a terminal means, and what answers call it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from domain.identifiers import InvalidIdentifier, SessionId, StripeEventId, session_id, stripe_event_id
from interfaces.cli.output.orders import customer_of
from interfaces.cli.output.text import money
from interfaces.cli.usage import SettingsSource, UsageError, shown

if TYPE_CHECKING:
    from application.reading.queries import Queries


def order_of(session_id: SessionId) -> str:
    """The order number, behind the prefix of the shop."""
    from domain.order_number import order_number, with_prefix

    return with_prefix(order_number(session_id), SettingsSource().order_prefix())


def called(session_id: SessionId) -> str:
    """What an answer calls a checkout: its order number and its ID."""
    return f"{order_of(session_id)} ({session_id})"


def pasted_id(text: str) -> str:
    """The Stripe ID in the address of a page, such as one of Stripe's Dashboard; any other name as it is."""
    from application.reading.search_terms import id_in_url

    return id_in_url(text) or text.strip()


def session_of(queries: "Queries", name: str, *, hides_personal: bool = False) -> SessionId:
    """The session with this ID, whether the log knows it or not, or the one that is called so.

    Raises:
        NotFound: the log has none.
        UsageError: it has several.
    """
    id = pasted_id(name)
    try:
        return session_id(id)
    except InvalidIdentifier:
        found = queries.named(name) or queries.named(id)
    from application.errors import NotFound

    given = shown(name)
    if not found:
        raise NotFound(
            f"No checkout has the order number, reference, ID or end of an ID {given}. Find it with `fulfill search`."
        )
    if len(found) > 1:
        candidates = "; ".join(_candidates(queries, found, hides_personal=hides_personal))
        raise UsageError(f"{given} may be any of {candidates}. Nothing was done. Repeat it with one of these.")
    return found[0]


def _candidates(queries: "Queries", found: Sequence[SessionId], *, hides_personal: bool) -> Iterator[str]:
    """What distinguishes them: the order number, the ID, the customer and the amount."""
    orders = queries.orders(found)
    for id in found:
        order = orders.get(id)
        total = money(order.checkout.amount_total, order.checkout.currency) if order else ""
        whose = () if hides_personal else (id, customer_of(order))
        distinct = ", ".join(filter(None, (*whose, total)))
        yield f"{order_of(id)} ({distinct})" if distinct else order_of(id)


def stripe_event_of(text: str) -> StripeEventId:
    """
    Raises:
        UsageError: it is no ID of a Stripe event.
    """
    try:
        return stripe_event_id(text)
    except InvalidIdentifier as error:
        from application.text.identifier_wording import described

        raise UsageError(f"{shown(text)} is not {described(error.expected)}.") from error
