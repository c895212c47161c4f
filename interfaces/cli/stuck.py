"""`fulfill retry` and `dismiss`: checkouts and Stripe events that wait in the work queue."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from application.text.english import counted
from domain.identifiers import is_stripe_event, session_of_stream
from interfaces.cli.arguments.naming import called, pasted_id, stripe_event_of
from interfaces.cli.choices import RetriedTask
from interfaces.cli.done import retried
from interfaces.cli.output.pasting import pasted
from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.output.tasks import task_fields
from interfaces.cli.output.text import label
from interfaces.cli.running.desk import by, open_desk
from interfaces.cli.running.outcome import put_checkout_state, put_stripe_event
from interfaces.cli.usage import (
    DONE,
    FAILED,
    Json,
    SessionOrEvent,
    SettingsSource,
    Subject,
    UsageError,
    Who,
    Why,
)

_SHOWN_MAX = 5

if TYPE_CHECKING:
    from application.reading.answers import WorkItem
    from application.reading.work import WorkKind
    from application.staff.by import By


def retry(
    session_or_event: SessionOrEvent = None,
    /,
    *,
    all_: Annotated[
        bool,
        Parameter("--all", negative=(), show_default=False, help="Retry everything in the queue that can be retried."),
    ] = False,
    kind: Annotated[
        tuple[RetriedTask, ...],
        Parameter("--kind", negative=(), show_default=False, help="With --all: only this kind. May be repeated."),
    ] = (),
    as_: Who = None,
    reason: Why = "tried again by hand",
    json: Json = False,
) -> int:
    """Retry what is stuck in a checkout, in a failed Stripe event, or in the whole queue (--all)."""
    from application.reading.remedies import RETRIED
    from domain.checkout_session import CheckoutSession

    who = by(as_, reason)
    if all_ is not (session_or_event is None):
        raise UsageError("Name either a checkout or Stripe event, or --all.")
    if kind and not all_:
        raise UsageError("--kind needs --all.")
    if session_or_event is None:
        return _retry_all([each for each in RETRIED if not kind or each in kind], who, as_json=json)
    session_or_event = pasted_id(session_or_event)
    with open_desk(makes_log=False) as desk:
        staff, livemode = desk.runtime.staff, desk.runtime.settings.livemode
        if is_stripe_event(session_or_event):
            event = stripe_event_of(session_or_event)
            staff.check_retriable(event, livemode=livemode)
            staff.retry(event, who)
            return put_stripe_event(desk, event, as_json=json)
        id = desk.session(session_or_event)
        staff.check_retriable(id, livemode=livemode)
        done = retried(desk.runtime.log.get(CheckoutSession, id))
        staff.retry(id, who)
        return put_checkout_state(desk, id, done, as_json=json)


def _retry_all(kinds: "Sequence[WorkKind]", who: "By", *, as_json: bool) -> int:
    """By pages, each in few transactions, and so safe to interrupt: what is left is still in the queue."""
    from application.reading.work import OtherWork

    with open_desk(makes_log=False) as desk:
        retried, unreadable = 0, list[str]()
        for page_ in desk.runtime.queries.stuck(kinds):
            failed = desk.runtime.staff.retry_all(page_, who)
            if retried:  # on an earlier page
                talk(f"fulfill: Requested {counted(retried, 'retry', 'retries')} so far.")
            retried += len(page_) - len(failed)
            unreadable += failed
        is_followed = desk.follow() if retried else True
        others = desk.runtime.queries.parked_without_retry() if OtherWork.PARKED_EVENT in kinds else ()
    if unreadable:
        named = (called(session) if (session := session_of_stream(id)) else id for id in unreadable[:_SHOWN_MAX])
        talk(f"fulfill: This version can't read {', '.join(named)}. Nothing was changed there.")
    if others:
        subjects = ", ".join(others[:_SHOWN_MAX])
        talk(
            f"fulfill: No retry releases the parked events of {subjects}. A server tries them again when it starts; "
            "`fulfill policies list` shows the policies."
        )
    if as_json:
        print_json({"retried": retried, "unreadable": unreadable, "without_retry": others, "is_followed": is_followed})
    else:
        requested = f"Requested {counted(retried, 'retry', 'retries')}."
        page().say(requested if retried else "No matching items in the queue.")
    return DONE if not unreadable else FAILED


def dismiss(subject: Subject, /, *, as_: Who = None, reason: Why, json: Json = False) -> int:
    """Remove a checkout or a Stripe event from the queue until there is news about it. Tasks of line items stay."""
    who, subject = by(as_, reason), pasted_id(subject)
    with open_desk(makes_log=False) as desk:
        id = stripe_event_of(subject) if is_stripe_event(subject) else desk.session(subject)
        desk.runtime.staff.check_is_known(id)
        _check_dismissible(None if desk.subject else id, desk.runtime.queries.work_of(id))
        desk.runtime.staff.dismiss(id, who)
        is_followed = desk.follow()
        left = desk.runtime.queries.work_of(id)
        name = called(desk.subject) if desk.subject else id
    if json:
        print_json({"subject": id, "left": [task_fields(item) for item in left], "is_followed": is_followed})
    elif left:
        tasks = (f"{label(item.kind)} ({' or '.join(each.verb for each in pasted(item, None))})" for item in left)
        page().say(f"Dismissed {name}. Still in the queue: {', '.join(dict.fromkeys(tasks))}.")
    else:
        page().say(f"Dismissed {name}. It has no more tasks in the queue.")
    return DONE


def _check_dismissible(stripe_event: str | None, items: "Sequence[WorkItem]") -> None:
    """Check a Stripe event, or the checkout of the command.

    Raises:
        Refused: it has no task that can be dismissed. The message shows the commands that resolve the others.
    """
    from application.errors import RefusedInWords
    from application.reading.remedies import Remedy, remedies_of

    if not items:
        raise RefusedInWords(f"{stripe_event or 'This checkout'} has no task in the queue. Nothing was recorded.")
    if not any(Remedy.DISMISS in remedies_of(item) for item in items):
        prefix = SettingsSource().order_prefix()
        ways = (" or ".join(f"`{each.text}`" for each in pasted(item, prefix)) for item in items)
        tasks = (f"{label(item.kind)}: {way}" for item, way in zip(items, ways, strict=True))
        raise RefusedInWords(
            f"The tasks of {stripe_event or 'this checkout'} can't be dismissed, only resolved. Nothing was recorded. "
            f"{'; '.join(dict.fromkeys(tasks))}"
        )
