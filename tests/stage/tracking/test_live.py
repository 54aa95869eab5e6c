from __future__ import annotations

import random
import socket
import threading
from typing import Any

import pytest

from openset.formats import freed
from openset.formats.opentrackio import Reading, encode, write
from openset.primitives.errors import BadInput, PortInUse
from openset.stage.live.listening import this_machine
from openset.stage.tracking.address import parse_udp_address
from openset.stage.tracking.live import (
    UdpTracker,
    UdpWire,
    interface_address,
    listener_socket,
    sender_socket,
)
from openset.stage.tracking.samples import TrackSample
from openset.stage.tracking.wire import Heard

PATIENCE_S = 20.0


class Catch:
    """What the tracker handed on, and a way to wait for so many."""

    def __init__(self) -> None:
        self.samples: list[TrackSample] = []
        self.raw: list[dict[str, Any] | None] = []
        self._changed = threading.Condition()

    def __call__(self, sample: TrackSample, raw: dict[str, Any] | None) -> None:
        with self._changed:
            self.samples.append(sample)
            self.raw.append(raw)
            self._changed.notify_all()

    def wait_for(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self.samples) >= count, PATIENCE_S)


def datagrams(sequence: int) -> list[bytes]:
    reading = Reading((sequence / 100, 2.0, 1.5), 0.1, 0.2, 0.3, sequence=sequence)
    raw = write(
        reading,
        sample_id=f"urn:uuid:00000000-0000-4000-8000-{sequence:012x}",
        source_id="urn:uuid:00000000-0000-4000-8000-000000000001",
    )
    return encode(raw, sequence)


@pytest.fixture
def sender() -> Any:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        yield one


def test_samples_arrive_over_a_real_socket(sender: socket.socket) -> None:
    catch = Catch()
    with UdpTracker("udp:127.0.0.1:0", catch) as tracker:
        for sequence in range(50):
            for datagram in datagrams(sequence):
                sender.sendto(datagram, ("127.0.0.1", tracker.port))
        assert catch.wait_for(50)
        counts = tracker.counts
    assert [sample.sequence for sample in catch.samples] == list(range(50))
    assert (counts.packets, counts.samples, counts.lost) == (50, 50, 0)
    assert all(raw is not None for raw in catch.raw)


def test_a_report_that_cannot_be_kept_is_counted_and_the_next_one_arrives(
    sender: socket.socket,
) -> None:
    catch = Catch()

    def picky(sample: TrackSample, raw: dict[str, Any] | None) -> None:
        if sample.sequence == 1:
            raise ValueError("a lens that nobody can say")
        catch(sample, raw)

    with UdpTracker("udp:127.0.0.1:0", picky) as tracker:
        for sequence in range(3):
            for datagram in datagrams(sequence):
                sender.sendto(datagram, ("127.0.0.1", tracker.port))
        assert catch.wait_for(2)
        assert tracker.counts.faults == {"report could not be kept": 1}
    assert [sample.sequence for sample in catch.samples] == [0, 2]


def test_freed_is_told_by_its_content(sender: socket.socket) -> None:
    catch = Catch()
    with UdpTracker("udp:127.0.0.1:0", catch, clock=lambda: 77) as tracker:
        sender.sendto(freed.encode(freed.D1(0.1, 0.2, 0.3, (1, 2, 3))), ("127.0.0.1", tracker.port))
        assert catch.wait_for(1)
    assert catch.samples[0].time_ns == 77
    assert catch.raw == [None]


