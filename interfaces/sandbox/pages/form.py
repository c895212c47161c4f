"""What a customer fills in on the payment page, read and checked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from interfaces.sandbox.model.checkout import PaymentDetails
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.payment_methods import TEST_CARD_NUMBER
from interfaces.sandbox.model.values import Address, Customer, CustomField, PayBy, Session

_TEXT_MAX: Final = 500
_METHODS: Final[tuple[PayBy, ...]] = ("card", "debit_succeeds", "debit_fails", "free")
_ADDRESS_FIELDS: Final = {
    "line1": "the street and number",
    "postal_code": "the postal code",
    "city": "the city",
    "country": "the country",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    field: str
    """The name of the form field."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The form as it was filled in, right or wrong, so that it can be shown again."""

    texts: Mapping[str, str]
    """Name, e-mail, phone, address, shipping rate and method, by field name."""
    quantities: Mapping[str, int] = field(default_factory=dict)
    additions: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.texts.get(name, "")

    def payment(self) -> PaymentDetails:
        chosen: PayBy = next((method for method in _METHODS if method == self.text("by")), "card")
        address = Address(
            line1=self.text("line1") or None,
            line2=self.text("line2") or None,
            postal_code=self.text("postal_code") or None,
            city=self.text("city") or None,
            country=self.text("country") or None,
        )
        name = self.text("name") or None
        email, phone = self.text("email") or None, self.text("phone") or None
        return PaymentDetails(
            by=chosen,
            card=self.text("card") or TEST_CARD_NUMBER,
            customer=Customer(email=email, name=name, phone=phone, address=address),
            ship_to=Customer(email=None, name=name, address=address),
            quantities=self.quantities,
            additions=self.additions,
            shipping_rate=self.text("shipping_rate") or None,
            answers=self.answers,
        )


def blank(session: Session) -> Filled:
    countries = session.wishes.shipping_countries
    return Filled(
        texts={
            "email": session.customer_email or "",
            "country": countries[0] if countries else "",
            "shipping_rate": session.shipping.rate_id if session.shipping else "",
            "by": "card",
            "card": TEST_CARD_NUMBER,
        }
    )


def read_form(params: Params, session: Session) -> Filled:
    """Raises StripeError for what no browser sends from this page, such as a quantity that is no number."""
    names = (
        "email",
        "name",
        "phone",
        "line1",
        "line2",
        "postal_code",
        "city",
        "country",
        "shipping_rate",
        "by",
        "card",
    )
    texts = {name: (params.text(name) or "").strip()[:_TEXT_MAX] for name in names}
    if session.customer_email is not None:
        texts["email"] = session.customer_email
    answers = params.child("answer")
    return Filled(
        texts=texts,
        quantities=params.counts("quantity"),
        additions=params.counts("addition"),
        answers={
            asked.key: (answers.text(asked.key) or "").strip()[:_TEXT_MAX] for asked in session.wishes.custom_fields
        },
    )


def problems_of(filled: Filled, session: Session) -> list[Problem]:
    return list(_problems(filled, session))


def _problems(filled: Filled, session: Session) -> Iterator[Problem]:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", filled.text("email")):
        yield Problem(field="email", message="Enter an e-mail address, such as you@example.com.")
    if not filled.text("name"):
        yield Problem(field="name", message="Enter your name.")
    if session.wishes.has_phone and not filled.text("phone"):
        yield Problem(field="phone", message="Enter a phone number.")
    if session.wishes.shipping_countries:
        for name, what in _ADDRESS_FIELDS.items():
            if not filled.text(name):
                yield Problem(field=name, message=f"Enter {what} of the delivery address.")
        if filled.text("country") not in ("", *session.wishes.shipping_countries):
            yield Problem(field="country", message="Choose one of the countries in the list.")
    for asked in session.wishes.custom_fields:
        yield from _answer_problems(asked, filled.answers.get(asked.key, ""))


def _answer_problems(asked: CustomField, answer: str) -> Iterator[Problem]:
    name = f"answer[{asked.key}]"
    if not answer and not asked.is_optional:
        yield Problem(field=name, message=f"Fill in “{asked.label}”.")
    if answer and asked.kind == "numeric" and not answer.isdecimal():
        yield Problem(field=name, message=f"“{asked.label}” takes digits only.")
    if answer and asked.kind == "dropdown" and answer not in [value for _, value in asked.options]:
        yield Problem(field=name, message=f"Choose one of the options of “{asked.label}”.")
