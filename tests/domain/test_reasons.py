"""Reasons are codes with parameters. Codes and the names of parameters stand in logs: added to, never changed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from reason_samples import parameters, sample
from typed_ids import as_sku

from application.errors import reason_for
from application.ports import NotTaken, Permanent, SessionUnknown, Temporary
from domain import reasons, refusals
from domain.errors import Refused
from domain.identifiers import IdentifierKind
from domain.reason import EventProblem, Peer, ReasonCode, SmtpAbout

ROOT = Path(__file__).parents[2]
MAKER = "domain/reasons.py"
PORT_ERRORS = {error.__name__ for error in (Temporary, NotTaken, Permanent, SessionUnknown)}

STORED = """
unhandled_type(type) no_payment_named(type) not_a_session()
completed_after_expiry() succeeded_after_failure() failed_after_success() expired_after_completion()
paid_after_failure() paid_after_expiry()
other_mode_than_key(mode) other_mode_than_id(mode) connected_account() unknown_payment_status(status)
unknown_to_stripe() other_application()
no_rule() unknown_delivery(delivery) no_url() invalid_sku() invalid_pool() manual_by_rule() taken_over()
paid_after_cancellation() paid_twice(session)
not_enough_stock(sku) not_enough_keys(pool)
replanned() canceled() shipping_corrected()
delivered_otherwise() stock_taken_back() already_paid() payment_not_awaited() mail_outdated()
in_the_receipt()
answer_behind_event() no_address() no_mail() no_line() no_plain_method()
no_answer(kind,seconds) no_worker(kind) orphaned_too_often(times)
stripe_key_refused(answer) http_status(host,status) smtp_reply(about,reply,enhanced)
timed_out(peer,host) host_not_found(peer,host) connection_refused(peer,host) tls_failed(peer,host,certificate)
connection_failed(peer,host,error)
stripe_refused(answer) stripe_busy(answer) stripe_failed(answer) stripe_not_reached() stripe_unintelligible(problem)
invalid_url(problem) private_address(host,address) resolver_busy() lookup_timed_out(host)
invalid_address() no_encryption() no_login() only_ascii_addresses(about) outbox_failed(directory,error)
ready_to_pack(quantity,title) payment_overdue(days) awaits_capture(payment) waits_behind() waits_for_worker(kind)
low_stock(available,low) low_keys(free,low)
events_left_out(events,position,text)
event_not_readable(stream,version,topic,problem,detail)
invalid_identifier(expected) command_refused(refusal) port_failed(text) unexpected_error(error,file,line)
unreadable_event(text) refused(text) as_written(text)
""".split()
"""Logs have these in them: one may be added, none may be renamed or lose a parameter."""


def test_codes_and_their_parameters_keep_their_names() -> None:
    assert [f"{code}({','.join(parameters(code))})" for code in ReasonCode] == STORED


@pytest.mark.parametrize("code", ReasonCode)
def test_every_code_has_a_constructor_of_its_name_that_stores_each_parameter(code: ReasonCode) -> None:
    reason = sample(code)

    assert reason.code is code
    assert reason.parameters == {name: f"<{name}>" for name in parameters(code)}


def test_a_text_from_outside_is_cut() -> None:
    assert reasons.port_failed("x" * 501).parameters == {"text": "x" * 500}
    assert reasons.connection_failed("", "", "x" * 501).parameters["error"] == "x" * 500
    assert reasons.tls_failed("", "", "x" * 501).parameters["certificate"] == "x" * 500


def test_the_parameters_that_name_one_of_several_things_keep_their_values() -> None:
    assert [*EventProblem] == ["unknown_topic", "later_version", "garbled", "misfit", "gap"]
    assert [*IdentifierKind] == ["session", "stripe_event", "sku", "key_pool", "mail_address", "public_mail_address"]
    assert [*Peer] == ["callback", "mail_server"]
    assert [*SmtpAbout] == ["connection", "login_wanted", "password", "sender", "recipient", "mail"]


def test_a_refusal_is_stored_with_its_code_and_its_parameters() -> None:
    refusal = refusals.several_parcels([1, 2])

    assert reason_for(Refused(refusal)) == reasons.command_refused("several_parcels", parcels="1, 2")
    assert refusals.restored(**reason_for(Refused(refusal)).parameters) == refusal


def test_a_refusal_of_a_later_version_is_shown_by_its_code() -> None:
    assert refusals.restored("of_tomorrow", sku="mug") == refusals.as_written("of_tomorrow.")


def test_a_reason_that_is_kept_outside_of_events_comes_back() -> None:
    assert reasons.restored("not_enough_stock", {"sku": "mug"}) == reasons.not_enough_stock(as_sku("mug"))


def test_a_code_of_a_later_version_is_shown_as_it_is() -> None:
    assert reasons.restored("of_tomorrow", {"sku": "mug"}) == reasons.as_written("of_tomorrow")


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        path_of = ROOT / folder
        for path in [path_of] if path_of.is_file() else sorted(path_of.rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def called(call: ast.Call) -> str:
    """The dotted name that is called; empty if it has none. `ast.unparse` takes a hundred times as long."""
    names, node = list[str](), call.func
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else ""


def test_only_constructors_make_reasons() -> None:
    made = {
        name
        for name, tree in modules("domain", "application", "infrastructure", "interfaces")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) in {"Reason", "reason.Reason"}
    }

    assert made == {MAKER}


def test_adapters_raise_reasons() -> None:
    """Only a delivery of the merchant's own raises a text."""
    texts = [
        f"{name}:{node.lineno}"
        for name, tree in modules("infrastructure")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) in PORT_ERRORS
        if not node.args or isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]

    assert texts == []


