"""opentrack's six numbers, against a head that turns."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.formats.opentrack_udp import (
    ABSURD,
    AXES,
    FAULTS,
    LENGTH,
    OpentrackError,
    Six,
    decode,
    encode,
    looks_like,
    pose,
    six_of,
)
from openset.primitives.space import angle_between_rad, pan_tilt_roll_from_pose

numbers = st.floats(-1e5, 1e5)
sixes = st.builds(Six, *[numbers] * 6, frame=st.none() | st.integers(0, 2**64 - 1))


def test_a_packet_is_six_little_endian_doubles() -> None:
    packet = struct.pack("<6d", 10.0, 150.0, -20.0, 30.0, -5.0, 2.0)
    assert packet[:8] == bytes.fromhex("0000000000002440")
    assert decode(packet) == Six(10.0, 150.0, -20.0, 30.0, -5.0, 2.0)
    assert encode(decode(packet)) == packet
    assert decode(packet + (7).to_bytes(4, "little")).frame == 7


def test_the_axes_are_turned_into_ours() -> None:
    # 10 cm right, 150 up, 20 back; yaw 30 to the right is a pan of -30 degrees.
    got = pose(Six(10.0, 150.0, -20.0, 30.0, -5.0, 2.0))
    assert got.position_m == pytest.approx((0.1, -0.2, 1.5))
    expected = tuple(map(math.radians, (-30.0, -5.0, 2.0)))
    assert pan_tilt_roll_from_pose(got) == pytest.approx(expected)


def test_an_axis_the_user_turned_round_is_turned_back() -> None:
    got = pose(Six(10.0, 150.0, -20.0, 30.0, 0.0, 0.0), frozenset({"x", "yaw"}))
    assert got.position_m == pytest.approx((-0.1, -0.2, 1.5))
    assert pan_tilt_roll_from_pose(got)[0] == pytest.approx(math.radians(30))


@given(sixes)
def test_a_packet_comes_back_as_it_was(six: Six) -> None:
    assert decode(encode(six)) == six


@given(
    st.tuples(*[st.floats(-500, 500)] * 3),
    st.tuples(st.floats(-179, 179), st.floats(-80, 80), st.floats(-179, 179)),
    st.sets(st.sampled_from(AXES)).map(frozenset),
)
def test_a_pose_comes_back_within_rounding(
    place: tuple[float, float, float], turn: tuple[float, float, float], inverted: frozenset[str]
) -> None:
    sent = pose(Six(*place, *turn), inverted)
    got = pose(decode(encode(six_of(sent, inverted))), inverted)
    assert got.position_m == pytest.approx(sent.position_m, abs=1e-9)
    assert angle_between_rad(got, sent) < 1e-6


def test_what_is_no_packet_is_refused_by_name() -> None:
    with pytest.raises(OpentrackError) as caught:
        decode(bytes(47))
    assert caught.value.fault == LENGTH
    for bad in (math.nan, math.inf, 1e300):
        with pytest.raises(OpentrackError) as caught:
            decode(struct.pack("<6d", 0, 0, 0, bad, 0, 0))
        assert (caught.value.fault, caught.value.at) == (ABSURD, "byte 24")
        with pytest.raises(OpentrackError):
            encode(Six(0, 0, 0, 0, 0, bad))
    assert {LENGTH, ABSURD} == set(FAULTS)


@given(st.binary(max_size=70))
def test_arbitrary_bytes_raise_only_the_named_error(datagram: bytes) -> None:
    looks_like(datagram)
    try:
        six = decode(datagram)
    except OpentrackError:
        return
    assert len(encode(six)) >= 48