def test_ten_thousand_hostile_datagrams_and_the_good_one_still_arrives(sender: socket.socket) -> None:
    rng = random.Random(5)
    catch = Catch()
    heads = [b"", b"\xd1", b"OTrk", b"OTrk\x00\x01\x00\x01", b"OTrk\x00\x02\x00\x02\x00\x00\x00\x00"]
    good = datagrams(1)[0]
    with UdpTracker("udp:127.0.0.1:0", catch) as tracker:
        to = ("127.0.0.1", tracker.port)
        for index in range(10_000):
            if index % 5 == 0:
                junk = bytearray(good)
                junk[rng.randrange(len(junk))] ^= 1 << rng.randrange(8)
                sender.sendto(junk[: rng.randrange(len(junk))], to)
            else:
                sender.sendto(rng.choice(heads) + rng.randbytes(rng.randrange(0, 60)), to)
            if (
                index % 500 == 499
            ):  # let the thread keep up: the test is of the bytes, not of the buffer
                _drain(tracker)
        before = len(catch.samples)
        sender.sendto(good, to)
        assert catch.wait_for(before + 1)
        counts = tracker.counts
    assert catch.samples[-1].sequence == 1
    assert counts.packets > 9_000
    assert sum(counts.faults.values()) + counts.samples >= counts.packets * 0.9


def _drain(tracker: UdpTracker) -> None:
    pause = threading.Event()
    seen = -1
    while seen != tracker.counts.packets:
        seen = tracker.counts.packets
        pause.wait(0.005)


def test_a_taken_port_is_one_clear_line() -> None:
    with UdpTracker("udp:127.0.0.1:0", Catch()) as first, pytest.raises(PortInUse) as caught:
        UdpTracker(f"udp:127.0.0.1:{first.port}", Catch())
    assert str(first.port) in caught.value.line
    assert caught.value.exit_code == 22


@pytest.mark.parametrize(
    "address", ["udp:192.0.2.1:5", "udp:no.such.host.invalid:5", "udp:239.1.1.1:0@192.0.2.1"]
)
def test_an_address_of_another_machine_is_refused(address: str) -> None:
    with pytest.raises(BadInput) as caught:
        UdpTracker(address, Catch())
    assert address in caught.value.line


def test_stop_frees_the_port_and_may_be_called_twice() -> None:
    tracker = UdpTracker("udp:127.0.0.1:0", Catch())
    port = tracker.port
    tracker.start()
    tracker.stop()
    tracker.stop()
    again = UdpTracker(f"udp:127.0.0.1:{port}", Catch())
    again.stop()


def test_multicast_on_a_named_interface_arrives(sender: socket.socket) -> None:
    catch = Catch()
    try:
        tracker = UdpTracker("udp:239.135.1.7:0@127.0.0.1", catch)
    except BadInput as error:
        pytest.skip(f"this machine has no multicast: {error.line}")
    with tracker:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        sender.sendto(datagrams(3)[0], ("239.135.1.7", tracker.port))
        assert catch.wait_for(1)
    assert catch.samples[0].sequence == 3


def names_of_loopback() -> list[str]:
    """What this machine calls its loopback card."""
    return [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]


def test_a_card_is_known_by_its_address_and_by_its_name() -> None:
    assert interface_address("192.0.2.5") == "192.0.2.5"
    for name in names_of_loopback():
        assert interface_address(name) == "127.0.0.1"


@pytest.mark.parametrize("card", ["eth77", "192.0.2.99"])
def test_a_card_that_is_not_there_is_refused_without_a_group_too(card: str) -> None:
    with pytest.raises(BadInput, match=card):
        listener_socket(parse_udp_address(f"udp::0@{card}"))


def test_a_card_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(BadInput) as caught:
        interface_address("eth77")
    assert "'eth77'" in caught.value.line
    for name in names_of_loopback():
        assert name in caught.value.line


@pytest.mark.parametrize("card", ["127.0.0.1", *names_of_loopback()])
def test_multicast_goes_out_and_comes_in_by_the_card_named(card: str) -> None:
    catch = Catch()
    try:
        tracker = UdpTracker(f"udp:239.135.1.9:0@{card}", catch)
    except BadInput as error:
        pytest.skip(f"this machine has no multicast: {error.line}")
    with tracker, sender_socket(parse_udp_address(f"udp:239.135.1.9:{tracker.port}@{card}")) as out:
        out.sendto(datagrams(5)[0], ("239.135.1.9", tracker.port))
        assert catch.wait_for(1)
    assert catch.samples[0].sequence == 5


