"""Staff read every reason as a sentence, with all that it says."""

import pytest
from reason_samples import sample

from application.reason_wording import in_words
from domain import reasons
from domain.reasons import Reason, ReasonCode


@pytest.mark.parametrize("code", ReasonCode)
def test_every_reason_is_said_with_each_of_its_parameters(code: ReasonCode) -> None:
    reason = sample(code)

    text = in_words(reason)

    assert text
    assert [value for value in reason.parameters.values() if value not in text] == []
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
    ],
)
def test_it_reads(reason: Reason, text: str) -> None:
    assert in_words(reason) == text
