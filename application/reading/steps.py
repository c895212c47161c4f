"""The step of an effect, which its stream's ID names after the session."""

from domain.event import Event
from domain.step import Step, effect_id, parse_step


def step_text(event: Event) -> str:
    """Return the text of the step: `mail_receipt` for an event of the stream `eff_cs_test_1_mail_receipt`."""
    return event.originator_id.removeprefix(effect_id(event.session, ""))


def parsed_step(event: Event) -> Step | None:
    """Return the step as a value; None for a step of another version."""
    return parse_step(step_text(event))
