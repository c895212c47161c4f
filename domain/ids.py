"""The types of identifiers. At run time each is a plain text; `domain.identifiers` checks shapes where one comes in."""

from typing import NewType

StreamId = NewType("StreamId", str)
"""Of any stream of the log."""
SessionId = NewType("SessionId", StreamId)
"""Of a Checkout Session (`cs_test_...`, `cs_live_...`), and of its stream."""
PaymentId = NewType("PaymentId", StreamId)
"""Of a payment intent (`pi_...`), and of its stream."""
StripeEventId = NewType("StripeEventId", StreamId)
"""Of a Stripe event (`evt_...`), and of its stream."""
EffectId = NewType("EffectId", StreamId)
"""Of an effect, and of its stream; the idempotency key of its attempts, too."""
LineItemId = NewType("LineItemId", str)
"""Of a line item of a Checkout Session (`li_...`)."""
Sku = NewType("Sku", str)
"""A stock-keeping unit in the one form in which it is kept."""
PoolName = NewType("PoolName", str)
"""Of a pool of license keys, in the one shape that names its stream."""