def test_a_sender_is_bound_to_the_card_named_and_refused_where_there_is_none() -> None:
    with sender_socket(parse_udp_address("udp:127.0.0.1:9@127.0.0.1")) as out:
        assert out.getsockname()[0] == "127.0.0.1"
    for address in (
        "udp:239.135.1.9:5@192.0.2.1",
        "udp:127.0.0.1:9@192.0.2.1",
        "udp:127.0.0.1:9@eth77",
    ):
        with pytest.raises(BadInput):
            sender_socket(parse_udp_address(address))


def test_a_listener_is_a_plain_socket_for_others_to_use(sender: socket.socket) -> None:
    with listener_socket(parse_udp_address("udp:127.0.0.1:0")) as listener:
        listener.settimeout(PATIENCE_S)
        sender.sendto(b"hello", listener.getsockname())
        assert listener.recv(100) == b"hello"


def test_a_wire_hears_every_tracker_that_sends_to_its_port(sender: socket.socket) -> None:
    heard: dict[str, int] = {}
    changed = threading.Condition()

    def note(source: str, sample: TrackSample | None, report: Heard) -> None:
        with changed:
            heard[source] = heard.get(source, 0) + (sample is not None)
            changed.notify_all()

    with UdpWire("udp:127.0.0.1:0", note) as wire:
        for sequence in range(10):
            packet = freed.encode(freed.D1(0.1, 0.2, 0.3, (1, 2, 3), camera_id=2))
            for datagram in (*datagrams(sequence), packet):
                sender.sendto(datagram, ("127.0.0.1", wire.port))
        with changed:
            assert changed.wait_for(lambda: sum(heard.values()) >= 20, PATIENCE_S)
        counts = wire.counts
    assert sorted(heard.values()) == [10, 10]
    assert {name: each.samples for name, each in counts.items()} == heard


def test_two_trackers_of_one_machine_may_cut_their_samples_at_the_same_time() -> None:
    names: list[str] = []
    changed = threading.Condition()

    def note(source: str, sample: TrackSample | None, report: Heard) -> None:
        with changed:
            names.append(source)
            changed.notify_all()

    ids = [f"urn:uuid:00000000-0000-4000-8000-00000000000{n}" for n in (1, 2)]
    with (
        UdpWire("udp:127.0.0.1:0", note) as wire,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
    ):
        for sequence in range(20):
            raw = write(Reading((0.0, 0.0, 0.0), 0, 0, 0), sample_id=ids[0], source_id=ids[0])
            both = [encode({**raw, "sourceId": each}, sequence, max_payload=150) for each in ids]
            for first, second in zip(*both, strict=True):
                one.sendto(first, ("127.0.0.1", wire.port))
                two.sendto(second, ("127.0.0.1", wire.port))
        with changed:
            assert changed.wait_for(lambda: len(names) >= 40, PATIENCE_S)
        faults = [each.faults for each in wire.counts.values()]
    assert sorted(map(names.count, set(names))) == [20, 20]
    assert faults == [{}, {}]


def test_a_card_that_is_named_keeps_the_others_away() -> None:
    """Another program may have joined the same group on another card."""
    other = this_machine()
    if not other or other.startswith("127."):
        pytest.skip("this machine has no network card but its loopback")
    try:
        named = listener_socket(parse_udp_address("udp:239.135.1.11:0@127.0.0.1"))
    except BadInput as error:
        pytest.skip(f"this machine has no multicast: {error.line}")
    port = named.getsockname()[1]
    with named, listener_socket(parse_udp_address(f"udp:239.135.1.11:{port}@{other}")) as theirs:
        for card in (other, "127.0.0.1"):
            with sender_socket(parse_udp_address(f"udp:239.135.1.11:{port}@{card}")) as out:
                out.sendto(card.encode(), ("239.135.1.11", port))
        for listener, card in ((named, "127.0.0.1"), (theirs, other)):
            listener.settimeout(PATIENCE_S)
            assert listener.recv(100).decode() == card
