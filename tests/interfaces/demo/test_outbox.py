"""The demo's outbox, as a mail program reads it."""

import os
import time
from pathlib import Path

from interfaces.demo.outbox import letters


def write(outbox: Path, name: str, subject: str, written_at: int) -> None:
    path = outbox / f"eff_cs_test_{name}_mail_receipt.eml"
    path.write_text(f"To: ada@example.com\nSubject: {subject}\nDate: Tue, 24 Nov 2026 09:00:00 +0000\n\nHello\n")
    os.utime(path, ns=(written_at, written_at))


def test_a_mail_that_is_written_again_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, "a", "first", 1)
    write(tmp_path, "b", "other", 2)
    assert [letter.subject for letter in letters(tmp_path)] == ["first", "other"]

    write(tmp_path, "a", "second", 3)

    assert [letter.subject for letter in letters(tmp_path)] == ["other", "second"]


def test_mails_that_were_read_are_not_parsed_again(tmp_path: Path) -> None:
    """Looking into a full outbox took most of the time of the demo."""
    for number in range(200):
        write(tmp_path, str(number), "x" * 50, number)
    began = time.process_time()
    letters(tmp_path)
    first = time.process_time() - began

    again = time.process_time()
    for _ in range(3):
        letters(tmp_path)

    assert time.process_time() - again < first
