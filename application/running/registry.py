"""All policies."""

from collections.abc import Sequence

from domain.policies.emails import EmailPolicy
from domain.policies.fulfillment import FulfillmentPolicy
from domain.policies.inventory import InventoryPolicy
from domain.policies.payments import PaymentPolicy
from domain.policies.stripe_events import StripeEventPolicy
from domain.policy import Reader

READERS: Sequence[Reader] = (StripeEventPolicy, PaymentPolicy, FulfillmentPolicy, InventoryPolicy, EmailPolicy)
"""The policies as classes, which declare what they read. To decide, each needs settings."""
