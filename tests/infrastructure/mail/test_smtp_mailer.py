"""Mails over SMTP, to a real server that takes, refuses, breaks off, and says nothing."""

import email
import email.policy
import socket
import ssl
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from customer_language import TEXTS
from fakes.certificates import Certificate
from fakes.mail_server import DROP, SILENCE, MailServer, mail_server, raw_server
from log_parts import MUG, mail

from application.ports import NotTaken, Permanent, PortError, Temporary
from domain import reasons
from domain.mail import MailKind
from domain.personal import Personal
from domain.reason import Peer, SmtpAbout
from infrastructure.mail.message import digest
from infrastructure.mail.smtp import SmtpMailer, SmtpServer
from infrastructure.mail.smtp_url import Security

MAIL = mail(MailKind.RECEIPT, MUG)
ID = "eff_cs_test_a_mail_receipt"
FROM = "Shop <orders@shop.example>"


def mailer_to(port: int, *, timeout_seconds: float = 10.0) -> SmtpMailer:
    return SmtpMailer(
        SmtpServer(host="127.0.0.1", port=port, security="none"), FROM, TEXTS, timeout_seconds=timeout_seconds
    )


def safe_mailer(
    server: MailServer, certificate: Certificate, *, security: Security, password: str | None = "right"
) -> SmtpMailer:
    user = "orders" if password else None
    smtp = SmtpServer(host="localhost", port=server.port, security=security, username=user, password=password)
    return SmtpMailer(smtp, FROM, TEXTS, trust=certificate.client_context)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("certificate"), "localhost")


def test_a_mail_is_handed_over_whole(server: MailServer) -> None:
    sent = mailer_to(server.port).send(MAIL, message_id=ID)

    [content] = server.received
    message = email.message_from_bytes(content, policy=email.policy.SMTP)
    body = message.get_body(("plain",))
    assert body is not None
    assert sent.subject == Personal(message["Subject"])
    assert sent.text.text.splitlines() == body.get_content().splitlines()
    assert "Mug, blue" in sent.text.text
    assert message["Message-ID"] == f"<{digest(ID)}@shop.example>"
    assert message["To"].addresses[0].addr_spec == "Zoe@Example.com"
    assert server.recipients == ["Zoe@Example.com"]
    assert server.greeted_by == ["shop.example"]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "error"),
    [("450", NotTaken), ("451 4.3.0", NotTaken), ("550 5.1.1", Permanent), ("554", Permanent)],
)
def test_refusals_for_now_and_for_good_are_distinguished(
    server: MailServer, step: str, answer: str, error: type[PortError]
) -> None:
    reply, _, enhanced = answer.partition(" ")
    about = {"MAIL": SmtpAbout.SENDER, "RCPT": SmtpAbout.RECIPIENT, "DATA": SmtpAbout.MAIL}[step]
    server.answers[step] = f"{answer} nothing for <Zoe@Example.com>, known as Zoe"

    with pytest.raises(error, match=answer) as refused:
        mailer_to(server.port).send(MAIL, message_id=ID)

    assert refused.value.reason == reasons.smtp_reply(about, reply, enhanced)
    assert "zoe" not in "".join(traceback.format_exception(refused.value)).lower()
    assert server.received == []


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_server_that_wants_a_login_loses_no_mail(server: MailServer, step: str) -> None:
    server.answers[step] = "530 5.7.0 Authentication required"

    with pytest.raises(NotTaken, match="wants a login"):
        mailer_to(server.port).send(MAIL, message_id=ID)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_breaks_off_is_temporary(server: MailServer, step: str) -> None:
    server.answers[step] = DROP

    with pytest.raises(Temporary, match="broke off") as broken:
        mailer_to(server.port).send(MAIL, message_id=ID)

    assert isinstance(broken.value, NotTaken) is (step != "DATA"), "it may have taken what it was asked to take"


@pytest.mark.parametrize("answer", [DROP, "421 4.3.2 going away", "550 5.0.0 no"])
def test_what_goes_wrong_after_the_server_took_the_mail_does_not_send_it_again(server: MailServer, answer: str) -> None:
    server.answers["QUIT"] = answer

    mailer_to(server.port).send(MAIL, message_id=ID)

    assert len(server.received) == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_falls_silent_is_left_in_time(server: MailServer, step: str) -> None:
    server.answers[step] = SILENCE

    with pytest.raises(Temporary, match="in time") as silent:
        mailer_to(server.port, timeout_seconds=0.3).send(MAIL, message_id=ID)

    assert isinstance(silent.value, NotTaken) is (step != "DATA"), "it may have taken what it was asked to take"


def test_a_server_that_never_says_what_it_is_is_left_in_time() -> None:
    with raw_server(b"22") as port, pytest.raises(NotTaken) as failed:
        mailer_to(port, timeout_seconds=0.2).send(MAIL, message_id=ID)

    assert failed.value.reason == reasons.timed_out(Peer.MAIL_SERVER, "127.0.0.1")


def test_a_server_that_can_not_be_looked_up_is_temporary() -> None:
    smtp = SmtpServer(host="mail.invalid", port=25, security="none")

    with pytest.raises(NotTaken) as failed:
        SmtpMailer(smtp, FROM, TEXTS).send(MAIL, message_id=ID)

    assert failed.value.reason == reasons.host_not_found(Peer.MAIL_SERVER, "mail.invalid")


@pytest.mark.parametrize(
    ("greeting", "message"),
    [(b"", "not reached"), (b"554 5.3.2 closed\r\n", "not ready"), (b"\xff\x00\r\n", "not ready")],
)
def test_a_server_that_takes_no_mails_at_all_is_temporary(greeting: bytes, message: str) -> None:
    with raw_server(greeting) as port, pytest.raises(NotTaken, match=message):
        mailer_to(port).send(MAIL, message_id=ID)


