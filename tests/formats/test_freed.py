"""FreeD D1 packets, bit by bit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.formats.freed import D1, FreeDError, checksum, decode, decode_dump, encode

KNOWN = bytes.fromhex("d101064000fe600000100000fa00fe0be00177100800000812340000f9")
POSE = D1(
    math.radians(12.5),
    math.radians(-3.25),
    math.radians(0.125),
    (1.0, -2.0005, 1.50025),
    zoom=0x080000,
    focus=0x081234,
)

angles = st.floats(-255.9, 255.9).map(math.radians)
lengths = st.floats(-131.0, 131.0)
poses = st.builds(
    D1,
    *(angles, angles, angles, st.tuples(lengths, lengths, lengths)),
    zoom=st.integers(0, 2**24 - 1),
    focus=st.integers(0, 2**24 - 1),
    user=st.integers(0, 2**16 - 1),
    camera_id=st.integers(0, 255),
)


def test_a_known_packet_is_read_and_written_bit_for_bit() -> None:
    assert encode(POSE) == KNOWN
    got = decode(KNOWN)
    assert (got.pan_rad, got.tilt_rad, got.roll_rad) == pytest.approx(
        (POSE.pan_rad, POSE.tilt_rad, POSE.roll_rad)
    )
    assert got.position_m == pytest.approx(POSE.position_m)
    assert (got.zoom, got.focus, got.user, got.camera_id) == (0x080000, 0x081234, 0, 1)


@given(poses)
def test_a_pose_comes_back_within_half_a_step(pose: D1) -> None:
    back = decode(encode(pose))
    for sent, got in zip(
        (pose.pan_rad, pose.tilt_rad, pose.roll_rad),
        (back.pan_rad, back.tilt_rad, back.roll_rad),
        strict=True,
    ):
        assert got == pytest.approx(sent, abs=math.radians(0.5001 / 32768))
    assert back.position_m == pytest.approx(pose.position_m, abs=0.5001 / 64000)
    assert (back.zoom, back.focus, back.user, back.camera_id) == (
        *(pose.zoom, pose.focus, pose.user, pose.camera_id),
    )


@given(st.binary(min_size=28, max_size=28))
def test_whatever_bits_a_packet_holds_it_is_written_back_the_same(body: bytes) -> None:
    body = b"\xd1" + body[1:]
    packet = body + bytes((checksum(body),))
    assert encode(decode(packet)) == packet


@pytest.mark.parametrize(
    "packet", [b"", KNOWN[:-1], KNOWN + b"\0", b"\xd0" + KNOWN[1:], KNOWN[:-1] + b"\0"]
)
def test_what_is_no_packet_is_refused(packet: bytes) -> None:
    with pytest.raises(FreeDError):
        decode(packet)


@pytest.mark.parametrize(
    "pose",
    [
        D1(math.radians(300), 0, 0, (0, 0, 0)),
        D1(0, 0, 0, (200, 0, 0)),
        D1(0, 0, math.nan, (0, 0, 0)),
        D1(0, 0, 0, (0, 0, math.inf)),
        D1(0, 0, 0, (0, 0, 0), zoom=1 << 24),
        D1(0, 0, 0, (0, 0, 0), focus=-1),
        D1(0, 0, 0, (0, 0, 0), user=65536),
        D1(0, 0, 0, (0, 0, 0), camera_id=256),
    ],
)
def test_a_pose_that_does_not_fit_is_refused(pose: D1) -> None:
    with pytest.raises(FreeDError):
        encode(pose)


def test_a_dump_with_rubbish_between_packets_loses_only_the_rubbish() -> None:
    poses_found, skipped = decode_dump(b"\xd1\x00" + KNOWN + b"noise" + KNOWN + KNOWN[:10])
    assert poses_found == [decode(KNOWN), decode(KNOWN)]
    assert skipped == 2 + 5 + 10
