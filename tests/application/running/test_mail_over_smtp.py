"""Mails of a whole engine, over a real connection to a mail server that does not always take them."""

import email
import email.policy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from builders import a_checkout
from customer_language import TEXTS
from fakes.mail_server import MailServer, mail_server
from fakes.outside import Outside
from shop import COMPLETED, Shop
from typed_ids import as_event, as_session

from application.staff.by import By
from domain.effect import Effect
from domain.mail import Mail, SentMail
from domain.personal import Personal
from infrastructure.mail.message import digest
from infrastructure.mail.smtp import SmtpMailer, parse_smtp_url

SESSION = as_session("cs_test_pot")
RECEIPT = f"eff_{SESSION}_mail_receipt"

OpenShop = Callable[..., Shop]


@dataclass
class WithMailServer(Outside):
    port: int = 0

    def send(self, mail: Mail, *, message_id: str) -> SentMail:
        smtp = parse_smtp_url(f"smtp://127.0.0.1:{self.port}")
        return SmtpMailer(smtp, "Shop <orders@shop.example>", TEXTS).send(mail, message_id=message_id)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def outside(server: MailServer) -> Outside:
    return WithMailServer(port=server.port, checkouts={SESSION: a_checkout()})


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop(environment={"FULFILL_MAILS": "receipt"})


def pay(shop: Shop) -> None:
    shop.hear(COMPLETED, SESSION, id=as_event("evt_1"), payment_status="paid")
    shop.rest()


def message_ids(server: MailServer) -> list[str]:
    received = (email.message_from_bytes(content, policy=email.policy.default) for content in server.received)
    return [str(message["Message-ID"]) for message in received]


def test_a_sent_mail_is_kept_as_the_server_got_it(shop: Shop, server: MailServer) -> None:
    pay(shop)

    document = shop.runtime.queries.checkout(SESSION)
    assert document is not None
    [mail], [content] = document.emails, server.received
    message = email.message_from_bytes(content, policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    assert (mail.subject, mail.text) == (Personal(message["Subject"]), Personal(body.get_content().replace("\r", "")))


def test_a_mail_that_the_server_puts_off_goes_out_later_and_once(shop: Shop, server: MailServer) -> None:
    server.answers["RCPT"] = "451 4.7.1 come back later"
    pay(shop)
    assert server.received == []

    del server.answers["RCPT"]
    for _ in range(3):
        shop.clock.advance(60)
        shop.rest()

    assert message_ids(server) == [f"<{digest(RECEIPT)}@shop.example>"]


def test_a_mail_that_is_refused_for_good_fails_at_once_and_goes_out_when_a_person_says_so(
    shop: Shop, server: MailServer
) -> None:
    server.answers["RCPT"] = "550 5.1.1 <ada@example.com>: no such user here"
    pay(shop)

    (given_up,) = shop.events_of(Effect.GivenUp)
    assert given_up.originator_id == RECEIPT
    assert "ada" not in repr(shop.events_of(Effect.AttemptFailed)) + repr(given_up)

    del server.answers["RCPT"]
    shop.runtime.staff.retry(SESSION, By(name="kim", reason="The mailbox is there now"))
    shop.rest()

    assert message_ids(server) == [f"<{digest(RECEIPT)}@shop.example>"]
