"""What staff read of a refusal."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from application.text.refusal_wording import in_sentences
from domain.errors import Refused


@contextmanager
def expect_refusal(sentences: str) -> Iterator[None]:
    """The block is refused, in words that match this pattern somewhere, as `match` of `pytest.raises`."""
    with pytest.raises(Refused) as caught:
        yield
    found = in_sentences(caught.value.refusal)
    assert re.search(sentences, found), f"{found!r} does not match {sentences!r}"
