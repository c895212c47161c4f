"""Refusals are codes with parameters: interfaces go by them, so both keep their names."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from refusal_samples import sample
from typed_ids import as_pool

from application.errors import RefusedInWords
from domain import refusals
from domain.errors import Refused
from domain.refusal import RefusalCode, Reported, Suitable, Typed

ROOT = Path(__file__).parents[2]
MAKER = "domain/refusals.py"

NAMED = """
not_planned() no_suitable_line(suitable) unknown_line(line,lines) unsuitable_line(line,state,suitable,lines)
no_manual_line(lines) no_blocked_line() plan_unchanged() nothing_left_to_deliver()
promise_taken_back(line,quantity,sku) paid_twice(other) paid_after_cancellation() delivery_under_way(delivery,attempt)
delivery_succeeded()
shipped_already(parcels) no_parcel() several_parcels(parcels) unknown_parcel(parcel,parcels)
parcel_unchanged(parcel) line_not_in_parcel(line,parcel,lines)
several_lines_with_keys(lines) unknown_key(line,number,keys) key_revoked_already(line,number)
keys_revoked_already(line) keys_revoked_before(line) new_keys_awaited(line,pool) keys_just_imported(line)
new_keys_just_imported(line) keys_wait_for_stock(line)
keys_in_pool(pool,keys,positions) keys_of_customers(pool,keys,positions) count_out_of_range(count,count_max)
mail_not_sent(kind,occasion) mail_failed(kind) mail_of_undone_parcel(kind,occasions) several_mails(kind,occasions)
mail_out_of_date(kind) resent_already() no_address_to_resend() no_address_to_notify() notified_too_early()
not_retrieved() reported_meanwhile(reported) about_to_be_planned() canceled_already() of_other_application()
of_other_account() lines_of_other_application() lines_of_other_account() only_as_a_whole()
address_left_to_customer() nothing_corrected() address_unchanged() address_incomplete() part_needed(part)
part_too_long(part,length_max) part_of_punctuation(part) not_a_phone_number()
no_task(stripe_event) stripe_event_handled(stripe_event) stripe_event_ignored(stripe_event) nothing_to_retry()
retry_of_other_account() retrieval_due() retrieval_under_way(attempt)
unprintable_text(typed,length_max) rounded_tracking(tracking) note_length(length,length_max) note_of_punctuation()
note_with_control_characters()
as_written(text)
""".split()


def test_codes_and_their_parameters_keep_their_names() -> None:
    assert [f"{code}({','.join(sample(code).parameters)})" for code in RefusalCode] == NAMED


@pytest.mark.parametrize("code", RefusalCode)
def test_every_code_has_a_constructor_of_its_name(code: RefusalCode) -> None:
    assert sample(code).code is code


def test_the_parameters_that_name_one_of_several_things_keep_their_values() -> None:
    assert [*Suitable] == ["to_hand_over", "to_pack", "unfinished", "with_keys"]
    assert [*Reported] == ["complete", "paid"]
    assert [*Typed] == ("actor reason carrier tracking name phone line1 line2 city postal_code state country".split())


@pytest.mark.parametrize(
    ("positions", "shown"), [(range(1, 6), "1, 2, 3, 4, 5"), (range(1, 8), "1, 2, 3, 4, 5, ..."), ([7], "7")]
)
def test_of_many_keys_the_first_positions_are_named(positions: list[int], shown: str) -> None:
    parameters = refusals.keys_of_customers(as_pool("pro"), positions).parameters

    assert parameters == {"pool": "pro", "keys": str(len(positions)), "positions": shown}


def test_a_refusal_of_no_rule_is_a_refusal_too() -> None:
    refused: Refused = RefusedInWords("It already exists. Name a new file.")

    assert refused.refusal == refusals.as_written("It already exists. Name a new file.")
    assert str(refused) == "It already exists. Name a new file."


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def test_only_constructors_make_refusals() -> None:
    made = {
        name
        for name, tree in modules("domain", "application", "infrastructure", "interfaces")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Refusal", "refusal.Refusal"}
    }

    assert made == {MAKER}


def test_the_domain_refuses_by_codes_alone() -> None:
    in_words = [
        f"{name}:{node.lineno}"
        for name, tree in modules("domain")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "refusals.as_written"
    ]

    assert in_words == []


CODED = {"Refused", "UnreadableEvent", "InvalidIdentifier"}
"""Errors of the domain, which carry codes."""


def shown_raw(tree: ast.AST) -> Iterator[ast.expr]:
    """Where a caught error with a code is made a text, as `str` of it or within a text, instead of its code."""
    for handler in ast.walk(tree):
        if isinstance(handler, ast.ExceptHandler) and handler.type is not None and handler.name is not None:
            names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
            for node in ast.walk(handler) if names & CODED else ():
                if isinstance(node, ast.FormattedValue) and ast.unparse(node.value) == handler.name:
                    yield node
                if isinstance(node, ast.Call) and ast.unparse(node) in {
                    f"str({handler.name})",
                    f"repr({handler.name})",
                }:
                    yield node


def test_a_caught_error_of_the_domain_is_shown_in_words() -> None:
    """`str` of it is for developers."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules("application", "infrastructure", "interfaces")
        for node in shown_raw(tree)
    ]

    assert found == []


@pytest.mark.parametrize("shown", ["str(error)", 'f"Row 1: {error}"'])
@pytest.mark.parametrize("kind", sorted(CODED))
def test_an_error_with_a_code_that_is_shown_raw_is_noticed(kind: str, shown: str) -> None:
    assert list(shown_raw(ast.parse(f"try:\n    act()\nexcept (NotFound, {kind}) as error:\n    show({shown})")))