SENTENCE = re.compile(r"[A-Z][\w'’]*( |$).*[a-z] [a-z].*", re.DOTALL)
"""A capital, and at least three words."""
FROZEN = "domain/former_sentences.py"
DECIDES = (
    "domain",
    "application/running/followers.py",
    "application/running/handlers.py",
    "application/fulfill_checkout.py",
)


def test_what_decides_composes_no_sentence() -> None:
    """An event says why by a code. Sentences are made on the spot, as errors and log lines, or made when a person
    reads."""
    composed = [
        f"{name}:{node.lineno}: {text}"
        for name, tree in modules(*DECIDES)
        if name != FROZEN
        for node, text in sentences(tree)
    ]

    assert composed == []


PROGRAMMING_ERRORS = {"NotImplementedError", "TypeError"}
"""Raised for a mistake in the code, never for what a person did."""


def raised_sentences(tree: ast.AST) -> Iterator[str]:
    """Texts with a blank in errors that are raised, in any of their arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            for part in ast.walk(node.exc) if called(node.exc) not in PROGRAMMING_ERRORS else ():
                if isinstance(part, ast.Constant | ast.JoinedStr) and " " in (text := words_of(part)):
                    yield f"{node.lineno}: {text}"


def test_the_domain_raises_no_sentence() -> None:
    """An error carries a code with parameters: a `Refusal`, a `Reason`, a kind of identifier."""
    raised = [f"{name}:{found}" for name, tree in modules("domain") for found in raised_sentences(tree)]

    assert raised == []


@pytest.mark.parametrize(
    "code",
    [
        'raise InvalidIdentifier("not the ID of a session")',
        'raise UnreadableEvent(f"Event {version} of {stream} is lost", session_id=id)',
        'raise Refused(refusals.as_written("It is too late."))',
    ],
)
def test_a_sentence_that_is_raised_is_noticed(code: str) -> None:
    assert list(raised_sentences(ast.parse(code)))


def sentences(tree: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Raise | ast.Assert) or is_text(node) or is_log_line(node):
            continue
        if isinstance(node, ast.Constant | ast.JoinedStr) and SENTENCE.fullmatch(text := words_of(node)):
            yield node, text
        elif not isinstance(node, ast.JoinedStr):
            yield from sentences(node)


def is_text(node: ast.AST) -> bool:
    """A docstring, of whatever."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_log_line(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and called(node).startswith("logger.")


def words_of(node: ast.Constant | ast.JoinedStr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in parts)


@pytest.mark.parametrize(
    "code",
    [
        'do.command(Effect, id, Effect.withdraw, "The line was replanned")',
        'detail = f"Not enough of {sku} on the shelf"',
        'return f"{error} is what came of it"',
        'GONE = "It has been paid meanwhile"',
    ],
)
def test_a_sentence_is_noticed(code: str) -> None:
    assert list(sentences(ast.parse(code)))
