"""docs/mails.md explains every kind of mail, and every failure of a mail."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from application.text.reason_wording import in_words
from domain import reasons
from domain.mail import MailKind
from domain.reason import Peer, Reason, SmtpAbout
from infrastructure.mail.smtp_url import parse_smtp_url

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


def codes() -> Iterator[Reason]:
    """Every reason that a mailer can fail with."""
    server = (Peer.MAIL_SERVER, "…")
    yield from (reasons.timed_out(*server), reasons.host_not_found(*server), reasons.connection_refused(*server))
    yield from (reasons.tls_failed(*server, "expired"), reasons.tls_failed(*server, ""))
    yield reasons.connection_failed(*server, "OSError")
    yield from (reasons.smtp_reply(about, reply, "") for about in SmtpAbout for reply in (450, 550))
    yield from (reasons.no_address(), reasons.invalid_address(), reasons.no_encryption(), reasons.no_login())
    yield from (reasons.only_ascii_addresses(about) for about in (SmtpAbout.RECIPIENT, SmtpAbout.SENDER))
    yield reasons.outbox_failed("…", "…")


POSSIBLE = sorted({in_words(reason).partition(" (")[0] for reason in codes()})


def is_about(row: str, sentence: str) -> bool:
    """Whether they are the same, with dots for anything on both sides."""
    return any(re.fullmatch(re.escape(a).replace("…", ".+"), b) for a, b in ((row, sentence), (sentence, row)))


@pytest.mark.parametrize("sentence", POSSIBLE)
def test_every_failure_is_explained(sentence: str) -> None:
    rows = first_cells("When a mail does not go out")

    assert any(is_about(row, sentence) for row in rows), f"docs/mails.md: a row for '{sentence}'"


def test_no_failure_is_explained_that_can_not_happen() -> None:
    for row in first_cells("When a mail does not go out"):
        assert any(is_about(row, sentence) for sentence in POSSIBLE), row
