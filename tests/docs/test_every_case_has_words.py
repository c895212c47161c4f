"""What is looked up in a mapping has an entry for each case: type checking can't see one that is missing."""

import tomllib

import random_days
from builders import a_line_item
from simulation.story import CATALOG, PRODUCTS

from application.reading import states_in_words as states
from application.reading.checkout_state import CheckoutState, Situation
from application.reading.parts import Part
from application.text import wording
from domain.catalog import Catalog
from domain.deliveries.kind import BUILT_IN, DeliveryKind
from domain.policies import stripe_events
from infrastructure.customer_texts import page_texts
from interfaces.sandbox.pages.selling import DELIVERIES
from interfaces.sandbox.stripe_json.events import FULFILLING_EVENTS

LIKE_AN_OWN_KIND = {DeliveryKind.HTTP.value}
"""Delivered by `domain/deliveries/outside.py`, as the courier of the simulation and of the random days."""


def test_every_state_of_a_checkout_has_words_on_the_landing_page() -> None:
    missing = set(CheckoutState) - set(page_texts._TEXTS)

    assert not missing, f"Add {sorted(missing)} to _TEXTS in infrastructure/customer_texts/page_texts.py"


def test_every_state_of_a_checkout_has_words_for_staff() -> None:
    missing = {*CheckoutState, *Situation} - set(states.STATES)

    assert not missing, f"Add {sorted(missing)} to STATES in application/reading/states_in_words.py"


def test_every_part_of_the_landing_page_has_words() -> None:
    missing = set(Part) - set(page_texts._PARTS)

    assert not missing, f"Add {sorted(missing)} to _PARTS in infrastructure/customer_texts/page_texts.py"


def test_every_event_about_a_payment_has_words() -> None:
    missing = set(stripe_events.OF_PAYMENTS) - set(wording._REPORTED)

    assert not missing, f"Add {sorted(missing)} to _REPORTED in application/text/wording.py"


def test_the_sandbox_sends_what_the_engine_listens_for() -> None:
    differing = set(stripe_events.HANDLED) ^ set(FULFILLING_EVENTS)

    assert not differing, (
        f"{sorted(differing)}: HANDLED in domain/policies/stripe_events.py and FULFILLING_EVENTS in "
        "interfaces/sandbox/stripe_json/events.py differ"
    )


def test_every_kind_is_delivered_in_the_simulation() -> None:
    rules = tomllib.loads(CATALOG)["products"]
    played = {rules[f"prod_{name}"]["delivery"] for name in PRODUCTS if f"prod_{name}" in rules}
    without_a_rule = {DeliveryKind.MANUAL.value}

    missing = BUILT_IN - played - without_a_rule - LIKE_AN_OWN_KIND

    assert not missing, (
        f"{sorted(missing)}: add a product to PRODUCTS and its rule to CATALOG in tests/simulation/story.py"
    )


def test_every_kind_is_delivered_on_random_days() -> None:
    rules = [rule for catalog in (random_days._MORNING, random_days._AFTERNOON) for rule in catalog.products.values()]

    missing = BUILT_IN - {rule.delivery for rule in rules} - LIKE_AN_OWN_KIND

    assert not missing, f"{sorted(missing)}: add a rule to _MORNING in tests/support/random_days.py"


def test_the_sandbox_offers_every_kind_that_the_metadata_of_a_product_can_name() -> None:
    items = {kind: a_line_item(metadata={"delivery": kind.value}) for kind in DeliveryKind}
    by_metadata = {kind.value for kind, item in items.items() if Catalog().plan_line(item).kind is kind}

    differing = by_metadata ^ (set(DELIVERIES) - {""})

    assert not differing, (
        f"{sorted(differing)}: add it to DELIVERIES in interfaces/sandbox/pages/selling.py, or remove it"
    )
