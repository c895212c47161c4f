"""Commands on checkouts. Those that change one name who and why, are in the log with both, and show what followed."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from application.reading.english import counted
from domain.errors import InvalidIdentifier
from domain.identifiers import stripe_event_id
from domain.ids import SessionId, StripeEventId
from interfaces.cli.desk import Desk, by, open_desk
from interfaces.cli.naming import session_of
from interfaces.cli.output.orders import bought, customer_of, with_order
from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.output.text import label, money, to_the_second
from interfaces.cli.queue import RETRIED, resolving
from interfaces.cli.read_side import is_complete, open_side
from interfaces.cli.usage import (
    DONE,
    FAILED,
    Json,
    Lines,
    Redact,
    Session,
    SessionOrEvent,
    SettingsSource,
    Subject,
    UsageError,
    Who,
    Why,
    moment,
    zone,
)

_HITS_MAX = 50
_SHOWN_MAX = 5
_TIME = "2026-11-24T09:00:00Z, or 2026-11-24 (start of day)"
_TEXT_SHOWN_MAX = 60

if TYPE_CHECKING:
    from application.reading.answers import SearchHit
    from application.reading.work import WorkKind
    from application.staff import By
    from domain.checkout import Checkout
    from domain.mail import MailKind
    from domain.stripe_event import StripeEvent


def checkout(
    session: Session,
    /,
    *,
    as_of: Annotated[
        str | None,
        Parameter(help="Show what was known at this time: 2026-11-24T09:00:00Z, or 2026-11-24 (start of day)."),
    ] = None,
    time_zone: Annotated[
        str | None, Parameter(help="Show times in this zone, by its IANA name: Europe/Berlin (default: UTC).")
    ] = None,
    newest_first: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Start the story with its latest event.")
    ] = False,
    redact: Redact = False,
    json: Json = False,
) -> int:
    """Show a checkout: its state, the order, parcels, emails, and every event with its actor, time and cause."""
    from interfaces.cli.output.checkout_page import put_checkout, shown_checkout

    then = None if as_of is None else moment(as_of, "--as-of")
    shown_in = UTC if time_zone is None else zone(time_zone, "--time-zone")
    source = SettingsSource()
    public_url, prefix = source.public_url(), source.order_prefix()
    with open_side() as side:
        session_id = session_of(side.queries, session)
        shown = shown_checkout(side, session_id, then, public_url=public_url, hides_personal=redact)
    if json:
        print_json(shown.as_json())
    else:
        put_checkout(shown, page(), shown_in, newest_first=newest_first, order_prefix=prefix)
    if not shown.is_complete:
        talk("fulfill: The log has unreadable events that may belong to any checkout. See `fulfill queue`.")
    return DONE


def search(
    words_: Annotated[tuple[str, ...], Parameter(name="WORDS", help="Search words. All must match.")],
    /,
    *,
    since: Annotated[str | None, Parameter(help=f"Only checkouts first seen at this time or later: {_TIME}.")] = None,
    until: Annotated[str | None, Parameter(help=f"Only checkouts first seen before this time: {_TIME}.")] = None,
    before: Annotated[
        str | None, Parameter(help="Only checkouts older than this one: the last one shown, for the next page.")
    ] = None,
    redact: Redact = False,
    json: Json = False,
) -> int:
    """Find checkouts by what people paste: email, name, phone, amount, SKU, reference, ID or Dashboard address."""
    from application.reading.answers import SeenWithin
    from application.reading.projections.checkouts import CHECKOUTS
    from application.reading.projections.search import SEARCH
    from application.reading.redacted import redacted

    first = None if since is None else moment(since, "--since")
    end = None if until is None else moment(until, "--until")
    prefix = SettingsSource().order_prefix()
    with open_side() as side:
        older_than = None if before is None else session_of(side.queries, before)
        seen = SeenWithin(since=first, until=end, before=older_than)
        hits = side.queries.search(" ".join(words_), _HITS_MAX, seen)
        orders = side.queries.orders(hit.session_id for hit in hits)
        is_whole = is_complete(side.queries, SEARCH, CHECKOUTS)
    if redact:
        orders = {session: redacted(order) for session, order in orders.items()}
    if json:
        print_json([with_order(hit, orders.get(hit.session_id), is_complete=is_whole) for hit in hits])
    elif hits:
        columns = ("order", "session", "state", "amount", "first seen", "customer", "items", "match")
        rows = [_hit_row(hit, orders.get(hit.session_id), prefix) for hit in hits]
        page().table(columns, rows, wraps=("customer", "items", "match"))
    elif is_whole:
        page().say("No checkouts found. Each search word must be a word of the checkout, or the start of one.")
    else:
        page().say("No checkouts found in the incomplete views.")
    if len(hits) == _HITS_MAX:
        talk(f"fulfill: Showing the newest {_HITS_MAX}. For older ones, add --before {hits[-1].order_number}.")
    return DONE if hits else FAILED


def _hit_row(hit: "SearchHit", order: "Checkout | None", order_prefix: str | None) -> tuple[str, ...]:
    from domain.order_number import with_prefix

    return (
        with_prefix(hit.order_number, order_prefix),
        hit.session_id,
        label(hit.state),
        money(hit.amount_total, hit.currency),
        to_the_second(hit.recorded_at),
        customer_of(order),
        bought(order),
        ", ".join(map(label, hit.matched)),
    )


def run(session: Session, /, *, as_: Who = None, reason: Why = "asked Stripe by hand", json: Json = False) -> int:
    """Retrieve a session from Stripe now, and fulfill it if it is paid."""
    from domain.checkout_session import CheckoutSession
    from domain.personal import Personal
    from domain.source import Source

    who = by(as_, reason)
    with open_desk() as desk:
        runtime, id = desk.runtime, desk.session(session)
        was_paid = runtime.log.get(CheckoutSession, id).is_paid
        runtime.fulfill_checkout(id, source=Source.STAFF, actor=who.actor, reason=Personal(who.reason.strip()))
        done = "Already paid, so Stripe was not asked." if was_paid else "Retrieved from Stripe."
        return _show(desk, id, done, as_json=json)


def complete(
    session: Session, /, *, as_: Who = None, reason: Why = "delivered by hand", line: Lines = (), json: Json = False
) -> int:
    """Mark line items as delivered by hand. Without --line, all items in state `manual`."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        desk.runtime.staff.complete(id, line, who)
        return _show(desk, id, as_json=json)


