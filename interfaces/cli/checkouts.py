"""`fulfill checkout`: show and search checkouts, and the commands that concern a checkout as a whole.

A command that changes a checkout is in the log with a name and a reason, and shows what followed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, cast

from cyclopts import Parameter

from interfaces.cli.arguments.naming import session_of
from interfaces.cli.arguments.state_words import StateWord, state_of
from interfaces.cli.arguments.times import MOMENT_OR_DAY, last_moment, period, shown_zone
from interfaces.cli.choices import currencies
from interfaces.cli.output.orders import bought, customer_of, with_order
from interfaces.cli.output.printing import page, talk
from interfaces.cli.output.redacting import paged_for, print_json_for
from interfaces.cli.output.text import matched_in_words, money, to_the_second
from interfaces.cli.running.desk import by, open_desk
from interfaces.cli.running.outcome import put_checkout_state
from interfaces.cli.running.read_side import is_complete, open_side
from interfaces.cli.usage import (
    DONE,
    FAILED,
    Json,
    Local,
    Redact,
    Session,
    SettingsSource,
    TimeZone,
    UsageError,
    Who,
    Why,
    each,
    shown,
    whole_number,
)

_HITS_MAX = 50
_LISTED_MAX = 200

if TYPE_CHECKING:
    from application.reading.answers import CheckoutFilter, NamedCheckout, SearchHit
    from application.reading.checkout_state import CheckoutState, Situation


def checkout(
    session: Session,
    /,
    *,
    as_of: Annotated[
        str | None,
        Parameter(help=f"Show what was known at this time, or by the end of this day: {MOMENT_OR_DAY}."),
    ] = None,
    time_zone: TimeZone = None,
    local: Local = False,
    newest_first: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Start the story with its latest event.")
    ] = False,
    for_customer: Annotated[
        bool,
        Parameter(negative=(), show_default=False, help="Show a summary of what the customer may know."),
    ] = False,
    redact: Redact = False,
    json: Json = False,
) -> int:
    """Show a checkout: its state, the order, parcels, emails, and every event with its actor, time and cause."""
    from interfaces.cli.output.checkout_page import put_checkout, shown_checkout
    from interfaces.cli.output.customer_page import show_summary

    then = None if as_of is None else last_moment(as_of, "--as-of")
    shown_in = shown_zone(time_zone, local=local)
    source = SettingsSource()
    public_url, prefix = source.public_url(), source.order_prefix()
    with open_side() as side:
        session_id = session_of(side.queries, session, hides_personal=redact)
        shown = shown_checkout(side, session_id, then, public_url=public_url, hides_personal=redact)
        summary = side.queries.customer_summary(session_id, then, hides_personal=redact) if for_customer else None
    if summary:
        show_summary(summary, shown_in, order_prefix=prefix, newest_first=newest_first, as_json=json)
    elif json:
        print_json_for(shown.as_json(), hides_personal=redact)
    else:
        with paged_for(hides_personal=redact) as page_:
            put_checkout(shown, page_, shown_in, newest_first=newest_first, order_prefix=prefix)
    if not shown.is_complete:
        talk("fulfill: The log has unreadable events that may belong to any checkout. See `fulfill queue`.")
    return DONE


def _at_most(_kind: object, number: int) -> None:
    if not 0 < number <= _LISTED_MAX:
        raise ValueError(f"must be 1 to {_LISTED_MAX}")


def search(
    words_: Annotated[tuple[str, ...], Parameter(name="WORDS", help="Search words. All must match.")],
    /,
    *,
    since: Annotated[
        str | None, Parameter(help=f"Only checkouts first seen at this time, on this day or later: {MOMENT_OR_DAY}.")
    ] = None,
    until: Annotated[
        str | None,
        Parameter(help=f"Only checkouts first seen before this time, or on this day or earlier: {MOMENT_OR_DAY}."),
    ] = None,
    before: Annotated[
        str | None, Parameter(help="Only checkouts older than this one. For the next page, name the last one shown.")
    ] = None,
    redact: Redact = False,
    json: Json = False,
) -> int:
    """Find checkouts by what people paste: email, name, phone, amount, SKU, reference, ID or Dashboard URL."""
    from application.reading.answers import CheckoutFilter

    first, behind = period(since, until)
    of = CheckoutFilter(since=first, until=behind)
    nothing = "No checkouts found. Each search word must be a word of the checkout, or the start of one."
    asked = _Asked(words=" ".join(words_), of=of, before=before, limit=_HITS_MAX, nothing=nothing)
    return _put_hits(asked, redact=redact, as_json=json)


def checkout_list(
    *,
    state: Annotated[
        tuple[StateWord, ...],
        Parameter(
            "--state",
            converter=each(state_of),
            negative=(),
            show_default=False,
            help="Only checkouts in this state. May be repeated.",
        ),
    ] = (),
    since: Annotated[
        str | None, Parameter(help=f"Only checkouts first seen at this time, on this day or later: {MOMENT_OR_DAY}.")
    ] = None,
    until: Annotated[
        str | None,
        Parameter(help=f"Only checkouts first seen before this time, or on this day or earlier: {MOMENT_OR_DAY}."),
    ] = None,
    currency: Annotated[
        str | None, Parameter(completer=currencies, help="Only checkouts in this currency, such as eur.")
    ] = None,
    at_least: Annotated[
        str | None, Parameter(help="Only totals of this amount or more, such as 49.00. Needs --currency.")
    ] = None,
    at_most: Annotated[
        str | None, Parameter(help="Only totals of this amount or less, such as 100. Needs --currency.")
    ] = None,
    limit: Annotated[
        int, Parameter(converter=whole_number, validator=_at_most, help=f"Number of checkouts, at most {_LISTED_MAX}.")
    ] = _HITS_MAX,
    before: Annotated[
        str | None, Parameter(help="Only checkouts older than this one. For the next page, name the last one shown.")
    ] = None,
    redact: Redact = False,
    json: Json = False,
) -> int:
    """List checkouts, the newest first, by state, date and amount."""
    from application.reading.answers import CheckoutFilter

    code = None if currency is None else _currency(currency)
    first, behind = period(since, until)
    least, most = _amount(at_least, code, "--at-least"), _amount(at_most, code, "--at-most")
    if least is not None and most is not None and least > most:
        raise UsageError(
            f"--at-least must not be more than --at-most (got {at_least} and {at_most}), since no total is both. "
            "Choose a lower --at-least or a higher --at-most."
        )
    of = CheckoutFilter(
        since=first,
        until=behind,
        states=cast("tuple[CheckoutState | Situation, ...]", state),
        currency=code,
        least=least,
        most=most,
    )
    asked = _Asked(words="", of=of, before=before, limit=limit, nothing="No such checkouts.")
    return _put_hits(asked, redact=redact, as_json=json)


def _currency(text: str) -> str:
    """As Stripe spells it.

    Raises:
        UsageError: there is none with this code.
    """
    from infrastructure.customer_texts.formatting import currencies

    if text.upper() not in currencies():
        raise UsageError(f"--currency must be the ISO 4217 code of a currency, such as eur (got {shown(text)}).")
    return text.lower()


def _amount(text: str | None, currency: str | None, option: str) -> int | None:
    """In the smallest unit of the currency.

    Raises:
        UsageError: it is no amount of this currency.
    """
    from application.text.amounts import AmbiguousAmount, NoAmount, smallest_unit
    from domain.money import decimals

    if text is None:
        return None
    if currency is None:
        raise UsageError(f"{option} needs --currency: amounts of different currencies can't be compared.")
    try:
        return smallest_unit(text, currency)
    except AmbiguousAmount as error:
        amounts = " or ".join(error.amounts)
        raise UsageError(f"{option} can mean {amounts} (got {shown(text)}). Write it as one of these.") from error
    except NoAmount as error:
        places = decimals(currency)
        example = f"49.{'0' * places}" if places else "49"
        raise UsageError(f"{option} must be an amount in {currency} such as {example} (got {shown(text)}).") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is asked for."""

    words: str
    of: "CheckoutFilter"
    before: str | None
    limit: int
    nothing: str
    """What is printed if there is none."""


