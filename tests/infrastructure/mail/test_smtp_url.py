"""`SMTP_URL`: what it may say, and what it must not give away."""

import pytest

from infrastructure.mail.smtp_url import Security, SmtpServer, parse_smtp_url


def a_server(
    host: str, port: int, security: Security, username: str | None = None, password: str | None = None
) -> SmtpServer:
    return SmtpServer(host=host, port=port, security=security, username=username, password=password)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", a_server("mail.example.com", 587, "starttls")),
        ("smtp://mail.example.com:25/", a_server("mail.example.com", 25, "starttls")),
        ("smtps://mail.example.com", a_server("mail.example.com", 465, "tls")),
        ("SMTPS://Mail.Example.com:2465", a_server("mail.example.com", 2465, "tls")),
        ("smtp://u:p@mail.example.com", a_server("mail.example.com", 587, "starttls", "u", "p")),
        ("smtps://a%40b:p%2Fw%3F@mail.example.com", a_server("mail.example.com", 465, "tls", "a@b", "p/w?")),
        ("smtp://localhost:2525", a_server("localhost", 2525, "none")),
        ("smtp://u:p@127.0.0.1:2525", a_server("127.0.0.1", 2525, "none", "u", "p")),
        ("smtp://[::1]:2525", a_server("::1", 2525, "none")),
        ("smtps://localhost", a_server("localhost", 465, "tls")),
    ],
)
def test_an_address_of_a_mail_server_is_read(url: str, server: SmtpServer) -> None:
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com",
        "u:hush@mail.example.com",
        "http://u:hush@x",
        "smtp://",
        "smtp://u:hush@",
        "smtp://u:hush@x:port",
        "smtp://u:hush@x:99999",
        "smtp://u:hush@x/path",
        "smtp://u:hush@x?tls=no",
        "smtp://u:hush@x#part",
        "smtp://[:hush",
        "smtp://:hush@x",
        "smtp://hush@x",
        "smtp://u:hush@a..b",
        f"smtp://u:hush@{'a' * 64}.example",
        "smtp://u:h%C3%BCsh-hush@x",
        "smtp://u:hush%0d%0a@x",
    ],
)
def test_what_is_no_address_of_one_is_refused_in_a_sentence_that_repeats_nothing_of_it(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://") as refused:
        parse_smtp_url(url)

    assert "hush" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    assert str(refused.value).endswith(".")


def test_a_password_does_not_show_where_a_server_is_shown() -> None:
    assert "hush" not in repr(parse_smtp_url("smtp://u:hush@mail.example.com"))
