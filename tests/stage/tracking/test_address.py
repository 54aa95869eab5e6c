from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.errors import BadInput
from openset.stage.tracking.address import UdpAddress, is_udp_address, parse_udp_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("udp::55555", UdpAddress("", 55555)),
        ("udp:0.0.0.0:40000", UdpAddress("0.0.0.0", 40000)),
        ("udp:239.135.1.7:55555@127.0.0.1", UdpAddress("239.135.1.7", 55555, "127.0.0.1")),
        ("udp:localhost:0", UdpAddress("localhost", 0)),
    ],
)
def test_an_address_reads_as_it_is_written(text: str, address: UdpAddress) -> None:
    assert parse_udp_address(text) == address
    assert str(address) == text
    assert is_udp_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "udp",
        "udp:",
        "udp:55555",
        "udp::port",
        "udp::70000",
        "tcp::1",
        "udp::1@",
        "udp::٣",
        "udp::1\n",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match="udp::55555"):
        parse_udp_address(text)


@given(st.text())
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    try:
        parse_udp_address(text)
    except BadInput:
        return
    assert is_udp_address(text)


def test_a_group_is_told_from_a_host() -> None:
    assert UdpAddress("239.135.1.7", 1).is_multicast
    assert not UdpAddress("192.168.1.5", 1).is_multicast
    assert not UdpAddress("localhost", 1).is_multicast
    assert not UdpAddress("", 1).is_multicast
