"""A limit of visits per address, in memory that is bounded too."""

from interfaces.web.rate_limit import RateLimit


def test_each_address_has_its_own_visits_a_minute() -> None:
    limit = RateLimit(2, lambda: 0.0)

    assert [limit.allows(address) for address in ("a", "a", "a", "b")] == [True, True, False, True]


def test_what_was_used_up_comes_back_with_time() -> None:
    now = 0.0
    limit = RateLimit(60, lambda: now)
    used = [limit.allows("a") for _ in range(61)]

    now = 1.0

    assert used == [True] * 60 + [False]
    assert [limit.allows("a") for _ in range(2)] == [True, False]


def test_only_the_addresses_seen_last_are_remembered() -> None:
    limit = RateLimit(1, lambda: 0.0, addresses_max=2)

    assert [limit.allows(address) for address in ("a", "b", "c", "c", "a")] == [True, True, True, False, True]


def test_an_address_that_is_longer_than_any_is_cut() -> None:
    """A proxy may hand on whatever the visitor says that it is: ten thousand of 64 KiB would fill the memory."""
    limit = RateLimit(1, lambda: 0.0)

    assert [limit.allows("a" * length) for length in (64, 65, 65_536)] == [True, False, False]


def test_the_addresses_of_one_ipv6_network_share_their_visits() -> None:
    limit = RateLimit(2, lambda: 0.0)

    same = [limit.allows(address) for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::", "2001:DB8:1:2::3%eth0")]

    assert same == [True, True, False]
    assert limit.allows("2001:db8:1:3::1")


def test_an_ipv4_address_that_is_written_as_ipv6_is_the_same_visitor() -> None:
    limit = RateLimit(1, lambda: 0.0)

    visits = [limit.allows(address) for address in ("192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2")]

    assert visits == [True, False, True]
