"""docs/glossary.md has every word once, in one sentence, in order; every name of ours that people meet is in it."""

import re
from pathlib import Path

import pytest

from application.reading.checkout_document import MailState
from application.reading.checkout_state import CheckoutState, Situation
from application.reading.work import OtherWork, Work
from application.running.registry import READERS
from domain.deliveries.kind import BUILT_IN
from domain.event import Aggregate
from domain.line import LineState
from domain.mail import MailKind

DOC = Path(__file__).parents[2] / "docs" / "glossary.md"
ENTRY = re.compile(r"^- \*\*(.+?)\*\*: (.+)$", flags=re.MULTILINE)
ENTRIES = ENTRY.findall(DOC.read_text())
TERMS = [term.strip("`") for term, _ in ENTRIES]

AGGREGATES = [each.__name__ for each in Aggregate.__subclasses__() if each.__module__.startswith("domain.")]
POLICIES = [each.name for each in READERS]
STATES_AND_TASKS = [*CheckoutState, *Situation, *LineState, *MailState, *Work, *OtherWork]
CODE_WORDS = [*STATES_AND_TASKS, *MailKind, *BUILT_IN, *POLICIES, *AGGREGATES]


def test_every_line_is_an_entry() -> None:
    heading, introduction, *lines = [line for line in DOC.read_text().splitlines() if line]

    assert heading == "# Glossary"
    assert not introduction.startswith("-")
    assert len(lines) == len(ENTRIES) > 0


def test_the_words_are_in_alphabetical_order_each_once() -> None:
    keys = [term.casefold() for term in TERMS]

    assert keys == sorted(set(keys))


@pytest.mark.parametrize(("term", "sentence"), ENTRIES, ids=TERMS)
def test_a_word_is_explained_in_one_sentence(term: str, sentence: str) -> None:
    assert sentence.endswith(".")
    assert not re.search(r"[.!?] [A-Z]", sentence)
    assert sentence[0].isupper()


@pytest.mark.parametrize("word", sorted(set(CODE_WORDS)))
def test_every_aggregate_policy_delivery_state_and_task_is_in_the_glossary(word: str) -> None:
    in_code = re.compile(rf"`{re.escape(word)}`")

    assert any(in_code.search(f"{term}: {sentence}") for term, sentence in ENTRIES), f"{word} is not in the glossary"
