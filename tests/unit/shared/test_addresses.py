"""Whose address counts, and how much of it is shown."""

import pytest

from shared.addresses import client_address, masked


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "10.0.3.4", "192.168.1.9", "172.16.0.1"])
def test_our_own_front_door_says_whose_request_it_is(peer: str) -> None:
    assert client_address(peer, "61.155.8.8") == "61.155.8.8"


@pytest.mark.parametrize("peer", ["61.155.8.8", "2409:8a20::1"])
def test_a_stranger_can_not_choose_the_address_it_is_counted_by(peer: str) -> None:
    assert client_address(peer, "10.0.0.1") == client_address(peer, None)


@pytest.mark.parametrize("told", [None, "", "somebody", "1.2.3", "1.2.3.4, 5.6.7.8", "::g"])
def test_without_a_readable_header_the_peer_counts(told: str | None) -> None:
    assert client_address("10.0.3.4", told) == "10.0.3.4"


def test_all_addresses_of_one_ipv6_site_count_as_one() -> None:
    one = client_address("2409:8a20:1:2:aaaa::1", None)
    assert one == client_address("2409:8a20:1:2:bbbb::2", None) == "2409:8a20:1:2::/64"
    assert one != client_address("2409:8a20:1:3::1", None)


def test_ipv4_in_the_form_of_ipv6_is_ipv4() -> None:
    assert client_address("::ffff:61.155.8.8", "1.1.1.1") == "61.155.8.8"
    assert client_address("::ffff:10.0.0.1", "::ffff:61.155.8.8") == "61.155.8.8"


def test_a_peer_without_an_address_is_unknown() -> None:
    assert client_address("", "61.155.8.8") == "unknown"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("61.155.8.8", "61.155.*.*"),
        ("2409:8a20:1:2::/64", "2409:8a20:*"),
        ("unknown", "unknown"),
    ],
)
def test_half_an_address_is_shown(address: str, shown: str) -> None:
    assert masked(address) == shown
