"""A policy decides over what concerns it and over nothing else, however ready the rest of the log is."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from builders import a_checkout, a_line_item
from kinds import ACCESS
from sample_log import MUG, sample_log
from scenario import NOW, SAID_AT, SESSION, NoLog, Streams, streams
from typed_ids import as_event

from application.writing.recent_states import RecentStates
from application.writing.unit_of_work import Stamp, UnitOfWork
from domain import policies, reasons
from domain.catalog import Catalog
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.mail import MailKind
from domain.plan import Rule
from domain.policies.emails import EmailPolicy
from domain.policies.fulfillment import FulfillmentPolicy
from domain.policies.inventory import InventoryPolicy
from domain.policies.payments import PaymentPolicy
from domain.policies.stripe_events import StripeEventPolicy
from domain.policy import Policy
from domain.source import Source
from infrastructure.event_store.topics import TOPICS

CATALOG = Catalog(products={"prod_li_course": Rule(delivery=ACCESS)})
POLICIES: Sequence[Policy] = [
    StripeEventPolicy(livemode=False),
    PaymentPolicy(),
    FulfillmentPolicy(CATALOG),
    InventoryPolicy(),
    EmailPolicy(frozenset(MailKind), CATALOG),
]
SAMPLES: Sequence[Event] = [
    *sample_log(),
    Fulfillment.Replanned(lines=(MUG,), replaced=(MUG,), catalog="beef", session_id=SESSION),
    Fulfillment.LineItemBlocked(
        line_item=MUG.id,
        state=LineState.BACKORDERED,
        detail=reasons.as_written("none left"),
        is_stock_missing=True,
        session_id=SESSION,
    ),
]
each_policy = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)


ROOT = Path(__file__).parents[2]


class Looked(Exception):
    """The policy reached for an aggregate."""


def look(ids: Sequence[str]) -> Mapping[str, list[Event]]:
    raise Looked


def looks(policy: Policy, event: Event) -> bool:
    unit = UnitOfWork(look, RecentStates(NoLog()))
    try:
        with unit.attempt(Stamp(actor="policy", now=NOW, session_id=event.session_id)):
            policy.decide(event, unit)
    except Looked:
        return True
    return False


@each_policy
def test_a_policy_says_what_it_reads_and_does_not_even_look_at_anything_else(policy: Policy) -> None:
    looked_at = {type(event) for event in SAMPLES if looks(policy, event)}

    assert looked_at == policy.reads | policy.further.keys(), (
        f"The policy {policy.name}: `reads` and `further` together must name what the `match` of its `decide` handles."
    )


def test_every_policy_is_here() -> None:
    modules = {path.stem for path in Path(policies.__file__).parent.glob("*.py")} - {"__init__", "policy"}

    missing = modules - {type(policy).__module__.rpartition(".")[2] for policy in POLICIES}
    assert not missing, (
        f"domain/policies has {', '.join(sorted(missing))}. Add the policy to POLICIES here, to READERS in "
        "application/running/registry.py, to `policies` in interfaces/bootstrap.py, "
        "to docs/architecture.md and docs/glossary.md; see docs/extending.md, A policy."
    )


def test_the_contract_keeps_every_policy_apart() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (found,) = [each for each in contracts if each["name"] == "Policies know nothing of each other"]

    assert found["modules"] == [f"{policies.__name__}.*"]
    assert {type(policy).__module__.rpartition(".")[0] for policy in POLICIES} == {policies.__name__}


def test_there_is_a_sample_of_every_event_there_is() -> None:
    assert {type(event) for event in SAMPLES} == set(TOPICS.values())


def a_session_that_is_reported_as_paid() -> Streams:
    """Stripe's events say paid; Stripe's API has not been asked."""
    completed = CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="paid", occurred_at=SAID_AT)
    unpaid = CheckoutSession.Retrieved(
        checkout=a_checkout(line_items=[a_line_item("li_course")], payment_status="unpaid"),
        source=Source.WEBHOOK,
        occurred_at=SAID_AT,
    )
    return streams((SESSION, completed), (SESSION, unpaid))


@each_policy
def test_nothing_is_handed_over_on_the_word_of_a_stripe_event(policy: Policy) -> None:
    succeeded = CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_2"), occurred_at=SAID_AT)

    a_session_that_is_reported_as_paid().when(policy, SESSION, succeeded).then_nothing()
