"""Public IP addresses: which of them belong to the open internet (for the SSRF guard)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# Source: IANA special-purpose address registries; 168.63.129.16 is Azure's wire server, which answers to any guest.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Only 2000::/3 is handed out; within it these are not. Transition forms (64:ff9b::/96 and mapped addresses lie
# outside of it; 6to4 and Teredo inside) carry an IPv4 address that a gateway would reach: all are refused.
_HANDED_OUT_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "3ffe::/16")
)


def is_public(host: str) -> bool:
    """Whether the daemon may connect to this numeric address when a stranger named it.

    A mapped IPv4 address (::ffff:a.b.c.d) is judged as the IPv4 address that the kernel would use. What is not
    an address, or carries a zone, is not public."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _HANDED_OUT_6 and not any(address in network for network in _NOT_PUBLIC_6)
