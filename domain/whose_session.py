"""The owner of a session, where several applications share one Stripe account."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.checkout import Checkout


@dataclass(frozen=True, slots=True, kw_only=True)
class OurSessions:
    """A session is ours if it meets one of these conditions."""

    metadata: Mapping[str, str] = field(default_factory=dict)
    """Its metadata has all of these values. Empty: no such condition."""
    payment_links: frozenset[str] = frozenset()
    """It was made by one of these payment links."""
    with_rule: bool = False
    """One of its lines has a rule."""

    def has(self, checkout: Checkout, *, is_with_rule: bool) -> bool:
        """`is_with_rule`: one of its lines has a rule."""
        theirs = {key: value.text for key, value in checkout.metadata.items()}
        is_marked = bool(self.metadata) and self.metadata.items() <= theirs.items()
        return is_marked or checkout.payment_link in self.payment_links or (self.with_rule and is_with_rule)