def test_no_server_there_is_temporary() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    with pytest.raises(NotTaken) as failed:
        mailer_to(port).send(MAIL, message_id=ID)

    assert failed.value.reason == reasons.connection_refused(Peer.MAIL_SERVER, "127.0.0.1")


def test_encryption_that_is_offered_is_used(certificate: Certificate) -> None:
    with mail_server(starttls=certificate.server_context()) as server:
        safe_mailer(server, certificate, security="starttls").send(MAIL, message_id=ID)

    assert server.logins == [(b"orders", b"right", True)]
    assert len(server.received) == 1


def test_tls_from_the_start_is_used_where_it_is_asked_for(certificate: Certificate) -> None:
    with mail_server(tls=certificate.server_context()) as server:
        safe_mailer(server, certificate, security="tls").send(MAIL, message_id=ID)

    assert [password for _, password, _ in server.logins] == [b"right"]
    assert server.greeted_by == ["shop.example"]
    assert len(server.received) == 1


def test_the_trusted_certificates_are_read_once_for_all_mails(certificate: Certificate) -> None:
    read: list[ssl.SSLContext] = []

    def trust() -> ssl.SSLContext:
        read.append(certificate.client_context())
        return read[-1]

    with mail_server(starttls=certificate.server_context()) as server:
        smtp = SmtpServer(host="localhost", port=server.port, security="starttls")
        mailer = SmtpMailer(smtp, FROM, TEXTS, trust=trust)
        mailer.send(MAIL, message_id=ID)
        mailer.send(MAIL, message_id=ID)

    assert (len(server.received), len(read)) == (2, 1)


def test_a_password_is_not_sent_without_encryption(server: MailServer, certificate: Certificate) -> None:
    with pytest.raises(NotTaken, match="offers no encryption"):
        safe_mailer(server, certificate, security="starttls").send(MAIL, message_id=ID)

    assert (server.logins, server.received) == ([], [])


def test_without_a_password_a_server_without_encryption_will_do(server: MailServer, certificate: Certificate) -> None:
    safe_mailer(server, certificate, security="starttls", password=None).send(MAIL, message_id=ID)

    assert len(server.received) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_untrusted_certificate_gets_nothing(certificate: Certificate, security: Security) -> None:
    context = certificate.server_context()
    with mail_server(
        starttls=context if security == "starttls" else None, tls=context if security == "tls" else None
    ) as server:
        smtp = SmtpServer(host="localhost", port=server.port, security=security, username="orders", password="right")
        with pytest.raises(NotTaken) as failed:
            SmtpMailer(smtp, FROM, TEXTS, trust=ssl.create_default_context).send(MAIL, message_id=ID)

    assert failed.value.reason == reasons.tls_failed(Peer.MAIL_SERVER, "localhost", "self-signed certificate")
    assert (server.logins, server.received) == ([], [])


def test_a_server_that_speaks_no_tls_gets_nothing(server: MailServer) -> None:
    smtp = SmtpServer(host="localhost", port=server.port, security="tls", username="orders", password="right")

    with pytest.raises(NotTaken) as failed:
        SmtpMailer(smtp, FROM, TEXTS).send(MAIL, message_id=ID)

    assert failed.value.reason == reasons.tls_failed(Peer.MAIL_SERVER, "localhost", "")


def test_a_certificate_of_another_host_gets_nothing(tmp_path: Path) -> None:
    other = Certificate(tmp_path, "elsewhere.example")
    with (
        mail_server(starttls=other.server_context()) as server,
        pytest.raises(NotTaken, match="certificate"),
    ):
        safe_mailer(server, other, security="starttls").send(MAIL, message_id=ID)

    assert server.logins == []


def test_a_wrong_password_is_the_operators_to_mend_and_is_not_reported(certificate: Certificate) -> None:
    with mail_server(starttls=certificate.server_context()) as server:
        mailer = safe_mailer(server, certificate, security="starttls", password="wrong-one")
        with pytest.raises(NotTaken) as refused:
            mailer.send(MAIL, message_id=ID)

    assert refused.value.reason == reasons.smtp_reply(SmtpAbout.PASSWORD, 535, "5.7.8")
    assert "wrong-one" not in "".join(traceback.format_exception(refused.value))
    assert server.received == []


def test_a_login_that_is_not_offered_is_the_operators_to_mend() -> None:
    with raw_server(b"220 hi\r\n250 plain\r\n") as port:
        smtp = SmtpServer(host="127.0.0.1", port=port, security="none", username="orders", password="right")
        with pytest.raises(NotTaken, match="offers no login"):
            SmtpMailer(smtp, FROM, TEXTS).send(MAIL, message_id=ID)


def test_an_address_that_the_server_has_no_letters_for_is_refused_for_good(server: MailServer) -> None:
    with pytest.raises(Permanent, match="letters"):
        mailer_to(server.port).send(replace(MAIL, to=Personal("zoé@example.com")), message_id=ID)


def test_a_domain_of_other_letters_is_reached_by_its_name_in_ascii(server: MailServer) -> None:
    mailer_to(server.port).send(replace(MAIL, to=Personal("zoe@exämple.com")), message_id=ID)

    assert server.recipients == ["zoe@xn--exmple-cua.com"]


def test_an_invalid_address_is_refused_before_any_call() -> None:
    with pytest.raises(Permanent, match="address"):
        mailer_to(9).send(replace(MAIL, to=Personal("no-address")), message_id=ID)
