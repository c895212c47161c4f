"""Mails handed over: to files, and to a real mail server that takes, refuses, or breaks off."""

import email
import email.policy
import smtplib
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from log_parts import MUG, mail

from application.ports import Mailer, Permanent, Temporary
from domain.mail import MailKind
from domain.personal import Personal
from infrastructure.mail.files import FileMailer
from infrastructure.mail.smtp import SmtpMailer, SmtpServer, parse_smtp_url

MAIL = mail(MailKind.RECEIPT, MUG)
ID = "eff_cs_test_a_mail_receipt"
FROM = "Shop <orders@example.com>"


class Server:
    """Answers each step as it is told."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.received: list[bytes] = []

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith("2"):
            self.received.append(envelope.content)
        return answer


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def smtp(server: Server) -> Iterator[Mailer]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    yield SmtpMailer(SmtpServer(host="127.0.0.1", port=port, security="none"), FROM)
    controller.stop()


@pytest.fixture(params=["files", "smtp"])
def mailer(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Mailer, Callable[[], list[bytes]]]:
    """Each mailer with a look at what it handed over."""
    if request.param == "files":
        return FileMailer(tmp_path / "outbox", FROM), lambda: [
            path.read_bytes() for path in (tmp_path / "outbox").glob("*")
        ]
    server: Server = request.getfixturevalue("server")
    return request.getfixturevalue("smtp"), lambda: server.received


def test_a_mail_is_handed_over_whole(mailer: tuple[Mailer, Callable[[], list[bytes]]]) -> None:
    send, handed_over = mailer

    send.send(MAIL, message_id=ID)

    [content] = handed_over()
    message = email.message_from_bytes(content, policy=email.policy.SMTP)
    assert message["Message-ID"] == f"<{ID}@example.com>"
    assert message["To"].addresses[0].addr_spec == "Zoe@Example.com"
    assert "Mug, blue" in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_customer_without_a_usable_address_is_refused_for_good(
    mailer: tuple[Mailer, Callable[[], list[bytes]]],
) -> None:
    send, handed_over = mailer

    with pytest.raises(Permanent):
        send.send(replace(MAIL, to=Personal("nobody")), message_id=ID)

    assert handed_over() == []


def test_the_same_mail_again_is_the_same_file(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path / "outbox", FROM)

    for _ in range(3):
        mailer.send(MAIL, message_id=ID)
    mailer.send(MAIL, message_id="../../elsewhere")

    assert sorted(path.name for path in (tmp_path / "outbox").iterdir()) == [".._.._elsewhere.eml", f"{ID}.eml"]


def test_an_outbox_that_can_not_be_written_is_temporary(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file is in the way")

    with pytest.raises(Temporary, match="outbox"):
        FileMailer(tmp_path / "outbox", FROM).send(MAIL, message_id=ID)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("code", "error"), [("451 4.3.0", Temporary), ("550 5.1.1", Permanent)])
def test_refusals_for_now_and_for_good_are_told_apart(
    smtp: Mailer, server: Server, step: str, code: str, error: type[Exception]
) -> None:
    server.answers[step] = f"{code} <Zoe@Example.com> is not wanted"

    with pytest.raises(error, match=code) as refused:
        smtp.send(MAIL, message_id=ID)

    assert "Zoe" not in str(refused.value)
    assert server.received == []


def test_nobody_there_is_temporary() -> None:
    with pytest.raises(Temporary, match="not reached"):
        SmtpMailer(SmtpServer(host="127.0.0.1", port=9, security="none"), FROM).send(MAIL, message_id=ID)


def test_a_server_without_the_encryption_that_is_asked_for_gets_nothing(smtp: SmtpMailer, server: Server) -> None:
    port = smtp._server.port
    strict = SmtpMailer(
        SmtpServer(host="127.0.0.1", port=port, security="starttls", username="u", password="secret"), FROM
    )

    with pytest.raises(Temporary, match="encryption") as refused:
        strict.send(MAIL, message_id=ID)

    assert "secret" not in str(refused.value)
    assert isinstance(refused.value.__cause__, smtplib.SMTPNotSupportedError)
    assert server.received == []


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost:2525", SmtpServer(host="localhost", port=2525, security="none")),
        ("smtp://mail.example.com", SmtpServer(host="mail.example.com", port=587, security="starttls")),
        ("smtps://mail.example.com/", SmtpServer(host="mail.example.com", port=465, security="tls")),
        (
            "smtp://a%40b:p%2Fw@mail.example.com:25",
            SmtpServer(host="mail.example.com", port=25, security="starttls", username="a@b", password="p/w"),
        ),
    ],
)
def test_an_address_of_a_mail_server_is_read(url: str, server: SmtpServer) -> None:
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com",
        "http://u:hush@x",
        "smtp://",
        "smtp://u:hush@x:port",
        "smtp://u:hush@x/path",
        "smtp://[:hush",
    ],
)
def test_what_is_no_address_of_one_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://") as refused:
        parse_smtp_url(url)

    assert "hush" not in str(refused.value)
