"""Addresses and identifiers of every kind, and what is shown of foreign text: refused, or fit for what they are for."""

from collections.abc import Callable, Sequence
from email.message import EmailMessage

from fuzz.target import Target
from typed_ids import as_sku

from domain.identifiers import (
    InvalidIdentifier,
    StreamId,
    key_pool_id,
    pool_name,
    session_id,
    stock_id,
    stripe_event_id,
)
from infrastructure.deliveries.callback_url import callback_url
from infrastructure.mail.addresses import Sender, header_text, mail_address
from infrastructure.mail.smtp_url import parse_smtp_url
from infrastructure.redaction import Redaction
from infrastructure.safe_text import one_line, web_link
from interfaces.web.accept import accepts_json


def _stock_id(text: str) -> StreamId:
    return stock_id(as_sku(text))


def _pool_id(text: str) -> StreamId:
    return key_pool_id(pool_name(text))


def _identifiers(text: str) -> bool:
    taken = 0
    for read in (session_id, stripe_event_id, _stock_id, _pool_id):
        try:
            id = read(text)
        except InvalidIdentifier:
            continue
        taken += 1
        assert id.endswith(text)
        assert len(id) < 250
        assert read is _stock_id or id.isascii()
    return taken > 0


def _sender(text: str) -> bool:
    address = Sender.parse(text).address
    message = EmailMessage()
    message["From"] = address
    message["Subject"] = header_text(one_line(text))
    head = message.as_bytes().partition(b"\n\n")[0].split(b"\n")
    assert [line.partition(b":")[0] for line in head if line[:1] not in b" \t"] == [b"From", b"Subject"]
    return True


def _customer(text: str) -> bool:
    name, _, address = text.partition("\0")
    message = EmailMessage()
    message["To"] = mail_address(name, address)
    assert b"\n\n" not in message.as_bytes().rstrip(b"\n")
    return True


def _callback(text: str) -> bool:
    url = callback_url(text)
    assert 0 < url.port < 65536
    for part in (url.host, url.host_header, url.target):
        assert part.isascii()
        assert part.isprintable()
        assert " " not in part
    assert url.target.startswith("/")
    return True


def _smtp(text: str) -> bool:
    server = parse_smtp_url(text)
    assert 0 < server.port < 65536
    assert (server.username is None) == (server.password is None)
    return True


def _shown(text: str) -> bool:
    line = one_line(text)
    assert len(line) <= 200
    assert "\n" not in line
    line.encode()
    Redaction(["sk_test_example1234"]).text(text)
    accepts_json(text.split("\n"))
    return web_link(text) is not None


_READERS: Sequence[Callable[[str], bool]] = (_identifiers, _sender, _customer, _callback, _smtp, _shown)


def check(data: bytes) -> str:
    """The first byte says what it is to be."""
    if not data:
        return "nothing"
    read = _READERS[data[0] % len(_READERS)]
    try:
        is_taken = read(data[1:].decode("utf-8", "surrogateescape"))
    except ValueError:
        return "refused"
    return f"taken by {read.__name__}" if is_taken else "refused"


TARGET = Target(
    check=check,
    runs=40_000,
    bytes_max=1024,
    seeds=[
        b"0cs_test_a1",
        b"0evt_1",
        b"0MUG-\xc3\xa9",
        b"1Shop <orders@example.com>",
        b"1=?utf-8?q?=0d=0aBcc:?= <a@b>",
        b"1a@\xc3\xa9.example",
        b"2Ada\r\nBcc: x\0ada@example.com",
        b"2\xff\0a@[127.0.0.1]",
        b"3https://example.com:8443/a?b#c",
        b"3http://[fe80::1%25eth0]/",
        b"4smtp://me:a%20b@mail.example.com:25",
        b"4smtps://[::1",
        b"5https://example.com/\xe2\x80\xae",
        b"54242 4242 4242 4242 ada@example.com sk_test_example1234",
        b"5application/json;q=0.0, */*",
    ],
)
