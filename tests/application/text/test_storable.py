"""The one rule for text that no store can hold."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from application.text.storable import is_storable, storable, storable_json

NUL, HALF, OTHER_HALF = "\x00", "\ud83d", "\ude00"

any_text = st.text(st.characters())
"""Halves of surrogate pairs and control characters too."""


@pytest.mark.parametrize("text", ["", "Mug", "a\x01\x7f\n", "Zoé", "\u202e", "😀"])
def test_text_that_a_store_can_hold_stays_as_it_is(text: str) -> None:
    assert is_storable(text)
    assert storable(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"Mug{NUL}blue", "Mug\ufffdblue"),
        (f"Zoé{NUL}", "Zoé\ufffd"),
        (f"a{HALF}b", "a\ufffdb"),
        (OTHER_HALF + HALF, "\ufffd\ufffd"),
        (HALF + OTHER_HALF, "😀"),
        (f"{NUL}{HALF}{OTHER_HALF}{HALF}", "\ufffd😀\ufffd"),
    ],
)
def test_what_no_store_can_hold_is_replaced_and_the_rest_is_kept(text: str, kept: str) -> None:
    assert not is_storable(text)
    assert storable(text) == kept


@given(any_text)
@example("\x00")
@example("a\udfff")
def test_what_is_stored_can_be_stored_and_is_stored_the_same_again(text: str) -> None:
    kept = storable(text)

    assert "\0" not in kept
    assert kept.encode().decode() == kept
    assert storable(kept) == kept


@given(any_text)
@example("\x00\\u0000\\ud83d")
@example("\ud83d")
@example("😀\\")
def test_json_says_the_same_whether_its_text_is_made_storable_before_it_is_decoded_or_after(text: str) -> None:
    body = json.dumps({"text": text}).encode()

    assert json.loads(storable_json(body)) == {"text": storable(json.loads(body)["text"])}
