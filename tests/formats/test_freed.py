"""FreeD D1 packets, bit by bit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.freed import (
    CHECKSUM,
    D1,
    FAULTS,
    LENGTH,
    MESSAGES,
    OTHER,
    UNKNOWN,
    FreeDError,
    checksum,
    decode,
    decode_dump,
    encode,
)

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


def test_a_fault_is_named_with_its_place_and_a_remedy() -> None:
    for packet, fault, place in [
        (KNOWN[:-1] + b"\0", CHECKSUM, "byte 28"),
        (KNOWN[:20], LENGTH, "byte 0"),
        (b"", LENGTH, "byte 0"),
        (b"hello", UNKNOWN, "byte 0"),
    ]:
        with pytest.raises(FreeDError) as caught:
            decode(packet)
        assert (caught.value.fault, caught.value.at) == (fault, place)
        assert FAULTS[fault]
    assert issubclass(FreeDError, FormatError)


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_the_protocols_other_messages_are_named_not_called_broken(kind: int) -> None:
    body = bytes((kind, 1, 0x01))
    with pytest.raises(FreeDError, match=f"0x{kind:02X}") as caught:
        decode(body + bytes((checksum(body),)))
    assert caught.value.fault == OTHER


@given(st.binary(max_size=64))
def test_arbitrary_bytes_raise_only_the_named_error(packet: bytes) -> None:
    with pytest.raises(FreeDError) as caught:  # no random bytes have type, length and checksum right
        decode(packet)
    assert caught.value.fault in FAULTS


@given(st.integers(0, 28), st.integers(1, 255))
def test_any_one_changed_byte_of_a_packet_is_noticed(place: int, change: int) -> None:
    packet = bytearray(KNOWN)
    packet[place] ^= change
    with pytest.raises(FreeDError):
        decode(bytes(packet))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.just(b""), st.binary(max_size=40)), max_size=4), st.integers(0, 40))
def test_a_dump_gives_what_packet_by_packet_would(noise: list[bytes], count: int) -> None:
    packets = [encode(D1(0.01 * index, -0.02, 0.5, (1, -2, 3), index)) for index in range(count)]
    data = b"".join(packets) + b"".join(each + b"".join(packets[:9]) for each in noise)
    slow: list[D1] = []
    at = 0
    while at < len(data):
        try:
            slow.append(decode(data[at : at + 29]))
            at += 29
        except FreeDError:
            following = data.find(0xD1, at + 1)
            at = following if following >= 0 else len(data)
    found, skipped = decode_dump(data)
    assert found == slow
    assert skipped == len(data) - 29 * len(slow)
    assert all(type(each) is D1 for each in found)
