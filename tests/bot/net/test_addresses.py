"""The borders of what is public, from the registries and not from the code."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from bot.net.addresses import is_public

# First and last address of everything that is not the public internet, in order.
# Source: IANA special-purpose address registries; Azure, virtual public address 168.63.129.16.
CLOSED_4 = [
    ("0.0.0.0", "0.255.255.255"),
    ("10.0.0.0", "10.255.255.255"),
    ("100.64.0.0", "100.127.255.255"),
    ("127.0.0.0", "127.255.255.255"),
    ("168.63.129.16", "168.63.129.16"),
    ("169.254.0.0", "169.254.255.255"),
    ("172.16.0.0", "172.31.255.255"),
    ("192.0.0.0", "192.0.0.255"),
    ("192.0.2.0", "192.0.2.255"),
    ("192.31.196.0", "192.31.196.255"),
    ("192.52.193.0", "192.52.193.255"),
    ("192.88.99.0", "192.88.99.255"),
    ("192.168.0.0", "192.168.255.255"),
    ("192.175.48.0", "192.175.48.255"),
    ("198.18.0.0", "198.19.255.255"),
    ("198.51.100.0", "198.51.100.255"),
    ("203.0.113.0", "203.0.113.255"),
    ("224.0.0.0", "255.255.255.255"),
]
CLOSED_6 = [
    ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"),
    ("3ffe::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "::ffff:8.8.8.8", "2606:4700:4700::1111", "2a00:1450::1"]


@pytest.mark.parametrize(("first", "last"), CLOSED_4 + CLOSED_6)
def test_a_closed_network_is_closed_up_to_its_borders_and_no_further(first: str, last: str) -> None:
    begin, end = ip_address(first), ip_address(last)
    outside = [str(begin - 1)] if int(begin) else []
    outside += [str(end + 1)] if int(end) < 2**end.max_prefixlen - 1 else []

    assert not any(is_public(str(begin + (int(end) - int(begin)) * step // 16)) for step in range(17))
    assert all(is_public(address) for address in outside)


@pytest.mark.parametrize(("first", "last"), CLOSED_4)
def test_a_closed_network_is_closed_in_its_mapped_form_too(first: str, last: str) -> None:
    assert not is_public(f"::ffff:{first}")
    assert not is_public(f"::ffff:{last}")


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "1.1.1.1.", "fe80::1%eth0", "2606:4700::1%1", "١.1.1.1", "1.1.1"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)
