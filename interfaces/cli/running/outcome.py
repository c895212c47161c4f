"""What a command of staff has led to."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from domain.identifiers import SessionId
from interfaces.cli.arguments.naming import called
from interfaces.cli.output.printing import page, print_json
from interfaces.cli.running.desk import Desk
from interfaces.cli.usage import DONE

if TYPE_CHECKING:
    from domain.mail import MailKind
    from domain.stripe_event import StripeEvent


def check_goes_out(kind: "MailKind", desk: Desk) -> None:
    """
    Raises:
        Refused: the settings leave out mails of this kind.
    """
    from application.errors import RefusedInWords

    if kind not in desk.runtime.settings.mails:
        raise RefusedInWords(
            f"FULFILL_MAILS leaves out `{kind}`, so no mail would go out. Leave out --notify, or add the kind."
        )


def put_checkout_state(desk: Desk, session_id: SessionId, done: str, *, as_json: bool) -> int:
    from application.reading.states_in_words import in_a_sentence
    from domain.order_number import order_number

    is_followed = desk.follow()
    document = desk.runtime.queries.checkout(session_id)
    if as_json:
        state = str(document.state) if document else "unknown"
        named = {"session_id": session_id, "order_number": order_number(session_id)}
        print_json({**named, "state": state, "is_followed": is_followed})
    else:
        page().say(f"{done} {called(session_id)} {in_a_sentence(document.situation) if document else 'is unknown'}.")
    return DONE


def put_stripe_event(desk: Desk, id: str, *, as_json: bool) -> int:
    from application.text.reason_wording import in_words
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
        about = f" It is about {called(session_id)}." if session_id else ""
        page().say(f"Requested another try: {id} {outcome}.{about}")
    return DONE


def _became(event: "StripeEvent", *, is_followed: bool) -> tuple[str, str]:
    """Return the state of the Stripe event, for programs and for people."""
    from application.text.english import inside
    from application.text.reason_wording import in_words

    if event.error:
        return "failed", f"still can't be handled: {inside(in_words(event.error)).rstrip('.')}"
    if not is_followed:
        return "waiting", "waits for the running server"
    return "handled", "is handled and needs no action" if event.is_ignored else "is handled"
