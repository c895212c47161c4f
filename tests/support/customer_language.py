"""What customers read, as it is shipped."""

from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.page_texts import not_found_text, too_many_text, unavailable_text
from infrastructure.customer_texts.shop import Shop
from interfaces.web import landing_page
from interfaces.web.landing_page import LandingPage

TEXTS = CustomerTexts()
SHOP = Shop(
    name="Pottery & Co.", url="https://pottery.example", email="help@pottery.example", phone="+49 (0)30 1234567"
)
SHOP_TEXTS = CustomerTexts(shop=SHOP)
"""Those of a shop that says who it is."""
ENGLISH = TEXTS.language("en")


def render(page: LandingPage, texts: CustomerTexts = TEXTS) -> str:
    return landing_page.render(page, texts)


def render_not_found(language: Language = ENGLISH, texts: CustomerTexts = TEXTS) -> str:
    return landing_page.render_message(not_found_text(language), language, texts)


def render_too_many(language: Language = ENGLISH, texts: CustomerTexts = TEXTS) -> str:
    return landing_page.render_message(too_many_text(language), language, texts)


def render_unavailable(language: Language = ENGLISH, texts: CustomerTexts = TEXTS) -> str:
    return landing_page.render_message(unavailable_text(language), language, texts)
