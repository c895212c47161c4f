"""A mail on the wire: its headers, and that nothing can be slipped into them."""

import email
import email.policy
import re
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from customer_language import TEXTS
from hypothesis import given
from hypothesis import strategies as st
from log_parts import COURSE, KEY, MUG, mail

from application.ports import Permanent
from domain.mail import Mail, MailKind
from domain.personal import Personal
from infrastructure.mail.addresses import Sender
from infrastructure.mail.message import mail_message

RECEIPT = replace(mail(MailKind.RECEIPT, MUG, COURSE, KEY), locale="en")
ID = "eff_cs_test_a_mail_receipt"
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def sent(mail: Mail, *, message_id: str = ID, mail_from: str = "Shop <orders@shop.example>") -> EmailMessage:
    """The message as it arrives."""
    message = mail_message(mail, TEXTS, message_id=message_id, sender=Sender.parse(mail_from), at=AT)
    arrived = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert isinstance(arrived, EmailMessage)
    return arrived


def parts(message: EmailMessage) -> list[str]:
    return [part.get_content() for part in message.iter_parts() if isinstance(part, EmailMessage)]


def test_each_message_id_is_one_of_its_own_at_the_senders_domain() -> None:
    first, again, other = (str(sent(RECEIPT, message_id=id)["Message-ID"]) for id in (ID, ID, f"{ID}_1"))

    assert first == again
    assert first != other
    assert re.fullmatch(r"<[0-9a-f]{40}@shop\.example>", first)


def test_no_header_names_the_session_which_is_the_key_to_the_landing_page() -> None:
    id = f"eff_cs_live_{'a1B2c3' * 10}_mail_delivered_li_{'x1Y2' * 6}"

    assert "cs_live" not in sent(RECEIPT, message_id=id).as_string()


def test_it_says_who_writes_to_whom_and_when() -> None:
    message = sent(RECEIPT)

    assert str(message["From"]) == "Shop <orders@shop.example>"
    assert str(message["To"]) == "Zoé O'Example <Zoe@Example.com>"
    assert message["Date"].datetime == AT
    assert message["Subject"] == "Thank you for your order: here is your receipt (ORDER-17)"


def test_it_says_that_no_person_wrote_it_so_that_no_machine_answers() -> None:
    message = sent(RECEIPT)

    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"


def test_it_has_a_text_and_an_html_part_that_say_the_same() -> None:
    message = sent(RECEIPT)

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for part in parts(message):
        for text in ("Zoé O'Example", "Mug, blue", "Thank you" if "<" in part else "received", "€13.90"):
            assert text in part.replace("&#39;", "'")


def test_two_attempts_differ_in_their_date_alone() -> None:
    sender = Sender.parse("orders@shop.example")
    first, second = (
        mail_message(RECEIPT, TEXTS, message_id=ID, sender=sender, at=AT.replace(hour=hour)) for hour in (9, 10)
    )

    assert first.as_string().replace(" 09:00:00 ", " 10:00:00 ") == second.as_string()


@pytest.mark.parametrize(
    ("mail_from", "shop", "domain"),
    [
        ("Töpferei am Eck <orders@shop.example>", "Töpferei am Eck", "shop.example"),
        ('"Pots, Pans & Co." <orders@shop.example>', "Pots, Pans & Co.", "shop.example"),
        ("orders@shop.example", "shop.example", "shop.example"),
        ("Shop <orders@töpferei.example>", "Shop", "xn--tpferei-90a.example"),
        ("Shop <no-reply@localhost>", "Shop", "localhost"),
    ],
)
def test_the_sender_is_that_of_mail_from(mail_from: str, shop: str, domain: str) -> None:
    message = sent(RECEIPT, mail_from=mail_from)

    assert message["From"].addresses[0].display_name in {shop, ""}
    assert message["From"].addresses[0].domain == domain
    assert shop in parts(message)[0]
    assert message["Message-ID"].endswith(f"@{domain}>")


def test_a_shop_without_a_name_leaves_its_place_empty() -> None:
    plain, html = parts(sent(RECEIPT, mail_from="no-reply@localhost"))

    for part in (plain, html):
        assert "Shop" not in part
        assert "localhost" not in part
        assert "None" not in part
    assert "<bdi></bdi>" not in html


@pytest.mark.parametrize("mail_from", ["", "Shop", "Shop <>", "@shop.example", "a@b..c", "a@b@c", "a b@shop.example"])
def test_a_sender_that_is_none_is_refused(mail_from: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Sender.parse(mail_from)


@pytest.mark.parametrize(
    ("mail_from", "is_answered"),
    [
        ("orders@shop.example", True),
        ("no-reply@shop.example", False),
        ("NoReply+x@shop.example", False),
        ("do_not_reply@shop.example", False),
    ],
)
def test_replies_are_invited_only_where_the_shop_reads_them(mail_from: str, is_answered: bool) -> None:
    for part in parts(sent(RECEIPT, mail_from=mail_from)):
        assert ("reply to this email" in part) is is_answered


@pytest.mark.parametrize(
    "text",
    [
        "a\r\nBcc: x@example.com",
        "a\nBcc: x@example.com\n\nbody",
        "=?utf-8?q?a=0D=0ABcc:_x@example.com?=",
        "==??utf-8?b?YQ0KQmNjOiB4?=",
        "\N{LINE SEPARATOR}Bcc: x@example.com\x85Bcc: y@example.com\x0bBcc: z@example.com",
        "x" * 5000,
    ],
)
def test_nothing_that_people_typed_becomes_a_header(text: str) -> None:
    hostile = replace(RECEIPT, name=Personal(text), reference=Personal(text), carrier=text, tracking=Personal(text))

    message = sent(hostile, message_id=f"eff_{text}")

    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
        "Content-Type",
    }  # fmt: skip
    assert [address.addr_spec for address in message["To"].addresses] == ["Zoe@Example.com"]
    assert len(message["Subject"]) < 150


@pytest.mark.parametrize(
    "address",
    [
        "no-address",
        "a@",
        "@b",
        "a b@example.com",
        "a@b\r\nBcc: c@d",
        "a,b@example.com",
        "a@b@c.example",
        "=?q?x?=@x.y",
        "x" * 400 + "@x.y",
    ],
)
def test_an_address_that_is_none_is_refused_for_good_and_not_reported(address: str) -> None:
    with pytest.raises(Permanent) as refused:
        sent(replace(RECEIPT, to=Personal(address)))

    assert address not in "".join(traceback.format_exception(refused.value))


@given(text=st.text(max_size=80))
def test_whatever_people_typed_a_mail_can_be_written_and_read(text: str) -> None:
    line = replace(RECEIPT.lines[0], title=text, keys=(Personal(text),), link=text)

    message = sent(
        replace(RECEIPT, name=Personal(text), reference=Personal(text), lines=(line,), tracking=Personal(text))
    )

    assert len(parts(message)) == 2
    assert message.defects == []
    assert "\n" not in message["Subject"]