def ship(
    session: Session,
    /,
    *,
    carrier: Annotated[str, Parameter(help="Carrier of the parcel.")],
    tracking: Annotated[str | None, Parameter(help="Tracking number, or URL of the tracking page.")] = None,
    as_: Who = None,
    reason: Why = "parcel shipped",
    line: Lines = (),
    json: Json = False,
) -> int:
    """Mark a parcel as shipped. Without --line, it holds all line items that are ready to pack."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        desk.runtime.staff.ship(id, line, carrier=carrier, tracking=tracking, by=who)
        return _show(desk, id, as_json=json)


def retry(
    session_or_event: SessionOrEvent = None,
    /,
    *,
    all_: Annotated[
        bool,
        Parameter("--all", negative=(), show_default=False, help="Retry everything in the queue that can be retried."),
    ] = False,
    kind: Annotated[
        tuple[str, ...],
        Parameter("--kind", negative=(), show_default=False, help="With --all: only this kind. May be repeated."),
    ] = (),
    as_: Who = None,
    reason: Why = "tried again by hand",
    json: Json = False,
) -> int:
    """Retry what is stuck: in a checkout, of a failed Stripe event, or in the whole queue (--all)."""
    who = by(as_, reason)
    if all_ is not (session_or_event is None):
        raise UsageError("Name either a checkout or Stripe event, or --all.")
    if kind and not all_:
        raise UsageError("--kind needs --all.")
    if unknown := sorted({*kind} - {*RETRIED}):
        raise UsageError(f"--kind must be one of {', '.join(RETRIED)} (got {unknown[0][:_TEXT_SHOWN_MAX]!r}).")
    if session_or_event is None:
        return _retry_all([each for each in RETRIED if not kind or each in kind], who, as_json=json)
    with open_desk(makes_log=False) as desk:
        staff, livemode = desk.runtime.staff, desk.runtime.settings.livemode
        if session_or_event.startswith("evt_"):
            event = _stripe_event(session_or_event)
            staff.check_retriable(event, livemode=livemode)
            staff.retry(event, who)
            return _show_event(desk, event, as_json=json)
        id = desk.session(session_or_event)
        staff.check_retriable(id, livemode=livemode)
        staff.retry(id, who)
        return _show(desk, id, as_json=json)


def _stripe_event(text: str) -> StripeEventId:
    try:
        return stripe_event_id(text)
    except InvalidIdentifier as error:
        raise UsageError(f"{text[:_TEXT_SHOWN_MAX]!r} is {error}.") from error


def _retry_all(kinds: "Sequence[WorkKind]", who: "By", *, as_json: bool) -> int:
    """By pages, each in few transactions, and so safe to interrupt: what is left is still in the queue."""
    with open_desk(makes_log=False) as desk:
        retried, unreadable = 0, list[str]()
        for page_ in desk.runtime.queries.stuck(kinds):
            failed = desk.runtime.staff.retry_all(page_, who)
            retried += len(page_) - len(failed)
            unreadable += failed
            talk(f"fulfill: Requested {counted(retried, 'retry', 'retries')} so far.")
        is_followed = desk.follow() if retried else True
    if unreadable:
        talk(f"fulfill: This version can't read {', '.join(unreadable[:_SHOWN_MAX])}. Nothing was changed there.")
    if as_json:
        print_json({"retried": retried, "unreadable": unreadable, "is_followed": is_followed})
    else:
        requested = f"Requested {counted(retried, 'retry', 'retries')}."
        page().say(requested if retried else "No matching items in the queue.")
    return DONE if not unreadable else FAILED


def replan(session: Session, /, *, as_: Who = None, reason: Why = "catalog changed", json: Json = False) -> int:
    """Plan blocked lines again from the current catalog."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        desk.check_catalog()
        id = desk.session(session)
        desk.runtime.staff.replan(id, who)
        return _show(desk, id, as_json=json)


