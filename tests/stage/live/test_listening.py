from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator

import pytest

from openset.stage.live.listening import Datagram, Ears, this_machine
from openset.stage.tracking.endpoint import parse_endpoint


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        yield one


def heard(ears: Ears, count: int) -> list[Datagram]:
    found: list[Datagram] = []
    for _ in range(200):
        found += ears.hear(0.05)
        if len(found) >= count:
            break
    return found


def test_every_group_of_both_versions_and_the_machine_itself_are_heard(sender: socket.socket) -> None:
    port = free_port()
    ears = Ears([parse_endpoint(f"opentrackio://:{port}@127.0.0.1", "in")])
    if ears.refused:
        pytest.skip(f"this machine has no multicast: {ears.refused[0]}")
    try:
        hosts = ["239.135.1.1", "239.135.1.77", "239.135.1.200", "235.135.1.9", "127.0.0.1"]
        for number, host in enumerate(hosts):
            sender.sendto(bytes([number]), (host, port))
        found = sorted(heard(ears, len(hosts)), key=lambda each: each.data)
    finally:
        ears.close()
    assert [each.data[0] for each in found] == [0, 1, 2, 3, 4]  # each once
    assert [each.ear.place for each in found] == [
        f"239.135.1.x:{port}",
        f"239.135.1.x:{port}",
        f"239.135.1.x:{port}",
        f"235.135.1.x:{port} (OpenTrackIO 1.0.0)",
        str(port),
    ]


def test_a_port_another_program_holds_is_named_and_the_others_are_heard(sender: socket.socket) -> None:
    free = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", 0))
        taken = other.getsockname()[1]
        ears = Ears([parse_endpoint(f"freed://:{port}", "in") for port in (taken, free)])
        try:
            assert len(ears.refused) == 1
            assert str(taken) in ears.refused[0]
            sender.sendto(b"here", ("127.0.0.1", free))
            assert [each.data for each in heard(ears, 1)] == [b"here"]
        finally:
            ears.close()


def test_a_port_that_is_not_shared_costs_its_groups_only(sender: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", 0))
        taken = other.getsockname()[1]
        ears = Ears([parse_endpoint(f"opentrackio://:{taken}@127.0.0.1", "in")])
        ears.close()
    assert any(str(taken) in line for line in ears.refused)
    assert not ears.ears


def test_groups_are_heard_beside_a_program_that_shares_its_port(sender: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("", 0))
        port = other.getsockname()[1]
        ears = Ears([parse_endpoint(f"opentrackio://:{port}@127.0.0.1", "in")])
        try:
            if not ears.ears:
                pytest.skip(f"this machine has no multicast: {ears.refused}")
            sender.sendto(b"for the other alone", ("127.0.0.1", port))
            sender.sendto(b"for all", ("239.135.1.5", port))
            assert [each.data for each in heard(ears, 1)] == [b"for all"]
            other.settimeout(5)
            assert other.recv(100) == b"for the other alone"
        finally:
            ears.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says when a datagram came")
def test_a_datagram_is_timed_as_it_came_and_not_as_it_is_read(sender: socket.socket) -> None:
    port = free_port()
    ears = Ears([parse_endpoint(f"freed://127.0.0.1:{port}", "in")])
    try:
        before_ns = time.monotonic_ns()
        sender.sendto(b"x", ("127.0.0.1", port))
        sent_ns = time.monotonic_ns()
        time.sleep(0.2)  # what drawing on a slow terminal takes
        (datagram,) = heard(ears, 1)
    finally:
        ears.close()
    slack_ns = 1_000_000  # the two clocks are not read in one moment
    assert before_ns - slack_ns <= datagram.arrival_ns <= sent_ns + 100 * slack_ns


def test_a_network_card_that_is_not_there_is_one_clear_line() -> None:
    ears = Ears([parse_endpoint("opentrackio://:0@no-such-card", "in")])
    ears.close()
    assert any("no-such-card" in line for line in ears.refused)


def test_this_machine_knows_its_address_or_that_it_has_none() -> None:
    found = this_machine()
    assert found == "" or len(found.split(".")) == 4
