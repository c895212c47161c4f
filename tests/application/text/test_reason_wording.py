"""Staff read every reason as a sentence, with all that it says."""

import pytest
from reason_samples import sample
from typed_ids import as_stream

from application.errors import reason_for
from application.text.identifier_wording import described
from application.text.reason_wording import in_words
from application.text.refusal_wording import in_sentences
from domain import reasons, refusals
from domain.errors import Refused
from domain.identifiers import IdentifierKind, stored_session_id
from domain.order_number import order_number
from domain.reason import EventProblem, Peer, Reason, ReasonCode, SmtpAbout, UrlProblem


def shown_as(name: str, value: str) -> str:
    """Staff read the order number of a checkout, not the ID of its session."""
    return order_number(stored_session_id(value)) if name == "session" else value


@pytest.mark.parametrize("code", ReasonCode)
def test_the_sentence_of_every_reason_has_each_of_its_parameters(code: ReasonCode) -> None:
    reason = sample(code)
    shown = [shown_as(name, value) for name, value in reason.parameters.items()]

    text = in_words(reason)

    assert text
    assert [value for value in shown if value not in text] == []
    assert not text.endswith(".")


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (reasons.other_mode_than_key("live"), "It is a live session, and STRIPE_API_KEY is a test key"),
        (
            reasons.other_mode_than_id("test"),
            "Stripe answered with a test session, although its ID is of live mode",
        ),
        (reasons.unexpected_error("KeyError", "intake.py", "17"), "Unexpected KeyError in intake.py, line 17"),
        (reasons.unexpected_error("KeyError", "", ""), "Unexpected KeyError"),
        (reasons.port_failed("HTTP 503."), "HTTP 503."),
        (
            reasons.stripe_key_refused("401, req_1"),
            "Stripe refuses the key in STRIPE_API_KEY (401, req_1); correct it in the settings and start again",
        ),
        (
            reasons.stripe_key_refused(""),
            "Stripe refuses the key in STRIPE_API_KEY; correct it in the settings and start again",
        ),
        (reasons.http_status("shop.example", 503), "The callback's host shop.example answered 503"),
        (
            reasons.http_status("shop.example", 301),
            "The callback's host shop.example answered 301, a redirect; the url must be the final one",
        ),
        (
            reasons.smtp_reply(SmtpAbout.RECIPIENT, 550, "5.1.1"),
            "The mail server refuses the customer's address for good (550 5.1.1: there is no such mailbox)",
        ),
        (reasons.smtp_reply(SmtpAbout.MAIL, 451, ""), "The mail server does not take the mail now (451)"),
        (
            reasons.smtp_reply(SmtpAbout.SENDER, 550, "5.9.9"),
            "The mail server refuses the sender in MAIL_FROM for good (550 5.9.9)",
        ),
        (
            reasons.smtp_reply(SmtpAbout.PASSWORD, 535, "5.7.8"),
            "The mail server refuses the user or the password in SMTP_URL (535 5.7.8: the login is wrong)",
        ),
        (
            reasons.smtp_reply(SmtpAbout.LOGIN_WANTED, 530, ""),
            "The mail server wants a login, which SMTP_URL has to give it (530)",
        ),
        (reasons.smtp_reply(SmtpAbout.CONNECTION, 421, ""), "The mail server is not ready to take mails (421)"),
        (reasons.timed_out(Peer.MAIL_SERVER, "mx.example"), "The mail server mx.example did not answer in time"),
        (reasons.timed_out(Peer.MAIL_SERVER, ""), "The mail server did not answer in time"),
        (
            reasons.tls_failed(Peer.CALLBACK, "shop.example", "certificate has expired"),
            "The callback's host shop.example was not reached: its certificate is not accepted "
            "(certificate has expired)",
        ),
        (
            reasons.tls_failed(Peer.CALLBACK, "shop.example", ""),
            "The callback's host shop.example was not reached: it does not speak TLS as we do",
        ),
    ],
)
def test_it_reads(reason: Reason, text: str) -> None:
    assert in_words(reason) == text


def test_a_stored_refusal_reads_as_on_the_spot() -> None:
    refusal = refusals.several_parcels([1, 2])

    assert f"{in_words(reason_for(Refused(refusal)))}." == in_sentences(refusal)


def test_a_refusal_that_an_earlier_version_stored_in_words_reads_as_then() -> None:
    early = Reason(code=ReasonCode.REFUSED, parameters={"text": "This checkout has the parcels 1, 2. Name one."})

    assert in_words(early) == "This checkout has the parcels 1, 2. Name one."


@pytest.mark.parametrize("kind", IdentifierKind)
def test_each_kind_of_identifier_has_words(kind: IdentifierKind) -> None:
    assert in_words(reasons.invalid_identifier(kind)) == f"A value is not {described(kind)}"


@pytest.mark.parametrize(
    ("problem", "detail", "text"),
    [
        (EventProblem.UNKNOWN_TOPIC, "", "is of a kind that this version does not know"),
        (
            EventProblem.LATER_VERSION,
            "3",
            "can't be read: its class is of version 3, which is later than known here",
        ),
        (EventProblem.GARBLED, "ValidationError", "can't be read: ValidationError"),
        (EventProblem.MISFIT, "KeyError", "does not fit what came before it: KeyError"),
        (EventProblem.GAP, "4", "comes right after event 4: the log has lost the events between them"),
    ],
)
def test_each_problem_of_a_stored_event_has_words(problem: EventProblem, detail: str, text: str) -> None:
    reason = reasons.event_not_readable(as_stream("sku_mug"), 7, "StockItem.Counted", problem, detail)

    assert in_words(reason) == f"Event 7 of sku_mug, StockItem.Counted, {text}"


@pytest.mark.parametrize("problem", UrlProblem)
def test_each_problem_of_a_url_has_words(problem: UrlProblem) -> None:
    assert in_words(reasons.invalid_url(problem)).startswith("The callback can't be made: its url must ")


def test_a_problem_of_a_url_that_an_early_version_put_in_words_reads_as_then() -> None:
    early = Reason(
        code=ReasonCode.INVALID_URL, parameters={"problem": "must start with https:// or http:// and a host"}
    )

    assert in_words(early) == in_words(reasons.invalid_url(UrlProblem.SCHEME))
