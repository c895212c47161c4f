"""What each kind of mail says to a customer."""

import re
from dataclasses import replace

import pytest
from customer_language import TEXTS
from log_parts import COURSE, KEY, MUG
from log_parts import mail as german_mail

from domain.checkout import Address, Presentment
from domain.line import LineState
from domain.mail import Mail, MailKind, MailLine
from domain.payment_wait import PaymentWait
from domain.personal import Personal
from domain.plan import PlannedLine
from infrastructure.mail.render import Written, render


def mail(kind: MailKind, *lines: PlannedLine) -> Mail:
    return replace(german_mail(kind, *lines), locale="en")


RECEIPT, BACKORDERED = mail(MailKind.RECEIPT, MUG), mail(MailKind.BACKORDERED, MUG)
NBSP = "\N{NO-BREAK SPACE}"
HOSTILE = "<script>alert(1)</script>\"'&\u202e{{ 7 * 7 }}"


def written(mail: Mail) -> Written:
    return render(mail, TEXTS, shop="Töpferei am Eck", is_answered=False)


def a_line(**changes: object) -> MailLine:
    return replace(RECEIPT.lines[0], **changes)  # type: ignore[arg-type]


def text_of(html: str) -> str:
    """What is left of a page when its markup is taken away, on one line."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL).split())


@pytest.mark.parametrize("kind", list(MailKind))
def test_every_kind_has_words_of_its_own_and_both_parts_say_them(kind: MailKind) -> None:
    mine = written(mail(kind, MUG, COURSE))

    others = {written(mail(other, MUG, COURSE)).subject for other in MailKind if other is not kind}
    assert mine.subject not in others
    for part in (" ".join(mine.text.split()), text_of(mine.html)):
        for text in ("Hello Zoé O", "Mug, blue", "Course", "Order ORDER-17, placed on November 24, 2026, 9:00 AM UTC"):
            assert text in part


def test_the_receipt_adds_up_in_the_customers_locale() -> None:
    text = written(replace(RECEIPT, locale="de")).text

    assert f"Zwischensumme: 10,00{NBSP}€\nRabatt: -1,00{NBSP}€\nVersand: 4,90{NBSP}€\n" in text
    assert f"Enthaltene Steuern: 1,71{NBSP}€\nGesamtbetrag: 13,90{NBSP}€\n" in text
    assert "Die Beträge der Artikel berücksichtigen Rabatte und Steuern." in text


def test_tax_that_comes_on_top_is_not_called_included() -> None:
    text = written(replace(RECEIPT, amount_total=1390 + 171)).text

    assert "\nTax: €1.71\n" in text


def test_tax_of_which_only_a_part_comes_on_top_is_reported_as_such() -> None:
    text = written(replace(RECEIPT, amount_total=1390 + 71)).text

    assert "\nTax, partly included: €1.71\n" in text


def test_a_total_that_is_the_lines_has_nothing_to_explain() -> None:
    plain = replace(RECEIPT, amount_subtotal=900, amount_discount=0, amount_shipping=0, amount_tax=0, amount_total=900)

    text = written(plain).text

    assert "On its way to you\n\nTotal: €9.00\n\nPlease keep" in text


@pytest.mark.parametrize(
    ("currency", "total"), [("jpy", "¥1,390"), ("isk", f"ISK{NBSP}13.90"), ("kwd", f"KWD{NBSP}1.390")]
)
def test_amounts_have_the_decimals_that_stripe_counts_in(currency: str, total: str) -> None:
    assert f"Total: {total}" in written(replace(RECEIPT, currency=currency)).text


@pytest.mark.parametrize(
    ("delivery", "state", "text"),
    [
        ("shipment", LineState.PENDING, "We will pack it and ship it to you"),
        ("shipment", LineState.DELIVERED, "On its way to you"),
        ("access", LineState.DELIVERED, "Ready for you"),
        ("license_key", LineState.BACKORDERED, "Out of stock. You will get it as soon as it is back."),
        ("manual", LineState.MANUAL, "Our team is preparing it for you"),
        ("http", LineState.GIVEN_UP, "Our team is preparing it for you"),
        ("http", LineState.PENDING, "We are preparing it for you"),
        ("own_kind", LineState.DELIVERED, "Delivered"),
    ],
)
def test_the_receipt_says_what_happens_next_with_each_line(delivery: str, state: LineState, text: str) -> None:
    both = written(replace(RECEIPT, lines=(a_line(delivery=delivery, state=state),)))

    assert f"\n  {text}\n" in both.text
    assert text in text_of(both.html)


@pytest.mark.parametrize("state", [LineState.BACKORDERED, LineState.DELIVERED])
def test_license_keys_that_are_awaited_are_not_out_of_stock(state: LineState) -> None:
    line = a_line(delivery="license_key", state=state, is_short_of_keys=True)

    receipt, delay = written(replace(RECEIPT, lines=(line,))), written(replace(BACKORDERED, lines=(line,)))

    assert "\n  We are getting new license keys. You will get yours as soon as they are here.\n" in receipt.text
    assert "We are sorry: not everything is available right away." in text_of(receipt.html)
    assert "We are sorry: this item takes a little longer." in text_of(delay.html)
    for mail in (receipt, delay):
        assert "stock" not in mail.text + mail.html


@pytest.mark.parametrize(
    ("wait", "closing"),
    [
        (PaymentWait.BANK, "Your bank account may still be debited. If it is, please contact us."),
        (PaymentWait.CUSTOMER, "If you have received payment instructions, please do not pay."),
        (PaymentWait.CAPTURE, "If you have questions about your payment, please contact us."),
        (PaymentWait.UNKNOWN, "If you have received payment instructions, please do not pay."),
        (None, "If you have questions about your order or your payment, please contact us."),
    ],
)
def test_a_mail_about_a_cancellation_asks_not_to_pay_only_a_customer_who_still_can(
    wait: PaymentWait | None, closing: str
) -> None:
    canceled = text_of(written(replace(mail(MailKind.CANCELED, MUG), payment_wait=wait)).html)

    assert closing in canceled
    assert ("not pay" in canceled) == ("not pay" in closing)


@pytest.mark.parametrize("wait", [None, PaymentWait.CUSTOMER])
def test_a_mail_about_a_whole_order_that_was_canceled_says_so_and_names_no_other_items(
    wait: PaymentWait | None,
) -> None:
    lines = replace(mail(MailKind.CANCELED, MUG), reference=None)

    some, whole = written(lines), written(replace(lines, is_order_canceled=True, payment_wait=wait))

    assert some.subject == "Items in your order have been canceled"
    assert "Items not listed here are not affected." in text_of(some.html)
    assert whole.subject == "Your order has been canceled"
    for text in (whole.text, whole.html):
        assert "not listed" not in text
        assert "Items in your order" not in text


@pytest.mark.parametrize(
    ("wait", "subject"),
    [
        (PaymentWait.BANK, "Your bank is confirming your payment"),
        (PaymentWait.CUSTOMER, "Your order is waiting for your payment"),
        (PaymentWait.CAPTURE, "Your payment is authorized"),
        (PaymentWait.UNKNOWN, "Thank you, we have your order"),
        (None, "Thank you, we have your order"),
    ],
)
def test_only_a_customer_who_has_to_pay_reads_that_the_order_waits_for_it(
    wait: PaymentWait | None, subject: str
) -> None:
    pending = written(replace(mail(MailKind.PAYMENT_PENDING, MUG), payment_wait=wait, reference=None))

    assert pending.subject == subject


@pytest.mark.parametrize("wait", list(PaymentWait))
def test_no_mail_about_a_payment_shows_the_header_of_its_translation(wait: PaymentWait) -> None:
    pending = written(replace(german_mail(MailKind.PAYMENT_PENDING, MUG), payment_wait=wait, locale="de"))

    assert "Plural-Forms" not in pending.text + pending.html


@pytest.mark.parametrize("kind", [MailKind.DELIVERED, MailKind.BACKORDERED])
def test_a_mail_about_all_that_was_bought_does_not_call_it_a_part(kind: MailKind) -> None:
    both = written(mail(kind, COURSE))

    for text in (both.subject, both.text, text_of(both.html)):
        assert "part of your order" not in text.casefold()


def test_license_keys_that_are_all_revoked_are_not_delivered() -> None:
    line = a_line(delivery="license_key", state=LineState.DELIVERED, has_lost_its_keys=True)

    both = written(replace(RECEIPT, lines=(line,)))

    assert "\n  These license keys can no longer be used.\n" in both.text
    assert "Delivered" not in both.text


@pytest.mark.parametrize("kind", [MailKind.RECEIPT, MailKind.DELIVERED])
def test_keys_and_links_are_handed_over_to_the_letter(kind: MailKind) -> None:
    keys = (Personal("K-<1>&amp;'\"  x"), Personal("K-2"))
    line = a_line(delivery="license_key", keys=keys, link="https://example.com/course?a=1&b=2")

    both = written(replace(mail(kind, KEY), lines=(line,)))

    assert "Your license keys:\n  K-<1>&amp;'\" x\n  K-2\n" in both.text.replace("  x", " x")
    assert "<bdi>K-&lt;1&gt;&amp;amp;&#39;&#34;" in both.html
    assert "\n  https://example.com/course?a=1&b=2\n" in both.text
    assert 'href="https://example.com/course?a=1&amp;b=2"' in both.html


HAND_OVER = {MailKind.RECEIPT, MailKind.DELIVERED, MailKind.KEYS_REPLACED}


@pytest.mark.parametrize("kind", [kind for kind in MailKind if kind not in HAND_OVER])
def test_keys_and_links_are_handed_over_by_no_other_mail(kind: MailKind) -> None:
    line = a_line(delivery="license_key", keys=(Personal("K-1234"),), link="https://example.com/course")

    both = written(replace(mail(kind, KEY), lines=(line,)))

    for handed_over in ("K-1234", "https://example.com/course"):
        assert handed_over not in both.text + both.html


def test_a_quantity_is_reported_where_it_is_not_one() -> None:
    one, three = (written(replace(RECEIPT, lines=(a_line(quantity=quantity),))) for quantity in (1, 3))

    assert "Mug, blue: €9" in one.text
    assert "Mug, blue × 3: €9" in three.text
    assert "×" not in text_of(one.html)
    assert "× 3" in text_of(three.html).replace("&times;&nbsp;", "× ")


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/x", "https://", "http://a b", "ftp://x"]
)
def test_only_links_to_the_web_are_links(link: str) -> None:
    receipt, shipped = RECEIPT, replace(mail(MailKind.SHIPPED, MUG), tracking=Personal(link), carrier="DHL")

    for each in (written(replace(receipt, lines=(a_line(link=link),))), written(shipped)):
        assert "href" not in each.html
    assert link not in written(replace(receipt, lines=(a_line(link=link),))).text


def test_a_parcel_is_reported_with_carrier_number_and_destination() -> None:
    address = Address(
        line1=Personal("1 Example Road"),
        city=Personal("Exampleton"),
        postal_code=Personal("12345"),
        country=Personal("DE"),
    )
    both = written(replace(mail(MailKind.SHIPPED, MUG), carrier="DHL", tracking=Personal("0034 5"), ship_to=address))

    assert (
        "Carrier: DHL\nTracking number: 0034 5\n\nDelivery address\n  1 Example Road\n  12345 Exampleton\n  Germany\n"
        in both.text
    )
    assert "Carrier DHL Tracking number 0034 5 Delivery address 1 Example Road 12345 Exampleton Germany" in text_of(
        both.html
    )


def test_a_tracking_address_is_a_link() -> None:
    both = written(replace(mail(MailKind.SHIPPED, MUG), carrier="DHL", tracking=Personal("https://track.example/1")))

    assert 'href="https://track.example/1"' in both.html
    assert "Track your parcel: https://track.example/1\n" in both.text


def test_a_mail_about_a_correction_says_what_it_corrects() -> None:
    shipped = replace(mail(MailKind.SHIPPED, MUG), carrier="DHL", tracking=Personal("0034 6"))

    first, second = written(shipped), written(replace(shipped, is_correction=True))

    assert second.subject.startswith("Corrected tracking details for your parcel")
    for text in (" ".join(second.text.split()), text_of(second.html)):
        assert "We have corrected the carrier or tracking number of the parcel with this item." in text
        assert "Tracking number" in text
    for text in (first.subject, first.text, first.html):
        assert "orrected" not in text


def test_a_customer_without_a_name_and_an_order_without_a_reference_are_reported_the_same() -> None:
    both = written(replace(RECEIPT, name=None, reference=None, locale=None))

    assert both.subject == "Thank you for your order: here is your receipt"
    assert both.text.startswith("Hello,\n")
    assert "Order placed on November 24, 2026" in both.text


@pytest.mark.parametrize("kind", list(MailKind))
def test_what_people_typed_stays_text(kind: MailKind) -> None:
    line = a_line(title=HOSTILE, keys=(Personal(HOSTILE),), link=HOSTILE)
    address = Address(line1=Personal(HOSTILE), country=Personal("<b>"))
    both = written(
        replace(
            mail(kind, MUG),
            name=Personal(HOSTILE),
            reference=Personal(HOSTILE),
            lines=(line,),
            carrier=HOSTILE,
            ship_to=address,
        )
    )

    assert "<script" not in both.html
    assert "<b>" not in both.html
    assert "49" not in both.subject
    assert "\u202e" not in both.html + both.text + both.subject


def test_what_is_very_long_is_cut_but_keys_are_not() -> None:
    long, key = "x" * 5000, Personal("K" * 3000)

    both = written(
        replace(RECEIPT, reference=Personal(long), name=Personal(long), lines=(a_line(title=long, keys=(key,)),))
    )

    assert len(both.subject) < 150
    assert long not in both.text + both.html
    assert key.text in both.text
    assert key.text in both.html


def test_a_receipt_of_a_hundred_lines_is_whole_and_is_not_clipped_by_mail_readers() -> None:
    lines = tuple(a_line(id=f"li_{number}", title=f"Postcard no. {number:03}") for number in range(100))

    both = written(replace(RECEIPT, lines=lines))

    assert all(f"Postcard no. {number:03}" in both.html and f"no. {number:03}" in both.text for number in range(100))
    assert len(both.html.encode()) < 102_000


@pytest.mark.parametrize("kind", list(MailKind))
def test_nothing_is_loaded_from_anywhere_and_no_reader_is_tracked(kind: MailKind) -> None:
    html = written(mail(kind, MUG)).html

    assert not any(word in html for word in ("<img", "src=", "url(", "@import", "<link", "<script", "http"))


@pytest.mark.parametrize("kind", [MailKind.RECEIPT, MailKind.PAYMENT_PENDING, MailKind.PAYMENT_FAILED])
def test_a_total_that_the_customer_saw_in_another_currency_is_given_in_both(kind: MailKind) -> None:
    own = replace(RECEIPT, kind=kind, locale="en", presentment=Presentment(amount=1123, currency="usd"))

    mail = written(own)

    assert "In your currency: $11.23\n" in mail.text
    assert "$11.23" in mail.html
    assert "In your currency" not in written(replace(own, presentment=None)).text
