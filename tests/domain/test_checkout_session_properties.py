"""In whatever order and however often Stripe says things, the session ends as the strongest of them demands."""

from collections import Counter
from collections.abc import Callable, Sequence

from builders import a_checkout
from hypothesis import given, settings
from hypothesis import strategies as st
from scenario import SAID_AT, SESSION
from scenario import given as given_session
from typed_ids import as_event

from domain import reasons
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFact
from domain.park_reason import ParkReason
from domain.personal import Personal
from domain.source import Source

ANSWERS = {
    "open": a_checkout(status="open", payment_status="unpaid"),
    "unpaid": a_checkout(payment_status="unpaid"),
    "strange": a_checkout(payment_status="half_paid"),
    "paid": a_checkout(),
    "paid with more": a_checkout(client_reference_id=Personal("ORDER-17")),
}
FACTS = ["completed", "completed elsewhere", "succeeded", "failed", "expired", "unknown to Stripe"]

histories = st.lists(st.sampled_from([*FACTS, *ANSWERS]), max_size=14)
many = settings(max_examples=500, deadline=None, derandomize=True, print_blob=True)


def decision(word: str, session: CheckoutSession) -> Sequence[CheckoutSessionFact]:
    if word in ANSWERS:
        return session.learn(ANSWERS[word], source=Source.WEBHOOK, at=SAID_AT)
    decisions: dict[str, Callable[[], Sequence[CheckoutSessionFact]]] = {
        "completed": lambda: session.complete(stripe_event=as_event("evt_1"), payment_status="unpaid", at=SAID_AT),
        "completed elsewhere": lambda: session.complete(
            stripe_event=as_event("evt_2"), payment_status=None, at=SAID_AT
        ),
        "succeeded": lambda: session.succeed(stripe_event=as_event("evt_3"), at=SAID_AT),
        "failed": lambda: session.fail(stripe_event=as_event("evt_4"), at=SAID_AT),
        "expired": lambda: session.expire(stripe_event=as_event("evt_5"), at=SAID_AT),
        "unknown to Stripe": lambda: session.park(ParkReason.UNKNOWN_TO_STRIPE, reasons.unknown_to_stripe()),
    }
    return decisions[word]()


def after(words: list[str]) -> tuple[CheckoutSession, list[CheckoutSessionFact]]:
    session, recorded = CheckoutSession(id=SESSION), list[CheckoutSessionFact]()
    for word in words:
        facts = decision(word, session)
        session = given_session(session, *facts).state
        recorded += facts
    return session, recorded


def strongest(words: list[str]) -> Checkout | None:
    """The answer that nothing later can have been older than, where one kind of it is the strongest."""
    for names in (["paid with more", "paid"], ["strange", "unpaid"], ["open"]):
        found = [word for word in words if word in names]
        if found:
            return ANSWERS[found[-1]]
    return None


@many
@given(words=histories)
def test_a_session_ends_as_the_strongest_fact_demands(words: list[str]) -> None:
    session, _ = after(words)
    is_completed = "completed" in words or "completed elsewhere" in words

    assert session.is_paid is ("paid" in words or "paid with more" in words)
    assert (session.completed is not None) is is_completed
    assert session.succeeded is ("succeeded" in words)
    assert session.failed is ("failed" in words)
    assert session.expired is ("expired" in words)
    assert session.checkout == strongest(words)


@many
@given(words=histories)
def test_every_fact_is_recorded_once(words: list[str]) -> None:
    _, recorded = after(words)

    once = (
        CheckoutSession.Completed
        | CheckoutSession.AsyncPaymentSucceeded
        | CheckoutSession.AsyncPaymentFailed
        | CheckoutSession.Expired
        | CheckoutSession.Paid
    )
    assert all(count == 1 for count in Counter(type(fact) for fact in recorded if isinstance(fact, once)).values())
    contradictions = [fact.what.code for fact in recorded if isinstance(fact, CheckoutSession.Contradicted)]
    assert len(contradictions) == len(set(contradictions))


@many
@given(words=histories)
def test_what_excludes_each_other_is_shown_in_any_order(words: list[str]) -> None:
    session, _ = after(words)
    is_completed = "completed" in words or "completed elsewhere" in words
    has_arrived = session.is_paid or "succeeded" in words
    has_expired_too = "expired" in words and (is_completed or has_arrived or "failed" in words)

    assert bool(session.contradictions) is (has_expired_too or ("failed" in words and has_arrived))


@many
@given(words=histories)
def test_a_payment_is_awaited_only_while_nothing_decides_it(words: list[str]) -> None:
    session, _ = after(words)
    is_decided = session.is_paid or "succeeded" in words or "failed" in words

    if session.is_awaiting_payment:
        assert not is_decided
        assert session.checkout == ANSWERS["unpaid"]
    elif "unpaid" in words and not is_decided and "strange" not in words:
        assert session.park_reason is ParkReason.UNKNOWN_TO_STRIPE


@many
@given(words=histories)
def test_a_session_that_can_not_be_understood_stays_aside(words: list[str]) -> None:
    session, _ = after(words)

    if session.is_paid:
        assert session.park_reason is None
    elif session.checkout == ANSWERS["strange"]:
        assert session.park_reason is not None


@many
@given(words=histories)
def test_a_repeated_fact_is_recorded_once(words: list[str]) -> None:
    session, _ = after(words)

    if words:
        assert list(decision(words[-1], session)) == []
