"""What a mail server's refusal means. Its own words are not kept: they may name the customer."""

import re

from application.ports import NotTaken, Permanent, PortError, Temporary
from domain import reasons
from domain.reason import Reason, SmtpAbout

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\d)")
"""An enhanced status code, as RFC 3463 has them, at the beginning of an answer."""
_LOGIN_WANTED = frozenset({530, 534, 535, 538})


def refusal(about: SmtpAbout, code: int, answer: bytes | str) -> PortError:
    """Return the error for a reply: 4xx is temporary, and 5xx permanent. A missing login is for the operator to fix,
    so no mail is given up for it. After any other reply the server may have taken the mail."""
    if code in _LOGIN_WANTED:
        return NotTaken(smtp_reply(SmtpAbout.LOGIN_WANTED, code, answer))
    why = smtp_reply(about, code, answer)
    if 500 <= code < 600:
        return Permanent(why)
    return NotTaken(why) if 400 <= code < 500 else Temporary(why)


def smtp_reply(about: SmtpAbout, code: int, answer: bytes | str) -> Reason:
    enhanced = _ENHANCED.match(answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer)
    return reasons.smtp_reply(about, code, enhanced[1] if enhanced else "")
