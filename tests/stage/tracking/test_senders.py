from __future__ import annotations

from openset.primitives.time import NS_PER_S
from openset.stage.tracking.senders import MOST_PORTS, STEADY, Senders, address_of, host_of

A, B = "192.0.2.7:40001", "192.0.2.7:40002"
FRAME_NS = NS_PER_S // 50


def test_a_sender_is_a_machine_and_a_port() -> None:
    assert address_of(("192.0.2.7", 40001)) == A
    assert (host_of(A), host_of("192.0.2.7")) == ("192.0.2.7", "192.0.2.7")


def test_a_tracker_alone_goes_by_its_machine_also_when_it_starts_anew() -> None:
    senders = Senders()
    assert {senders.name(A, n * FRAME_NS) for n in range(20)} == {"192.0.2.7"}
    assert {senders.name(B, 3 * NS_PER_S + n * FRAME_NS) for n in range(20)} == {"192.0.2.7"}


def test_two_trackers_on_one_machine_are_told_apart_for_good() -> None:
    senders = Senders()
    for n in range(STEADY):
        senders.name(A, n * FRAME_NS)
    heard = [(senders.name(A, n * FRAME_NS), senders.name(B, n * FRAME_NS)) for n in range(9, 200)]
    assert set(heard) == {("192.0.2.7", B)}


def test_the_second_keeps_its_name_when_the_first_pauses() -> None:
    senders = Senders()
    for n in range(20):
        senders.name(A, n * FRAME_NS)
        senders.name(B, n * FRAME_NS)
    later = [senders.name(B, n * FRAME_NS) for n in range(20, 400)]
    assert set(later) == {B}
    assert senders.name(A, 400 * FRAME_NS) == "192.0.2.7"


def test_trackers_that_begin_together_are_apart_after_a_few_datagrams() -> None:
    senders = Senders()
    pairs = [(senders.name(A, n * FRAME_NS), senders.name(B, n * FRAME_NS)) for n in range(STEADY * 2)]
    assert set(pairs[STEADY:]) == {("192.0.2.7", B)}


def test_what_calls_itself_otherwise_needs_no_port() -> None:
    senders = Senders()
    names = [(senders.name(A, n * FRAME_NS, 1), senders.name(B, n * FRAME_NS, 2)) for n in range(20)]
    assert set(names) == {("192.0.2.7", "192.0.2.7")}


def test_a_new_port_for_every_datagram_is_still_one_sender() -> None:
    senders = Senders()
    for n in range(MOST_PORTS * 2):
        port = 32768 + n * 7919 % 28232
        assert senders.name(f"192.0.2.7:{port}", n * FRAME_NS // 10) == "192.0.2.7"


def test_a_sender_without_a_port_is_its_name() -> None:
    senders = Senders()
    assert {senders.name("192.0.2.7", n) for n in range(10)} == {"192.0.2.7"}
