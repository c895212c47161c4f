"""The command line adds to a refusal which option or command helps."""

import re

import pytest
from refusal_samples import sample

from application.errors import RefusedInWords
from application.text.refusal_wording import in_sentences
from domain import refusals
from domain.errors import Refused
from domain.identifiers import LineItemId
from domain.refusal import Refusal, RefusalCode, Typed
from interfaces.cli.commands import command_line
from interfaces.cli.failures import report
from interfaces.cli.output.refusal_hints import HINTS, OPTIONS, with_hint


@pytest.mark.parametrize("code", RefusalCode)
def test_every_refusal_is_reported_in_sentences(code: RefusalCode, capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = report(Refused(sample(code)), [])

    shown = capsys.readouterr().err
    assert exit_code == 1
    assert shown.startswith(f"fulfill: {in_sentences(sample(code))}")
    assert "{" not in shown


def test_a_refusal_in_words_is_reported_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    report(RefusedInWords("It already exists. Name a new file."), [])

    assert capsys.readouterr().err == "fulfill: It already exists. Name a new file.\n"


@pytest.mark.parametrize("code", HINTS)
def test_every_hint_is_a_sentence_about_options_and_commands_that_there_are(code: RefusalCode) -> None:
    refusal = with_a_typed_part(code)

    hint = with_hint(refusal).removeprefix(in_sentences(refusal))

    assert re.fullmatch(r" .+\.", hint)
    assert set(re.findall(r"--[\w-]+", hint)) <= options()
    for command in re.findall(r"`fulfill ([a-z]+)", hint):
        assert command in {*command_line()}


def test_whatever_staff_type_has_an_option() -> None:
    assert {*OPTIONS} == {*Typed}
    assert {*OPTIONS.values()} <= options()


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        (refusals.several_parcels([1, 2]), "This checkout has the parcels 1, 2. Name one with --parcel."),
        (
            refusals.part_needed(Typed.CITY),
            "The city must not be empty, since no parcel arrives without it. Only the phone number, line 2, the postal "
            "code and the state can be removed. Leave out --city to keep that part as it is.",
        ),
        (
            refusals.unprintable_text(Typed.REASON, 50),
            "The reason must have 1 to 50 printable characters, at least one of them a letter or digit. Correct "
            "--reason.",
        ),
        (
            refusals.keys_just_imported(LineItemId("li_1")),
            "Line li_1 has just received its keys from an import. They are on their way.",
        ),
    ],
)
def test_it_reads(refusal: Refusal, text: str) -> None:
    assert with_hint(refusal) == text


def with_a_typed_part(code: RefusalCode) -> Refusal:
    """A sample, of which something typed is one of the things that staff type."""
    drawn = sample(code)
    return Refusal(
        code=code, parameters={**drawn.parameters} | dict.fromkeys({"part", "typed"} & {*drawn.parameters}, "city")
    )


def options() -> set[str]:
    """Every option of every command."""
    found: set[str] = set()
    apps = [command_line()]
    while apps:
        app = apps.pop()
        apps += [app[name] for name in app if not name.startswith("-")]
        if app.default_command is not None:
            found |= {name for argument in app.assemble_argument_collection() for name in argument.names}
    return found
