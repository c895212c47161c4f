"""What staff type: kept as it is, unless it says nothing or could steer the terminal that shows it."""

import pytest
from refusing import expect_refusal

from domain.refusal import Typed
from domain.staff_text import check_line, check_note

STEERING = ["a\x1b[2Jb", "a\x07", "a\x9b31m", "a\x00", "a\u202eb", "a\u2066b", "a\u2028b", "a\ud800"]


@pytest.mark.parametrize("text", [*STEERING, "", " ", "...", "x" * 51, "two\nlines"])
def test_a_line_that_says_nothing_or_steers_is_refused(text: str) -> None:
    with expect_refusal("The reason must have 1 to 50 printable characters, at least one of them a letter"):
        check_line(Typed.REASON, text, 50)


@pytest.mark.parametrize("text", STEERING)
def test_a_note_that_steers_is_refused(text: str) -> None:
    with expect_refusal("A note must have no control characters except line breaks"):
        check_note(text)


@pytest.mark.parametrize(("text", "length"), [("", 0), (" \n", 0), ("x" * 2001, 2001)])
def test_a_note_that_is_empty_or_too_long_is_refused(text: str, length: int) -> None:
    with expect_refusal(rf"^A note must have 1 to 2000 characters \(got {length}\)\.$"):
        check_note(text)


@pytest.mark.parametrize("text", ["...", "…", " ?! ", "-\n-"])
def test_a_note_of_punctuation_alone_is_refused(text: str) -> None:
    with expect_refusal("A note must have a letter, a digit or a symbol"):
        check_note(text)


@pytest.mark.parametrize(
    "text", ["two\r\nlines", "a\tb", "a\u00a0b", "\U0001f469\u200d\U0001f527", "\u2713", "x" * 2000]
)
def test_a_note_may_be_what_people_paste(text: str) -> None:
    check_note(text)
