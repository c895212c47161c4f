"""The shop in what customers read: who it is, how to reach it, and its logo."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from customer_language import SHOP, SHOP_TEXTS, TEXTS, render, render_not_found
from landing_orders import COURSE, delivered, page_of_lines
from log_parts import MUG, mail
from pictures import a_png
from starlette.applications import Starlette
from starlette.testclient import TestClient

from domain.mail import MailKind
from domain.order_number import OrderNumber
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.customer_texts.shop import LOGO_BYTES_MAX, Logo, LogoError, Shop, read_logo
from infrastructure.mail.addresses import Sender
from infrastructure.mail.message import as_sent, mail_message
from infrastructure.setting_values import SettingsError
from infrastructure.settings import load_settings
from interfaces.bootstrap import customer_texts
from interfaces.web.headers import SECURITY_HEADERS
from interfaces.web.shop_files import shop_files

KEYS = {"STRIPE_API_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}
RECEIPT = replace(mail(MailKind.RECEIPT, MUG), locale="en", order_number=OrderNumber("K7Q2M-9XDRT"))
PAGE = page_of_lines(delivered(COURSE), plan=[COURSE])
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LOGO = Logo(content=a_png(), subtype="png")


def sent(texts: CustomerTexts, *, mail_from: str = "Sender <no-reply@shop.example>") -> EmailMessage:
    message = mail_message(RECEIPT, texts, message_id="eff_1", sender=Sender.parse(mail_from), at=AT)
    arrived = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert isinstance(arrived, EmailMessage)
    return arrived


def part(message: EmailMessage, subtype: str) -> str:
    found = message.get_body((subtype,))
    assert found is not None
    return str(found.get_content())


def test_pages_say_whose_they_are_and_how_to_reach_the_shop() -> None:
    for html in (render(PAGE, SHOP_TEXTS), render_not_found(texts=SHOP_TEXTS)):
        assert "Pottery &amp; Co." in html
        assert 'href="https://pottery.example"' in html
        assert 'href="mailto:help@pottery.example"' in html
        assert 'href="tel:+49301234567"' in html
        assert "+49 (0)30 1234567" in html


def test_a_shop_that_says_nothing_of_itself_leaves_no_empty_places() -> None:
    html = render(PAGE, TEXTS)

    assert "shop" not in html
    assert "contact" not in html
    assert "mailto:" not in html


def test_both_parts_of_a_mail_say_how_to_reach_the_shop() -> None:
    message = sent(SHOP_TEXTS)

    for text in ("https://pottery.example", "help@pottery.example", "+49 (0)30 1234567"):
        assert text in part(message, "plain")
        assert text in part(message, "html")
    assert "Pottery & Co." in part(message, "plain")
    assert "Sender" not in part(message, "plain")


def test_replies_go_to_the_shops_address_and_are_invited() -> None:
    message = sent(SHOP_TEXTS)

    assert str(message["Reply-To"]) == "help@pottery.example"
    assert "reply to this email" in part(message, "plain")
    assert sent(TEXTS)["Reply-To"] is None
    assert "reply to this email" not in part(sent(TEXTS), "plain")


def test_a_mail_carries_the_logo_and_loads_nothing() -> None:
    message = sent(CustomerTexts(shop=replace(SHOP, logo=LOGO)))

    (picture,) = (each for each in message.walk() if each.get_content_maintype() == "image")
    assert picture.get_content() == LOGO.content
    html = part(message, "html")
    assert re.findall(r'src="([^"]*)"', html) == [f"cid:{str(picture['Content-ID']).strip('<>')}"]
    assert 'alt="Pottery &amp; Co."' in html
    assert as_sent(message).text.text == part(message, "plain")


def test_two_attempts_of_a_mail_with_a_logo_are_the_same() -> None:
    texts = CustomerTexts(shop=replace(SHOP, logo=LOGO))

    assert sent(texts).as_bytes() == sent(texts).as_bytes()


def test_the_page_shows_the_logo_from_this_server_as_its_policy_asks() -> None:
    texts = CustomerTexts(shop=replace(SHOP, logo=LOGO))
    html = render(PAGE, texts)
    client = TestClient(Starlette(routes=shop_files(texts)))

    answer = client.get("/static/logo")

    assert re.findall(r'src="([^"]*)"', html) == ["static/logo"]
    assert "img-src 'self'" in SECURITY_HEADERS["Content-Security-Policy"]
    assert (answer.content, answer.headers["content-type"]) == (LOGO.content, "image/png")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_pages_and_mails_call_orders_with_the_prefix_of_the_shop() -> None:
    texts = CustomerTexts(shop=replace(SHOP, order_prefix="POT"))
    message = sent(texts)

    assert f"Order POT-{PAGE.order_number}<" in render(PAGE, texts)
    for text in (str(message["Subject"]), part(message, "plain"), part(message, "html")):
        assert "POT-K7Q2M-9XDRT" in text


def test_the_settings_name_the_shop(tmp_path: Path) -> None:
    (tmp_path / "logo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    settings = load_settings(
        {
            **KEYS,
            "FULFILL_SHOP_NAME": "Pots",
            "FULFILL_SHOP_URL": "https://pots.example/shop/",
            "FULFILL_SHOP_EMAIL": "help@pots.example",
            "FULFILL_SHOP_PHONE": "030/123-45",
            "FULFILL_ORDER_PREFIX": "POT",
            "FULFILL_SHOP_LOGO": str(tmp_path / "logo.jpg"),
        },
        None,
    )

    shop = customer_texts(settings).shop

    assert (shop.name, shop.url, shop.email) == ("Pots", "https://pots.example/shop", "help@pots.example")
    assert shop.phone_link == "tel:03012345"
    assert shop.order_prefix == "POT"
    assert shop.logo is not None
    assert shop.logo.media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("mail_from", "name"),
    [(None, None), ("Pots <a@pots.example>", "Pots"), ("a@pots.example", None)],
)
def test_without_a_name_the_shop_has_that_of_the_sender(mail_from: str | None, name: str | None) -> None:
    settings = load_settings({**KEYS, **({"MAIL_FROM": mail_from} if mail_from else {})}, None)

    assert settings.shop == Shop(name=name, is_named=name is not None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FULFILL_SHOP_URL", "pots.example"),
        ("FULFILL_SHOP_URL", "javascript:alert(1)"),
        ("FULFILL_SHOP_EMAIL", "help"),
        ("FULFILL_SHOP_EMAIL", "Help <help@pots.example>"),
        ("FULFILL_SHOP_PHONE", "call us"),
        ("FULFILL_SHOP_PHONE", "12"),
        ("FULFILL_SHOP_PHONE", "1" * 41),
        ("FULFILL_SHOP_LOGO", "/nowhere/logo.png"),
        ("FULFILL_ORDER_PREFIX", "pot"),
    ],
)
def test_a_wrong_setting_of_the_shop_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        customer_texts(load_settings({**KEYS, name: value}, None))


@pytest.mark.parametrize("content", [b"<svg/>", b"", b"\x89PNG\r\n\x1a\n" + bytes(LOGO_BYTES_MAX)])
def test_a_logo_that_is_no_small_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "logo").write_bytes(content)

    with pytest.raises(LogoError):
        read_logo(tmp_path / "logo")
