"""Mails as files, where no mail server is set."""

import email
import email.policy
from dataclasses import replace
from pathlib import Path

import pytest
from customer_language import TEXTS
from log_parts import MUG, mail

from application.ports import NotTaken, Permanent
from domain.mail import MailKind
from domain.personal import Personal
from infrastructure.mail.files import FileMailer
from infrastructure.mail.message import digest

MAIL = mail(MailKind.RECEIPT, MUG)
ID = "eff_cs_test_a_mail_receipt"
FROM = "Shop <orders@shop.example>"


def names(outbox: Path) -> list[str]:
    return sorted(path.name for path in outbox.iterdir())


def test_a_mail_is_a_file_under_its_message_id(tmp_path: Path) -> None:
    sent = FileMailer(tmp_path / "not" / "there yet", FROM, TEXTS).send(MAIL, message_id=ID)

    [file] = (tmp_path / "not" / "there yet").iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert file.name == f"{ID}.eml"
    assert message["Message-ID"] == f"<{digest(ID)}@shop.example>"
    assert message["To"].addresses[0].addr_spec == "Zoe@Example.com"
    body = message.get_body(("plain",))
    assert body is not None
    assert "Mug, blue" in body.get_content()
    text = body.get_content().replace("\r\n", "\n")
    assert (sent.subject, sent.text) == (Personal(message["Subject"]), Personal(text))


def test_the_same_mail_again_is_the_same_file(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path, FROM, TEXTS)

    for _ in range(3):
        mailer.send(MAIL, message_id=ID)

    assert names(tmp_path) == [f"{ID}.eml"]


@pytest.mark.parametrize("id", ["../../elsewhere", "/etc/passwd", "..", "a\x00b", "a" * 5000, "é", "a b\r\nc"])
def test_whatever_an_id_is_made_of_its_file_stays_in_the_outbox(tmp_path: Path, id: str) -> None:
    outbox = tmp_path / "outbox"

    FileMailer(outbox, FROM, TEXTS).send(MAIL, message_id=id)

    assert names(tmp_path) == ["outbox"]
    [name] = names(outbox)
    assert name.endswith(".eml")
    assert not name.startswith(".")


def test_ids_that_begin_alike_or_differ_in_odd_letters_do_not_share_a_file(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path, FROM, TEXTS)
    ids = ["a" * 300, "a" * 300 + "b", "a/b", "a b", "a_b"]

    for id in ids:
        mailer.send(MAIL, message_id=id)

    assert len(names(tmp_path)) == len(ids)


def test_an_outbox_that_can_not_be_written_is_temporary(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file is in the way")

    with pytest.raises(NotTaken, match="outbox"):
        FileMailer(tmp_path / "outbox", FROM, TEXTS).send(MAIL, message_id=ID)


def test_a_mail_that_can_not_be_put_in_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / f"{ID}.eml").mkdir()

    with pytest.raises(NotTaken):
        FileMailer(tmp_path, FROM, TEXTS).send(MAIL, message_id=ID)

    assert names(tmp_path) == [f"{ID}.eml"]


def test_a_customer_without_a_usable_address_gets_no_file(tmp_path: Path) -> None:
    with pytest.raises(Permanent):
        FileMailer(tmp_path, FROM, TEXTS).send(replace(MAIL, to=Personal("no-address")), message_id=ID)

    assert names(tmp_path) == []
