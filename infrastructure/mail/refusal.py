"""Explains the refusal of a mail server in our own words: the server's may name the customer."""

import re

from application.ports import NotTaken, Permanent, PortError, Temporary

_STATUS = re.compile(r"\s*[245]\.(\d{1,3}\.\d{1,3})(?!\d)")
"""An enhanced status code, as RFC 3463 has them, at the beginning of an answer."""
_MEANINGS = {
    "1.1": "there is no such mailbox",
    "1.2": "there is no such domain",
    "1.3": "the address is malformed",
    "1.8": "the sender's domain is not known",
    "1.10": "the domain takes no mails",
    "2.1": "the mailbox is switched off",
    "2.2": "the mailbox is full",
    "2.3": "the mail is too large",
    "3.4": "the mail is too large",
    "4.5": "the server is busy",
    "7.0": "the server's rules forbid it",
    "7.1": "the server's rules forbid it",
    "7.8": "the login is wrong",
    "7.20": "the signature of the sender's domain (DKIM) is missing",
    "7.23": "the sender's domain does not name this server (SPF)",
    "7.26": "the sender's domain vouches for it in no way (SPF, DKIM)",
}
_LOGIN_WANTED = frozenset({530, 534, 535, 538})


def refusal(what: str, code: int, answer: bytes | str) -> PortError:
    """4xx asks us to come back, 5xx is for good; but a missing login is for the operator to fix, and loses no mail. Any
    other answer leaves open whether the server took the mail."""
    said = _said(code, answer)
    if code in _LOGIN_WANTED:
        return NotTaken(f"The mail server wants a login, which SMTP_URL has to give it ({said})")
    if 500 <= code < 600:
        return Permanent(f"The mail server refuses {what} for good ({said})")
    kind = NotTaken if 400 <= code < 500 else Temporary
    return kind(f"The mail server does not take {what} now ({said})")


def _said(code: int, answer: bytes | str) -> str:
    status = _STATUS.match(answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer)
    if status is None:
        return str(code)
    meaning = _MEANINGS.get(status[1])
    return f"{code} {status[0].strip()}" + (f": {meaning}" if meaning else "")
