from __future__ import annotations

import random
import socket
import threading
from typing import Any

import pytest

from openset.formats import freed
from openset.formats.opentrackio import Reading, encode, write
from openset.primitives.errors import BadInput, PortInUse
from openset.stage.tracking.live import UdpTracker
from openset.stage.tracking.samples import TrackSample

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