def _put_hits(asked: _Asked, *, redact: bool, as_json: bool) -> int:
    from application.reading.marked_json import values_of
    from application.reading.projections.checkouts import CHECKOUTS
    from application.reading.projections.search import SEARCH
    from application.reading.redacted import redacted

    prefix = SettingsSource().order_prefix()
    with open_side() as side:
        older_than = None if asked.before is None else session_of(side.queries, asked.before, hides_personal=redact)
        hits = side.queries.search(asked.words, asked.limit, replace(asked.of, before=older_than))
        orders = side.queries.orders(hit.session_id for hit in hits)
        is_whole = is_complete(side.queries, SEARCH, CHECKOUTS)
    if redact:
        orders = {session: redacted(order) for session, order in orders.items()}
    if as_json:
        found = [with_order(dict(values_of(hit)), orders.get(hit.session_id), is_complete=is_whole) for hit in hits]
        print_json_for(found, hides_personal=redact)
    elif hits:
        match = ("match",) if asked.words else ()
        session = () if redact else ("session",)
        columns = ("order", *session, "state", "amount", "first seen", "customer", "items", *match)
        rows = [_hit_row(hit, orders.get(hit.session_id), prefix) for hit in hits]
        with paged_for(hides_personal=redact) as page_:
            page_.table(columns, [[row[name] for name in columns] for row in rows], wraps=("customer", "items", *match))
    elif is_whole:
        page().say(asked.nothing)
    else:
        page().say("No checkouts found in the incomplete views.")
    if len(hits) == asked.limit:
        talk(f"fulfill: Showing the newest {asked.limit}. For older ones, add --before {hits[-1].order_number}.")
    return DONE if hits else FAILED


