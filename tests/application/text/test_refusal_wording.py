"""Staff read every refusal in sentences, with all that it says."""

import pytest
from refusal_samples import sample

from application.text.refusal_wording import in_sentences
from domain import refusals
from domain.refusal import Refusal, RefusalCode, Suitable, Typed


@pytest.mark.parametrize("code", [code for code in RefusalCode if code is not RefusalCode.AS_WRITTEN])
def test_every_refusal_is_in_whole_sentences_with_each_of_its_parameters(code: RefusalCode) -> None:
    refusal = sample(code)

    text = in_sentences(refusal)

    assert [value for value in refusal.parameters.values() if value not in text] == []
    assert text.endswith(".")
    assert "{" not in text
    assert "`" not in text, "an interface names its commands itself"


@pytest.mark.parametrize("suitable", Suitable)
def test_what_lines_must_be_has_words(suitable: Suitable) -> None:
    assert suitable not in in_sentences(refusals.no_suitable_line(suitable))


@pytest.mark.parametrize("typed", Typed)
def test_what_staff_typed_has_words(typed: Typed) -> None:
    assert not in_sentences(refusals.part_needed(typed)).startswith(typed)


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        (refusals.mail_not_sent("shipped", "1"), "No mail of the kind shipped for 1 was sent for this checkout."),
        (refusals.mail_not_sent("shipped", None), "No mail of the kind shipped was sent for this checkout."),
        (refusals.part_too_long(Typed.LINE1, 200), "Line 1 of the address must have at most 200 printable characters."),
        (refusals.as_written("Nothing to add (see above)"), "Nothing to add (see above)"),
    ],
)
def test_it_reads(refusal: Refusal, text: str) -> None:
    assert in_sentences(refusal) == text
