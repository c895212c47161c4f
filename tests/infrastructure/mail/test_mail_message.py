"""A mail on the wire, and what it says."""

from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_parts import COURSE, KEY, MUG, mail

from application.ports import Permanent
from domain.checkout import Address
from domain.mail import Mail, MailKind
from domain.personal import Personal
from infrastructure.mail.message import mail_message
from infrastructure.mail.render import render


def message(mail: Mail) -> EmailMessage:
    return mail_message(mail, message_id="eff_cs_test_a_mail_receipt", mail_from="Shop <orders@example.com>")


def receipt() -> Mail:
    return mail(MailKind.RECEIPT, MUG, COURSE, KEY)


def test_its_message_id_is_the_effects_at_the_senders_domain() -> None:
    assert message(receipt())["Message-ID"] == "<eff_cs_test_a_mail_receipt@example.com>"


def test_it_says_that_no_person_wrote_it_and_has_a_text_and_an_html_part() -> None:
    sent = message(receipt())

    assert sent["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in sent.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("kind", list(MailKind))
def test_every_kind_says_something_of_its_own(kind: MailKind) -> None:
    written = render(mail(kind, MUG, COURSE))

    assert all(written.text.count(title) for title in ("Mug, blue", "Course"))
    assert "Mug, blue" in written.html
    others = {render(mail(other, MUG, COURSE)).subject for other in MailKind if other is not kind}
    assert written.subject not in others


def test_the_receipt_adds_up_in_the_customers_locale() -> None:
    text = render(receipt()).text

    assert "Subtotal: 10,00\u00a0€" in text
    assert "Discount: -1,00\u00a0€" in text
    assert "Shipping: 4,90\u00a0€" in text
    assert "Total: 13,90\u00a0€" in text


def test_what_a_line_gave_is_in_it_and_only_links_that_are_links() -> None:
    plain = mail(MailKind.DELIVERED, COURSE)
    line = replace(plain.lines[0], link="https://example.com/course?a=1&b=2", keys=(Personal("K-<1>"),))

    written = render(replace(plain, lines=(line,)))
    trick = render(replace(plain, lines=(replace(line, link="javascript:alert(1)"),)))

    assert "https://example.com/course?a=1&b=2" in written.text
    assert 'href="https://example.com/course?a=1&amp;b=2"' in written.html
    assert "K-&lt;1&gt;" in written.html
    assert "javascript" not in trick.html + trick.text


def test_a_parcel_is_told_with_carrier_number_and_destination() -> None:
    address = Address(line1=Personal("1 Example Road"), city=Personal("Exampleton"), country=Personal("DE"))
    shipped = replace(mail(MailKind.SHIPPED, MUG), carrier="DHL", tracking="0034", ship_to=address)

    text = render(shipped).text

    assert "DHL" in text
    assert "0034" in text
    assert "1 Example Road, Exampleton, DE" in text


@pytest.mark.parametrize("text", ["a\r\nBcc: x@example.com", "<script>alert(1)</script>", "\u202egnp.exe", "x" * 5000])
def test_what_people_typed_stays_text(text: str) -> None:
    hostile = replace(receipt(), name=Personal(text), reference=text, lines=(replace(receipt().lines[0], title=text),))

    sent, written = message(hostile), render(hostile)

    assert "Bcc" not in sent
    assert "<script>" not in written.html
    assert "\u202e" not in written.html
    assert "\n" not in written.subject


@pytest.mark.parametrize("address", ["", "nobody", "a@", "@b", "a b@example.com", "a@b\r\nBcc: c@d", "x" * 400])
def test_an_address_that_is_none_is_refused_for_good(address: str) -> None:
    with pytest.raises(Permanent) as refused:
        message(replace(receipt(), to=Personal(address)))

    assert len(address) < 3 or address not in str(refused.value)


def test_nothing_is_loaded_from_anywhere() -> None:
    for kind in MailKind:
        html = render(mail(kind, MUG)).html
        assert not any(word in html for word in ("<img", "src=", "url(", "@import", "<link", "<script"))


@given(name=st.text(max_size=60), title=st.text(max_size=60), reference=st.text(max_size=60))
def test_whatever_people_typed_a_mail_can_be_written(name: str, title: str, reference: str) -> None:
    line = replace(receipt().lines[0], title=title)
    sent = message(replace(receipt(), name=Personal(name), reference=reference, lines=(line,)))

    assert sent.as_bytes()
    assert "\n" not in sent["Subject"]
