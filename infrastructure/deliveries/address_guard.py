"""The network addresses that a callback may reach: those of the public internet, unless its rule allows others.

The lists are our own, since `ipaddress.is_global` differs between releases of Python.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_REFUSED_V4 = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by a carrier's customers
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's own server for its virtual machines
        "169.254.0.0/16",  # link-local, where clouds keep credentials
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
]
_PUBLIC_V6 = ip_network("2000::/3")
"""All that is given out for use in public; loopback, link-local, private, multicast and IPv4-mapped lie outside."""
_REFUSED_V6 = [
    ip_network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which may lead to any IPv4 address
        "3fff::/20",  # documentation
    )
]
_NAT64 = ip_network("64:ff9b::/96")
"""How networks without IPv4 reach it: the last 32 bits are the IPv4 address meant."""


def is_public(address: str) -> bool:
    """True if this address, as the resolver returns it, belongs to the public internet."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return _is_public_v4(ip)
    return _is_public_v6(ip)


def first_refused(addresses: Sequence[str]) -> str | None:
    """Return the first address that is not public. A host with one such address is called at none of its addresses."""
    return next((address for address in addresses if not is_public(address)), None)


def _is_public_v4(ip: IPv4Address) -> bool:
    return not any(ip in network for network in _REFUSED_V4)


def _is_public_v6(ip: IPv6Address) -> bool:
    if ip in _NAT64:
        return _is_public_v4(IPv4Address(int(ip) & 0xFFFFFFFF))
    return ip in _PUBLIC_V6 and not any(ip in network for network in _REFUSED_V6)
