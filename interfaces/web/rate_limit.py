"""A limit of visits per address, kept in memory: it protects Stripe's API from guesses at session IDs."""

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

_ADDRESS_MAX = 64
"""Longer than any: what a proxy hands on as the customer's address can be as long as a head."""


class RateLimit:
    """A token bucket for each address: `per_minute` visits a minute, so many at once too.

    All addresses of one IPv6 /64 share a bucket, since one visitor has them all.

    It remembers the `addresses_max` addresses seen last; one that was forgotten begins with a full bucket.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float], *, addresses_max: int = 10_000) -> None:
        self._per_minute = per_minute
        self._monotonic = monotonic
        self._addresses_max = addresses_max
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Whether this visit is within the limit; it counts if so."""
        address, now = _network(address[:_ADDRESS_MAX]), self._monotonic()
        tokens, since = self._buckets.pop(address, (float(self._per_minute), now))
        tokens = min(self._per_minute, tokens + (now - since) * self._per_minute / 60)
        is_allowed = tokens >= 1
        self._buckets[address] = (tokens - 1 if is_allowed else tokens, now)
        if len(self._buckets) > self._addresses_max:
            self._buckets.popitem(last=False)
        return is_allowed


def _network(address: str) -> str:
    """What an address is counted as. Text that is no IP address counts as itself."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return address
    return str(ip.ipv4_mapped) if ip.ipv4_mapped else ip.packed[:8].hex()
