"""What a person can do about work in the queue, as data: the command line prints commands, a page shows buttons."""

from enum import StrEnum
from typing import assert_never

from application.reading.answers import WorkItem
from application.reading.work import AboutCheckouts, AboutParking, OtherWork, Work, WorkKind
from domain.identifiers import retried_subject
from domain.line import UNDECIDED
from domain.park_reason import FOREIGN


class Remedy(StrEnum):
    """Something to do. Each names what it needs beside its subject, if anything."""

    SHIP = "ship"
    """Of a line: needs a carrier, and takes a tracking number."""
    COMPLETE = "complete"
    """Of a line."""
    CANCEL_LINE = "cancel_line"
    CANCEL = "cancel"
    REPLAN = "replan"
    SUPPLY = "supply"
    """Count stock or import keys: needs how many, or a file."""
    REVOKE_KEYS = "revoke_keys"
    """Of a line, which gets no new license keys. Needs a reason: it revokes those that are still valid, too."""
    RETRY = "retry"
    RETRY_ALL = "retry_all"
    """Everything in the queue that is of the same kind."""
    LIST_CHECKOUTS = "list_checkouts"
    """See which checkouts wait."""
    RETRIEVE = "retrieve"
    """Ask Stripe."""
    READDRESS = "readdress"
    """Needs an address."""
    DISMISS = "dismiss"
    """Needs a reason."""
    REBUILD = "rebuild"
    """Of a view."""
    START_SERVER = "start_server"
    START_WORKER = "start_worker"
    LIST_POLICIES = "list_policies"
    """See which policy waits, and for which version of the engine."""


def remedies_of(item: WorkItem) -> tuple[Remedy, ...]:
    """Return what resolves this item, the usual remedy first; never nothing."""
    match item.kind, item.about:
        case Work.MANUAL_LINE, _ if item.why.code in UNDECIDED:
            return (Remedy.REPLAN, Remedy.CANCEL_LINE)
        case OtherWork.PARKED_EVENT, _ if retried_subject(item.subject) is None:
            return (Remedy.START_SERVER, Remedy.LIST_POLICIES)
        case Work.STRIPE_KEY_REFUSED, AboutCheckouts():
            return (Remedy.RETRY_ALL, Remedy.LIST_CHECKOUTS)
        case Work.PARKED_SESSION, AboutParking(why) if why in FOREIGN:
            return (Remedy.DISMISS,)
        case _:
            return remedies(item.kind)


def remedies(kind: WorkKind) -> tuple[Remedy, ...]:  # noqa: C901 - a table with a line for each kind
    """Return what resolves work of this kind, the usual remedy first."""
    match kind:
        case Work.PARCEL_TO_PACK:
            return (Remedy.SHIP, Remedy.CANCEL_LINE)
        case Work.MANUAL_LINE:
            return (Remedy.COMPLETE, Remedy.REPLAN, Remedy.CANCEL_LINE)
        case Work.BACKORDERED_LINE:
            return (Remedy.SUPPLY, Remedy.CANCEL_LINE)
        case Work.GIVEN_UP_LINE:
            return (Remedy.RETRY, Remedy.COMPLETE, Remedy.CANCEL_LINE)
        case Work.AWAITED_KEYS:
            return (Remedy.SUPPLY, Remedy.REVOKE_KEYS)
        case Work.MAIL_FAILED:
            return (Remedy.RETRY, Remedy.READDRESS, Remedy.DISMISS)
        case Work.MAIL_WITHOUT_ADDRESS:
            return (Remedy.READDRESS, Remedy.DISMISS)
        case Work.RETRIEVAL_FAILED:
            return (Remedy.RETRY, Remedy.RETRIEVE, Remedy.DISMISS)
        case Work.PAYMENT_OVERDUE:
            return (Remedy.RETRY, Remedy.CANCEL, Remedy.DISMISS)
        case Work.PAYMENT_TO_CAPTURE:
            return (Remedy.RETRIEVE, Remedy.CANCEL, Remedy.DISMISS)
        case Work.PARKED_SESSION | Work.FAILED_STRIPE_EVENT | OtherWork.PARKED_EVENT:
            return (Remedy.RETRY, Remedy.DISMISS)
        case Work.PAID_TWICE:
            return (Remedy.REPLAN, Remedy.CANCEL)
        case Work.CONTRADICTED:
            return (Remedy.DISMISS,)
        case Work.FAILING_EFFECT | Work.STRIPE_KEY_REFUSED:
            return (Remedy.RETRY,)
        case OtherWork.INCOMPLETE_VIEW:
            return (Remedy.REBUILD,)
        case OtherWork.WAITING_EFFECT:
            return (Remedy.START_SERVER, Remedy.START_WORKER)
        case OtherWork.LOW_STOCK | OtherWork.LOW_KEYS:
            return (Remedy.SUPPLY,)
        case _:
            assert_never(kind)


KINDS: tuple[WorkKind, ...] = (*Work, *OtherWork)
RETRIED = tuple(kind for kind in KINDS if remedies(kind)[0] is Remedy.RETRY)
"""The kinds of work that a retry resolves in the first place."""
