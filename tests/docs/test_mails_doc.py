"""The guide to mails says what is so."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from application.reason_wording import in_words
from domain import reasons
from domain.mail import MailKind
from infrastructure.mail.smtp_url import parse_smtp_url

NO_ADDRESS = in_words(reasons.no_address())
ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs/mails.md").read_text()


def first_cells(heading: str) -> list[str]:
    """The first column of the table under a heading."""
    section = DOC.partition(f"## {heading}")[2].partition("\n## ")[0]
    rows = [line.split(" | ")[0].removeprefix("| ") for line in section.splitlines() if line.startswith("| ")]
    return [row for row in rows[1:] if not row.startswith("---")]


def test_every_kind_is_reported_and_none_that_is_not() -> None:
    assert sorted(first_cells("Which mails there are")) == sorted(f"`{kind}`" for kind in MailKind)


@pytest.mark.parametrize("url", first_cells("Send them"))
def test_every_address_of_a_mail_server_that_is_shown_is_one(url: str) -> None:
    assert parse_smtp_url(url.strip("`")).host in {"mail.example.com", "localhost"}


def failures() -> Iterator[str]:
    """Every sentence that a mailer can fail with, with dots for what is filled in, up to its bracket."""
    for module in ("smtp", "refusal", "message", "files"):
        tree = ast.parse((ROOT / f"infrastructure/mail/{module}.py").read_text())
        within = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            texts = [part.value if isinstance(part, ast.Constant) else "…" for part in parts if id(node) not in within]
            sentence = "".join(str(text) for text in texts).partition(" (")[0]
            if re.fullmatch(r"The (mail|customer)[^\n]*[^.]", sentence):
                yield sentence


def test_every_failure_is_explained() -> None:
    shown = first_cells("When a mail does not go out")
    possible = [*failures(), NO_ADDRESS]

    assert len(possible) > 14
    for sentence in possible:
        pattern = re.escape(sentence).replace("…", ".+")
        assert any(re.fullmatch(pattern, row) for row in shown), sentence


def test_no_failure_is_explained_that_can_not_happen() -> None:
    patterns = [re.escape(sentence).replace("…", ".+") for sentence in (*failures(), NO_ADDRESS)]

    for row in first_cells("When a mail does not go out"):
        assert any(re.fullmatch(pattern, row) for pattern in patterns), row