def cancel(
    session: Session,
    /,
    *,
    line: Lines = (),
    notify: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Send the customer a mail about it.")
    ] = False,
    as_: Who = None,
    reason: Why = "canceled by the shop",
    json: Json = False,
) -> int:
    """Cancel what is not delivered yet: stock is released and calls are withdrawn. No money moves."""
    from domain.mail import MailKind

    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        if notify:
            _check_goes_out(MailKind.CANCELED, desk)
        delivered = desk.runtime.staff.cancel(id, line, who, notifies=notify)
        if delivered:
            titles = ", ".join(f"{each.plan.title} ({each.plan.id})" for each in delivered)
            talk(f"fulfill: Delivered already, so it stays as it is: {titles}.")
        talk("fulfill: No money was moved. Refund or cancel the payment in Stripe's Dashboard.")
        return _show(desk, id, as_json=json)


def _check_goes_out(kind: "MailKind", desk: Desk) -> None:
    """
    Raises:
        Refused: the settings leave out mails of this kind.
    """
    from domain.errors import Refused

    if kind not in desk.runtime.settings.mails:
        raise Refused(
            f"FULFILL_MAILS leaves out `{kind}`, so no mail would go out. Leave out --notify, or add the kind."
        )


def readdress(
    session: Session,
    /,
    *,
    to: Annotated[str, Parameter(help="New email address for this checkout.")],
    as_: Who = None,
    reason: Why = "address corrected",
    json: Json = False,
) -> int:
    """Send a checkout's mails to another address, failed mails included."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        desk.runtime.staff.readdress(id, to, who)
        return _show(desk, id, as_json=json)


def dismiss(subject: Subject, /, *, as_: Who = None, reason: Why, json: Json = False) -> int:
    """Take a checkout or a Stripe event out of the queue, until something new comes about it. Lines stay."""
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = _stripe_event(subject) if subject.startswith("evt_") else desk.session(subject)
        desk.runtime.staff.dismiss(id, who)
        is_followed = desk.follow()
        left = desk.runtime.queries.work_of(id)
    if json:
        print_json({"subject": id, "left": [asdict(item) for item in left], "is_followed": is_followed})
    elif left:
        tasks = (f"{label(item.kind)} ({' or '.join(resolving(item.kind))})" for item in left)
        page().say(f"Dismissed {id}. Still in the queue: {', '.join(dict.fromkeys(tasks))}.")
    else:
        page().say(f"Dismissed {id}. The queue has nothing more of it.")
    return DONE


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
        return _show(desk, id, as_json=json)


def _show(desk: Desk, session_id: SessionId, done: str = "Recorded.", *, as_json: bool) -> int:
    from interfaces.cli.output.states import in_a_sentence

    is_followed = desk.follow()
    document = desk.runtime.queries.checkout(session_id)
    if as_json:
        state = str(document.state) if document else "unknown"
        print_json({"session_id": session_id, "state": state, "is_followed": is_followed})
    else:
        page().say(f"{done} {session_id} {in_a_sentence(document.state) if document else 'is unknown'}.")
    return DONE


def _show_event(desk: Desk, id: str, *, as_json: bool) -> int:
    from application.reason_wording import in_words
    from domain.stripe_event import StripeEvent

    is_followed = desk.follow()
    event = desk.runtime.log.get(StripeEvent, id)
    session_id = event.received.session_id if event.received else None
    state, outcome = _became(event, is_followed=is_followed)
    if as_json:
        error, why = (in_words(event.error), asdict(event.error)) if event.error else (None, None)
        found = {"state": state, "error": error, "why": why, "session_id": session_id, "is_followed": is_followed}
        print_json({"stripe_event": id, **found})
    else:
        about = f" It is about {session_id}." if session_id else ""
        page().say(f"Recorded. {id} {outcome}.{about}")
    return DONE


def _became(event: "StripeEvent", *, is_followed: bool) -> tuple[str, str]:
    """Return the state of the Stripe event, for programs and for people."""
    from application.reading.english import inside
    from application.reason_wording import in_words

    if event.error:
        return "failed", f"still can't be handled: {inside(in_words(event.error)).rstrip('.')}"
    if not is_followed:
        return "waiting", "waits for the running server"
    return "handled", "is handled and needs no action" if event.is_ignored else "is handled"
