"""What a mail server's refusal means."""

import pytest

from application.ports import NotTaken, Permanent, PortError, Temporary
from domain.reason import SmtpAbout
from infrastructure.mail.refusal import refusal


@pytest.mark.parametrize(
    ("code", "answer", "error", "ending"),
    [
        (550, b"5.1.1 <ada@example.com> unknown", Permanent, "(550 5.1.1: there is no such mailbox)"),
        (552, b"5.2.2 over quota", Permanent, "(552 5.2.2: the mailbox is full)"),
        (550, b"5.99.99 novel", Permanent, "(550 5.99.99)"),
        (500, b"no", Permanent, "(500)"),
        (499, b"no", NotTaken, "(499)"),
        (600, b"no", Temporary, "(600)"),
        (399, b"no", Temporary, "(399)"),
        (252, b"2.1.5 taken, perhaps", Temporary, "(252 2.1.5)"),
        (599, "5.7.1 text", Permanent, "(599 5.7.1: the server's rules forbid it)"),
        (450, b"4.2.1 try later", NotTaken, "(450 4.2.1: the mailbox is switched off)"),
        (421, b"", NotTaken, "(421)"),
        (-1, b"\xff\xfe", Temporary, "(-1)"),
        (530, b"5.7.0 first a login", NotTaken, "(530 5.7.0: the server's rules forbid it)"),
        (550, b"5.1.1234 is no code", Permanent, "(550)"),
        (550, b"at ada@example.com 5.1.1", Permanent, "(550)"),
    ],
)
def test_its_codes_are_reported_in_words_of_ours(
    code: int, answer: bytes | str, error: type[PortError], ending: str
) -> None:
    shown = refusal(SmtpAbout.MAIL, code, answer)

    assert type(shown) is error
    assert str(shown).endswith(ending)
    assert "ada" not in str(shown)
