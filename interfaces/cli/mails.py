"""`fulfill resend`: mails that go out again."""

from typing import Annotated

from cyclopts import Parameter

from interfaces.cli.arguments.naming import called
from interfaces.cli.choices import MailName
from interfaces.cli.output.printing import page, print_json
from interfaces.cli.running.desk import by, open_desk
from interfaces.cli.running.outcome import put_checkout_state
from interfaces.cli.usage import DONE, Json, Session, Who, Why


def resend(
    session: Session,
    /,
    *,
    mail: Annotated[MailName, Parameter(help="Kind of the mail, as `fulfill checkout` shows it.")] = "receipt",
    occasion: Annotated[
        str | None, Parameter(show_default=False, help="Occasion of the mail, if several of this kind were sent.")
    ] = None,
    to: Annotated[
        str | None, Parameter(show_default=False, help="Send this one mail to another email address.")
    ] = None,
    dry_run: Annotated[
        bool,
        Parameter(negative=(), show_default=False, help="Show the mail without its license keys, but record nothing."),
    ] = False,
    as_: Who = None,
    reason: Why = "mail sent again",
    json: Json = False,
) -> int:
    """Send a mail again, written from the current state of the order."""
    from domain.mail import MailKind

    who, kind = by(as_, reason), MailKind(mail)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        decided = desk.runtime.staff.resend(id, kind, occasion, to, who, is_dry_run=dry_run)
        if not dry_run:
            return put_checkout_state(desk, id, f"The mail `{kind}` goes out again.", as_json=json)
        shown, recipient = desk.runtime.preview(decided), decided.to.text if decided.to else None
    if json:
        written = {"to": recipient, "subject": shown.subject.text, "text": shown.text.text}
        print_json({"session_id": id, **written, "personal": [f"/{name}" for name in written]})
    else:
        page().fields([("Order", called(id)), ("To", recipient or ""), ("Subject", shown.subject.text)])
        for line in ("", *shown.text.text.splitlines(), ""):
            page().say(line)
        page().say("Nothing was recorded.")
    return DONE
