"""All event classes, by the topics under which the log stores their events."""

from collections.abc import Mapping
from typing import get_args

from domain.checkout_session_events import CheckoutSessionFact
from domain.effect_events import EffectFact
from domain.event import Event
from domain.fulfillment_events import FulfillmentFact
from domain.key_pool import KeyPoolFact
from domain.payment import PaymentFact
from domain.reference import ReferenceFact
from domain.stock_item import StockItemFact
from domain.stripe_event import StripeEventFact

_FACTS = (
    *(StripeEventFact, CheckoutSessionFact, PaymentFact, FulfillmentFact),
    *(StockItemFact, KeyPoolFact, EffectFact, ReferenceFact),
)

TOPICS: Mapping[str, type[Event]] = {kind.TOPIC: kind for facts in _FACTS for kind in get_args(facts) or (facts,)}
