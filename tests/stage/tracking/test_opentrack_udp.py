from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import freed, osc
from openset.formats.opentrack_udp import ABSURD, LENGTH
from openset.primitives.space import (
    Pose,
    angle_between_rad,
    pan_tilt_roll_from_pose,
    pose_from_pan_tilt_roll,
)
from openset.stage.tracking.freed import FreeDDecoder
from openset.stage.tracking.opentrack_udp import FAULTS, OpentrackDecoder, OpentrackEncoder
from openset.stage.tracking.samples import LensReport, TrackSample

PACKET = struct.pack("<6d", 10.0, 150.0, -20.0, 30.0, -5.0, 2.0)


def test_a_packet_is_heard_as_a_tracker_of_its_sender() -> None:
    (heard,) = OpentrackDecoder().feed(PACKET, "10.0.0.4:9", 5)
    assert (heard.source, heard.sequence) == ("opentrack from 10.0.0.4", None)
    assert heard.pose is not None
    assert heard.pose.position_m == pytest.approx((0.1, -0.2, 1.5))
    assert pan_tilt_roll_from_pose(heard.pose)[0] == pytest.approx(math.radians(-30))
    (numbered,) = OpentrackDecoder().feed(PACKET + (9).to_bytes(8, "little"), "a", 5)
    assert (numbered.sequence, numbered.sequence_bits) == (9, 32)


def test_only_six_plausible_numbers_are_taken() -> None:
    decoder = OpentrackDecoder()
    assert decoder.takes(PACKET)
    assert not decoder.takes(PACKET[:-1])
    assert not decoder.takes(bytes(range(200, 248)))
    assert not decoder.takes(freed.encode(freed.D1(0, 0, 0, (0, 0, 0))))


@given(st.tuples(*[st.floats(-300, 300)] * 6))
def test_no_other_protocol_claims_its_packets(numbers: tuple[float, ...]) -> None:
    packet = struct.pack("<6d", *numbers)
    assert not FreeDDecoder().takes(packet)
    assert not osc.is_osc(packet)


@given(st.tuples(*[st.floats(-50, 50)] * 3), *[st.floats(-1.4, 1.4)] * 3)
def test_a_pose_survives_the_wire(
    place: tuple[float, float, float], pan: float, tilt: float, roll: float
) -> None:
    sample = TrackSample(0, pose_from_pan_tilt_roll(place, pan, tilt, roll))
    axes = frozenset({"z", "pitch"})
    (packet,) = OpentrackEncoder(axes).encode(sample, 0)
    (heard,) = OpentrackDecoder(axes).feed(packet, "a", 0)
    assert heard.pose is not None
    assert heard.pose.position_m == pytest.approx(place, abs=1e-9)
    assert angle_between_rad(heard.pose, sample.stage_from_camera) < 1e-6


def test_faults_are_counted_by_name_and_explained() -> None:
    decoder, encoder = OpentrackDecoder(), OpentrackEncoder()
    assert decoder.feed(b"hello", "a", 0) == ()
    assert decoder.feed(struct.pack("<6d", 0, 0, 0, math.nan, 0, 0), "a", 0) == ()
    assert decoder.faults == {LENGTH: 1, ABSURD: 1}
    assert encoder.encode(TrackSample(0, Pose((1e30, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))), 0) == ()
    assert set(decoder.faults + encoder.faults) <= set(FAULTS)


@given(st.binary(max_size=60))
def test_a_decoder_never_raises(datagram: bytes) -> None:
    decoder = OpentrackDecoder()
    decoder.takes(datagram)
    decoder.feed(datagram, "a", 0)


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.floats()] * 3), st.lists(st.none() | st.floats(), min_size=5, max_size=5))
def test_an_encoder_never_raises_whatever_the_numbers(
    place: tuple[float, float, float], lens: list[float | None]
) -> None:
    pose = Pose(place, (1.0, 0.0, 0.0, 0.0))
    report = LensReport(*lens[:3], sensor_width_mm=lens[3], sensor_height_mm=lens[4])
    for encoder in (OpentrackEncoder(),):
        for datagram in encoder.encode(TrackSample(0, pose, report), 5):
            assert datagram
            assert all(map(math.isfinite, place))


def test_two_trackers_on_one_machine_are_two_sources() -> None:
    decoder = OpentrackDecoder()
    for _ in range(9):
        decoder.feed(PACKET, "10.0.0.4:9", 5)
    pairs = [decoder.feed(PACKET, f"10.0.0.4:{port}", 5)[0].source for port in (9, 10, 9, 10)]
    assert pairs == ["opentrack from 10.0.0.4", "opentrack from 10.0.0.4:10"] * 2
