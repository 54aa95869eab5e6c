"""The simulated tracker on the wire."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from openset.formats import opentrackio
from openset.primitives.errors import BadInput
from openset.sim import tracker
from openset.sim.live import TrackerSender
from openset.sim.plan import DayPlan


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    """A loopback UDP port that hears all datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        wire.bind(("127.0.0.1", 0))
        wire.settimeout(5.0)
        yield wire


def _address(ear: socket.socket) -> str:
    return f"udp:127.0.0.1:{ear.getsockname()[1]}"


def _heard(ear: socket.socket, count: int) -> list[dict]:
    reassembler = opentrackio.Reassembler()
    samples: list[dict] = []
    while len(samples) < count:
        sample = reassembler.feed(ear.recv(65536))
        if sample is not None:
            samples.append(sample)
    assert not any(reassembler.faults.values())
    return samples


def test_a_listener_hears_every_sample_of_the_take_unchanged(ear: socket.socket) -> None:
    plan = DayPlan(duration_s=0.2)
    sender = TrackerSender(
        plan, _address(ear), time.monotonic_ns() + 50_000_000, lead_in_s=0.05, lead_out_s=0.0
    )
    sender.start()
    samples = _heard(ear, 26)
    assert sender.wait(5.0)
    assert (sender.sent, sender.lost, sender.refused) == (26, 0, 0)
    assert samples == [tracker.track_sample(plan, index) for index in range(-5, 21)]


def test_no_sample_leaves_before_its_moment(ear: socket.socket) -> None:
    plan = DayPlan(duration_s=0.1)
    start_ns = time.monotonic_ns() + 60_000_000
    sender = TrackerSender(plan, _address(ear), start_ns, tracker_delay_s=0.02, lead_out_s=0.0)
    sender.start()
    ear.recv(65536)
    assert time.monotonic_ns() >= start_ns + 20_000_000
    assert sender.wait(5.0)


def test_lost_samples_are_counted_and_never_sent(ear: socket.socket) -> None:
    plan = replace(DayPlan(), duration_s=0.3, tracker_rate_hz=1000.0)
    sender = TrackerSender(plan, _address(ear), time.monotonic_ns(), loss=0.3, lead_out_s=0.0)
    sender.start()
    assert sender.wait(10.0)
    assert sender.sent + sender.lost == 301
    assert 50 < sender.lost < 140
    assert len(_heard(ear, sender.sent)) == sender.sent


def test_a_stopped_tracker_falls_silent(ear: socket.socket) -> None:
    sender = TrackerSender(DayPlan(duration_s=60.0), _address(ear), time.monotonic_ns())
    sender.start()
    ear.recv(65536)
    sender.stop()
    assert sender.wait(0.0)
    assert sender.sent < 6000


def test_an_address_that_is_none_is_refused() -> None:
    for address in ("tcp:127.0.0.1:5", "udp:127.0.0.1", "udp:host:99999"):
        with pytest.raises(BadInput, match="UDP address"):
            TrackerSender(DayPlan(), address, 0)
