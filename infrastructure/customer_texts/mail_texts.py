"""The sentences of each kind of mail, shared by its text and its HTML part. They promise no further mail: the merchant
chooses which mails go out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from domain.deliveries.kind import DeliveryKind, built_in
from domain.line import LineState
from domain.mail import Mail, MailKind, MailLine
from domain.payment_wait import PaymentWait
from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.translations import gettext_noop


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    subject: str
    heading: str
    lead: str
    closing: str


_HAVE_IT = gettext_noop("Thank you, we have your order")
_SUBJECTS: Mapping[MailKind, str] = {
    MailKind.RECEIPT: gettext_noop("Thank you for your order: here is your receipt"),
    MailKind.PAYMENT_FAILED: gettext_noop("Your payment did not go through"),
    MailKind.SHIPPED: gettext_noop("Your parcel is on its way"),
    MailKind.BACKORDERED: gettext_noop("There is a delay with your order"),
    MailKind.KEYS_REPLACED: gettext_noop("New license keys for your order"),
    MailKind.CANCELED: gettext_noop("Items in your order have been canceled"),
}
_HEADINGS: Mapping[MailKind, str] = {
    **_SUBJECTS,
    MailKind.RECEIPT: gettext_noop("Thank you for your order"),
    MailKind.PAYMENT_PENDING: _HAVE_IT,
    MailKind.DELIVERED: gettext_noop("Ready for you"),
}

_CORRECTED = gettext_noop("Corrected tracking details for your parcel")
_ORDER_CANCELED = gettext_noop("Your order has been canceled")


@dataclass(frozen=True, slots=True)
class _PendingText:
    subject: str
    lead: str
    closing: str


_DO_NOT_PAY = gettext_noop("If you have received payment instructions, please do not pay.")
_NOTHING_TO_DO = gettext_noop("There is nothing you need to do.")
_PENDING: Mapping[PaymentWait, _PendingText] = {
    PaymentWait.BANK: _PendingText(
        gettext_noop("Your bank is confirming your payment"),
        gettext_noop(
            "Your bank has not confirmed your payment yet. This can take a few days. We will start on your order as "
            "soon as it does."
        ),
        _NOTHING_TO_DO,
    ),
    PaymentWait.CUSTOMER: _PendingText(
        gettext_noop("Your order is waiting for your payment"),
        gettext_noop(
            "We have not received your payment yet. Please pay with the payment instructions that you received. We "
            "will start on your order as soon as your payment arrives."
        ),
        gettext_noop("If you have already paid, there is nothing more you need to do."),
    ),
    PaymentWait.CAPTURE: _PendingText(
        gettext_noop("Your payment is authorized"),
        gettext_noop("Your payment is authorized and has not been charged yet."),
        _NOTHING_TO_DO,
    ),
    PaymentWait.UNKNOWN: _PendingText(
        _HAVE_IT,
        gettext_noop(
            "We have not received your payment yet. Some payment methods take a few days. We will start on your order "
            "as soon as it arrives."
        ),
        gettext_noop(
            "If you received payment instructions, please follow them. Otherwise there is nothing you need to do."
        ),
    ),
}
_CANCELED_UNPAID: Mapping[PaymentWait, str] = {
    PaymentWait.BANK: gettext_noop("Your bank account may still be debited. If it is, please contact us."),
    PaymentWait.CUSTOMER: _DO_NOT_PAY,
    PaymentWait.CAPTURE: gettext_noop("If you have questions about your payment, please contact us."),
    PaymentWait.UNKNOWN: _DO_NOT_PAY,
}
"""The closing of a mail about an order that was canceled before its payment."""


def mail_text(mail: Mail, language: Language, *, reference: str) -> MailText:
    """Return the sentences around what the mail lists. `reference` is what the order is called, or empty."""
    subject = _subject(mail, language)
    if reference:
        subject = language.gettext("%(subject)s (%(reference)s)", subject=subject, reference=reference)
    return MailText(
        subject=subject,
        heading=language.gettext(_exception(mail) or _HEADINGS[mail.kind]),
        lead=_lead(mail, language),
        closing=_closing(mail, language),
    )


def _subject(mail: Mail, language: Language) -> str:
    if mail.kind is MailKind.DELIVERED:
        return language.ngettext("An item in your order is ready", "Items in your order are ready", len(mail.lines))
    if mail.kind is MailKind.PAYMENT_PENDING:
        return language.gettext(_pending_text(mail).subject)
    return language.gettext(_exception(mail) or _SUBJECTS[mail.kind])


def _exception(mail: Mail) -> str | None:
    """Return the subject and heading of a mail that is not what its kind usually is."""
    if mail.is_order_canceled:
        return _ORDER_CANCELED
    return _CORRECTED if mail.is_correction else None


def _pending_text(mail: Mail) -> _PendingText:
    return _PENDING[mail.payment_wait or PaymentWait.UNKNOWN]


def greeting(name: str, language: Language) -> str:
    return language.gettext("Hello %(name)s,", name=name) if name else language.gettext("Hello,")


def order_of(reference: str, day: str, language: Language) -> str:
    """Return which order a mail is about: what it is called, if that is known, and when it was made."""
    if reference:
        return language.gettext("Order %(reference)s, placed on %(date)s", reference=reference, date=day)
    return language.gettext("Order placed on %(date)s", date=day)


def next_step(line: MailLine, language: Language) -> str:
    """Return what the customer can do or expect, in the state that the line had when the mail was decided."""
    if line.state.is_delivered and line.keys:
        return language.ngettext("Your license key:", "Your license keys:", len(line.keys))
    return language.gettext(_next_step(line))


def _next_step(line: MailLine) -> str:
    if line.is_short_of_keys:
        return gettext_noop("We are getting new license keys. You will get yours as soon as they are here.")
    match line.state:
        case LineState.DELIVERED if line.has_lost_its_keys:
            return gettext_noop("These license keys can no longer be used.")
        case LineState.DELIVERED:
            return _delivered(built_in(line.delivery))
        case LineState.PENDING:
            return _pending(built_in(line.delivery))
        case LineState.BACKORDERED:
            return gettext_noop("Out of stock. You will get it as soon as it is back.")
        case LineState.MANUAL | LineState.GIVEN_UP:
            return gettext_noop("Our team is preparing it for you")
        case LineState.CANCELED:
            return gettext_noop("Canceled")
        case _:
            assert_never(line.state)


def _delivered(kind: DeliveryKind | None) -> str:
    match kind:
        case DeliveryKind.ACCESS:
            return gettext_noop("Ready for you")
        case DeliveryKind.SHIPMENT:
            return gettext_noop("On its way to you")
        case DeliveryKind.MANUAL:
            return gettext_noop("Completed")
        case DeliveryKind.LICENSE_KEY | DeliveryKind.HTTP | None:
            return gettext_noop("Delivered")
        case _:
            assert_never(kind)


def _pending(kind: DeliveryKind | None) -> str:
    match kind:
        case DeliveryKind.SHIPMENT:
            return gettext_noop("We will pack it and ship it to you")
        case DeliveryKind.LICENSE_KEY:
            return gettext_noop("We are preparing your license key")
        case DeliveryKind.ACCESS | DeliveryKind.HTTP | DeliveryKind.MANUAL | None:
            return gettext_noop("We are preparing it for you")
        case _:
            assert_never(kind)


def _lead(mail: Mail, language: Language) -> str:
    match mail.kind:
        case MailKind.RECEIPT if not mail.is_order_canceled:
            return language.gettext(_receipt_lead(mail))
        case MailKind.PAYMENT_PENDING:
            return language.gettext(_pending_text(mail).lead)
        case MailKind.PAYMENT_FAILED:
            return language.gettext("We did not receive a payment for this order, and nothing will be sent.")
        case MailKind.SHIPPED if mail.is_correction:
            return language.ngettext(
                "We have corrected the carrier or tracking number of the parcel with this item. Please use only the "
                "details in this email.",
                "We have corrected the carrier or tracking number of the parcel with these items. Please use only the "
                "details in this email.",
                len(mail.lines),
            )
        case MailKind.SHIPPED:
            return language.ngettext(
                "This item is on its way to you:", "These items are on their way to you:", len(mail.lines)
            )
        case MailKind.BACKORDERED if any(line.is_short_of_keys for line in mail.lines):
            return language.ngettext(
                "We are sorry: this item takes a little longer. You will get it as soon as we have it.",
                "We are sorry: these items take a little longer. You will get them as soon as we have them.",
                len(mail.lines),
            )
        case MailKind.BACKORDERED:
            return language.ngettext(
                "We are sorry: this item is out of stock. You will get it as soon as it is back.",
                "We are sorry: these items are out of stock. You will get them as soon as they are back.",
                len(mail.lines),
            )
        case MailKind.DELIVERED:
            return language.ngettext("This item is ready for you:", "These items are ready for you:", len(mail.lines))
        case MailKind.KEYS_REPLACED:
            return language.gettext(
                "From now on, please use the license keys listed here. Other keys of this item are no longer valid."
            )
        case MailKind.CANCELED | MailKind.RECEIPT:
            return language.ngettext(
                "This item has been canceled and will not be delivered:",
                "These items have been canceled and will not be delivered:",
                len(mail.lines),
            )


def _receipt_lead(mail: Mail) -> str:
    """Which says right away if something is not there: no other mail does."""
    is_paid = mail.amount_total > 0 and mail.is_payment_required
    match is_paid, any(map(_takes_longer, mail.lines)):
        case True, False:
            return gettext_noop("We received your payment. Here is what you bought and what happens next.")
        case True, True:
            return gettext_noop(
                "We received your payment. We are sorry: not everything is available right away. Here is what you "
                "bought and what happens next."
            )
        case False, False:
            return gettext_noop("Here is what you ordered and what happens next.")
        case _:
            return gettext_noop(
                "We are sorry: not everything is available right away. Here is what you ordered and what happens next."
            )


def _takes_longer(line: MailLine) -> bool:
    return line.state is LineState.BACKORDERED or line.is_short_of_keys


def _closing(mail: Mail, language: Language) -> str:
    match mail.kind:
        case MailKind.RECEIPT if not mail.is_order_canceled:
            return language.gettext("Please keep this email as your receipt.")
        case MailKind.PAYMENT_PENDING:
            return language.gettext(_pending_text(mail).closing)
        case MailKind.PAYMENT_FAILED:
            return language.gettext("If you would still like your items, please order again.")
        case MailKind.SHIPPED if mail.tracking is None:
            return language.gettext("We hope you enjoy your order.")
        case MailKind.SHIPPED:
            return language.gettext("It can take a day until the carrier shows your parcel.")
        case MailKind.CANCELED if mail.payment_wait is not None:
            return language.gettext(_CANCELED_UNPAID[mail.payment_wait])
        case MailKind.CANCELED | MailKind.RECEIPT if mail.is_order_canceled:
            return language.gettext("If you have questions about your order or your payment, please contact us.")
        case MailKind.CANCELED | MailKind.RECEIPT:
            return language.gettext(
                "Items not listed here are not affected. If you have questions about your order or your payment, "
                "please contact us."
            )
        case MailKind.BACKORDERED:
            return language.gettext("There is nothing you need to do. Items not listed here are not affected.")
        case MailKind.DELIVERED | MailKind.KEYS_REPLACED:
            return language.gettext("Please keep this email.")
