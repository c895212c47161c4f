"""What an effect is for, as a value and as the text that its stream's ID ends with."""

import pytest
from typed_ids import as_line

from domain.mail import MailKind
from domain.step import DeliverStep, MailStep, RetrieveStep, Step, parse_step

STEPS: list[tuple[Step, str]] = [
    (RetrieveStep("completed"), "retrieve_completed"),
    (RetrieveStep("completed_evt_1"), "retrieve_completed_evt_1"),
    (RetrieveStep("unpaid_12"), "retrieve_unpaid_12"),
    *((MailStep(kind), f"mail_{kind}") for kind in MailKind),
    (MailStep(MailKind.SHIPPED, "2"), "mail_shipped_2"),
    (MailStep(MailKind.DELIVERED, "li_1Abc"), "mail_delivered_li_1Abc"),
    (DeliverStep(as_line("li_1Abc")), "deliver_li_1Abc"),
    (DeliverStep(as_line("li_1Abc"), 3), "deliver_li_1Abc_3"),
    (DeliverStep(as_line("il_1Abc_2")), "deliver_il_1Abc_2"),
]


@pytest.mark.parametrize(("step", "text"), STEPS, ids=str)
def test_a_step_and_its_text_are_the_same(step: Step, text: str) -> None:
    assert (str(step), parse_step(text)) == (text, step)


@pytest.mark.parametrize("text", ["", "refund_li_1", "mail_birthday", "mailing", "deliver_", "retrieve"])
def test_the_step_of_another_version_means_nothing_here(text: str) -> None:
    assert parse_step(text) is None