def _hit_row(hit: "SearchHit", order: "NamedCheckout | None", order_prefix: str | None) -> Mapping[str, str]:
    """The cells of a row by its columns."""
    from application.reading.states_in_words import STATES
    from domain.order_number import with_prefix

    return {
        "order": with_prefix(hit.order_number, order_prefix),
        "session": hit.session_id,
        "state": STATES[hit.situation].short,
        "amount": money(hit.amount_total, hit.currency),
        "first seen": to_the_second(hit.recorded_at),
        "customer": customer_of(order),
        "items": bought(order),
        "match": ", ".join(map(matched_in_words, hit.matched)),
    }


def run(session: Session, /, *, as_: Who = None, reason: Why = "asked Stripe by hand", json: Json = False) -> int:
    """Retrieve a session from Stripe now, and fulfill it if it is paid."""
    from domain.checkout_session import CheckoutSession
    from domain.personal import Personal
    from domain.source import Source

    who = by(as_, reason)
    with open_desk() as desk:
        runtime, id = desk.runtime, desk.session(session)
        is_asked = runtime.log.get(CheckoutSession, id).may_have_news
        runtime.fulfill_checkout(id, source=Source.STAFF, actor=who.actor, reason=Personal(who.reason.strip()))
        done = "Retrieved from Stripe." if is_asked else "Already paid, so Stripe was not asked."
        return put_checkout_state(desk, id, done, as_json=json)


def readdress(
    session: Session,
    /,
    *,
    to: Annotated[str, Parameter(help="New email address for this checkout.")],
    as_: Who = None,
    reason: Why = "address corrected",
    json: Json = False,
) -> int:
    """Send a checkout's mails to another email address, failed mails included."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        desk.runtime.staff.readdress(id, to, who)
        return put_checkout_state(desk, id, "The mails go to the new address from now on.", as_json=json)


def _part(help: str) -> Parameter:
    return Parameter(show_default=False, help=help)


def address(
    session: Session,
    /,
    *,
    name: Annotated[str | None, _part("Recipient.")] = None,
    phone: Annotated[str | None, _part('Phone number for the carrier; "" removes it.')] = None,
    line1: Annotated[str | None, _part("Street and number.")] = None,
    line2: Annotated[str | None, _part('Apartment, floor or building; "" removes it.')] = None,
    city: Annotated[str | None, _part("City.")] = None,
    postal_code: Annotated[str | None, _part('Postal code; "" removes it.')] = None,
    state: Annotated[str | None, _part('State, province or prefecture; "" removes it.')] = None,
    country: Annotated[str | None, _part("Two-letter country code (ISO 3166), such as DE.")] = None,
    as_: Who = None,
    reason: Why = "shipping address corrected",
    json: Json = False,
) -> int:
    """Correct the shipping address of parcels that have not left yet. Omitted options keep their values."""
    from application.staff.correction import Correction

    who = by(as_, reason)
    correction = Correction(
        name=name,
        phone=phone,
        line1=line1,
        line2=line2,
        city=city,
        postal_code=postal_code,
        state=state,
        country=country,
    )
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        desk.runtime.staff.correct_shipping(id, correction, who)
        return put_checkout_state(desk, id, "The shipping address is corrected.", as_json=json)


def note(
    session: Session,
    text: Annotated[str, Parameter(help="Text of the note.")],
    /,
    *,
    as_: Who = None,
    reason: Why = "note added",
    json: Json = False,
) -> int:
    """Add a note to the audit trail of a checkout."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        desk.runtime.staff.note(id, text, who)
        return put_checkout_state(desk, id, "Added the note.", as_json=json)
