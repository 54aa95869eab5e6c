from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.natnet import OTHER, SHORT, UNKNOWN
from openset.primitives.space import pan_tilt_roll_from_pose
from openset.stage.tracking.natnet import ABSURD, FAULTS, NatNetDecoder

HALF = math.sqrt(0.5)


def message(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def frame(
    position: tuple[float, float, float] = (1.0, 1.5, -2.0),
    turn: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0),
    tracked: bool = True,
    sized: bool = True,
) -> bytes:
    """A frame of NatNet 4.1 (or 3.0, without sizes) with one rigid body, number 5, and nothing else."""
    body = struct.pack("<I7ffH", 5, *position, *turn, 0.001, tracked)
    empty = struct.pack("<II", 0, 0) if sized else struct.pack("<I", 0)
    bodies = struct.pack("<II", 1, len(body)) if sized else struct.pack("<I", 1)
    parts = empty * 2 + bodies + body + empty * (5 if sized else 4)
    return message(7, struct.pack("<I", 42) + parts + bytes(8) + struct.pack("<d", 2.5) + bytes(30))


def server(major: int, minor: int) -> bytes:
    return message(1, b"Motive".ljust(256, b"\0") + bytes((3, 1, 0, 0)) + bytes((major, minor, 0, 0)))


def test_a_rigid_body_is_heard_as_a_tracker() -> None:
    (heard,) = NatNetDecoder((4, 1)).feed(frame(), "10.0.0.3:1511", 5)
    assert heard.source == "NatNet body 5 from 10.0.0.3"
    assert (heard.stamp_ns, heard.sequence, heard.sequence_bits) == (2_500_000_000, 42, 32)
    assert heard.pose is not None
    assert heard.pose.position_m == (1.0, 2.0, 1.5)
    assert pan_tilt_roll_from_pose(heard.pose) == pytest.approx((0, 0, 0))


def test_motives_turn_about_y_is_a_pan_to_the_left() -> None:
    (heard,) = NatNetDecoder().feed(frame(turn=(0.0, HALF, 0.0, HALF)), "a", 5)
    assert heard.pose is not None
    assert pan_tilt_roll_from_pose(heard.pose) == pytest.approx((math.pi / 2, 0, 0), abs=1e-6)


def test_a_stream_with_z_up_keeps_its_axes() -> None:
    (heard,) = NatNetDecoder(up="z").feed(frame((1.0, 2.0, 1.5)), "a", 5)
    assert heard.pose is not None
    assert heard.pose.position_m == (1.0, 2.0, 1.5)
    assert pan_tilt_roll_from_pose(heard.pose) == pytest.approx((0, 0, 0))


def test_a_body_out_of_sight_has_no_pose() -> None:
    (heard,) = NatNetDecoder().feed(frame(tracked=False), "a", 5)
    assert (heard.pose, heard.status) == (None, "out of sight")


def test_the_version_is_the_servers_or_found_from_the_frames() -> None:
    decoder = NatNetDecoder()
    assert decoder.feed(server(3, 0), "10.0.0.3:1510", 0) == ()
    assert len(decoder.feed(frame(sized=False), "10.0.0.3:1511", 5)) == 1
    # Another server, of which nothing is known, and one that was updated meanwhile.
    assert len(decoder.feed(frame(), "10.0.0.4:1511", 5)) == 1
    assert len(decoder.feed(frame(), "10.0.0.3:1511", 5)) == 1
    assert not decoder.faults


def test_a_version_that_was_named_is_kept_to() -> None:
    decoder = NatNetDecoder((3, 0))
    assert decoder.feed(frame(), "a", 5) == ()
    assert decoder.faults == {SHORT: 1}


def test_faults_are_counted_by_name_and_explained() -> None:
    decoder = NatNetDecoder()
    for datagram in (
        b"hello",
        message(5, bytes(9)),
        frame(turn=(0.0, 0.0, 0.0, 0.0)),
        frame(position=(0.0, math.nan, 0.0)),
        message(7, b"short"),
        server(4, 1)[:-1],
    ):
        assert not decoder.feed(datagram, "a", 5)
    assert decoder.faults == {UNKNOWN: 2, OTHER: 1, ABSURD: 1, SHORT: 2}
    assert set(decoder.faults) <= set(FAULTS)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.data())
def test_a_decoder_never_raises(noise: bytes, data: st.DataObject) -> None:
    changed = bytearray(frame())
    for _ in range(3):
        changed[data.draw(st.integers(4, len(changed) - 1))] = data.draw(st.integers(0, 255))
    for decoder in (NatNetDecoder(), NatNetDecoder((2, 9))):
        for datagram in (noise, message(7, noise), message(1, noise), bytes(changed)):
            decoder.takes(datagram)
            decoder.feed(datagram, "a", 5)
