"""Mo-Sys F4 packets of our own making: units, flags, and what a broken one costs."""

from __future__ import annotations

import math
import struct
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.mosys_f4 import MOST_FAULTS, F4Error, decode, packet_size, read

Fields = list[tuple[int, bytes]]


def whole(value: int, status: int = 0) -> bytes:
    return bytes((status,)) + value.to_bytes(3, "big", signed=True)


def real(value: float) -> bytes:
    return struct.pack(">f", value)


def packet(fields: Fields, status: int = 0x33) -> bytes:
    body = bytes((0xF4, 2, len(fields), status)) + b"".join(
        bytes((name,)) + data for name, data in fields
    )
    return body + bytes(((0x40 - sum(body)) & 0xFF,))


POSE: Fields = [
    (0x01, whole(-3031)),
    (0x02, whole(-28072)),
    (0x13, whole(3096)),
    (0x05, whole(-8045)),
    (0x06, whole(-185355)),
    (0x07, whole(119801)),
]
LENS: Fields = [
    (0x50, real(0.125)),
    (0x51, real(0.25)),
    (0x52, real(-0.125)),
    (0x53, real(1920.0)),
    (0x54, real(-8.0)),
    (0x55, real(7.0)),
    (0x57, real(0.5)),
    (0x58, real(1080.0)),
    (0x60, real(2.8)),
    (0x03, whole(50091)),
    (0x04, whole(93)),
]


def test_angles_are_thousandths_of_a_degree_and_positions_hundredths_of_a_millimetre() -> None:
    frame = decode(packet(POSE))
    assert frame.position_m == pytest.approx((-0.08045, -1.85355, 1.19801))
    angles = (frame.pan_rad, frame.tilt_rad, frame.roll_rad)
    assert [math.degrees(angle) for angle in angles] == pytest.approx([-3.031, -28.072, 3.096])


def test_focal_lengths_are_pixels_of_an_hd_picture() -> None:
    frame = decode(packet(POSE + LENS), sensor_width_mm=9.6)
    assert frame.horizontal_fov_rad == pytest.approx(2 * math.atan(0.5))
    assert frame.vertical_fov_rad == pytest.approx(2 * math.atan(0.5))
    assert frame.focal_length_mm == pytest.approx(9.6)
    assert (frame.radial, frame.centre_offset_px) == ((0.25, -0.125), (-8.0, 7.0))
    assert (frame.entrance_pupil_offset_m, frame.f_stop) == (0.125, pytest.approx(2.8))
    assert (frame.focus_encoder, frame.zoom_encoder, frame.iris_encoder) == (50091, 93, None)


def test_focus_is_a_reciprocal_distance() -> None:
    assert decode(packet(POSE + LENS)).focus_distance_m == 2.0
    assert decode(packet([*POSE, (0x57, real(0.0))])).focus_distance_m == math.inf
    assert decode(packet(POSE)).focus_distance_m is None


def test_a_lens_without_a_sensor_width_has_no_focal_length_in_millimetres() -> None:
    assert decode(packet(POSE + LENS)).focal_length_mm is None
    assert decode(packet(POSE), sensor_width_mm=36).focal_length_mm is None


@pytest.mark.parametrize(("bits", "rate"), [(0, 24), (1, 25), (2, 30), (3, 60)])
def test_timecode_and_rate_are_packed_in_one_field(bits: int, rate: int) -> None:
    packed = 15 << 18 | 3 << 12 | 47 << 6 | 2
    frame = decode(packet([*POSE, (0xF8, bytes((bits << 5,)) + packed.to_bytes(3, "big"))]))
    assert str(frame.timecode) == "15:03:47:02"
    assert frame.rate == Fraction(rate)


def test_a_timecode_that_does_not_exist_leaves_the_pose() -> None:
    frame = decode(packet([*POSE, (0xF8, bytes.fromhex("20ffffff"))]))
    assert (frame.timecode, frame.rate) == (None, None)


def test_flags_counter_and_health_are_told() -> None:
    frame = decode(packet([*POSE, (0xF9, bytes.fromhex("00012400"))], status=0x39))
    assert (frame.camera_id, frame.counter, frame.recording, frame.genlocked) == (2, 9, True, True)
    assert frame.status == "optical good"
    assert decode(packet(POSE, status=0x00)).recording is False
    assert decode(packet(POSE)).status == ""


BROKEN = {
    "negative field of view": packet([*POSE, (0x53, real(-1500.0))]),
    "focal length of nothing": packet([*POSE, (0x58, real(0.0))]),
    "lens value that is no number": packet([*POSE, (0x51, real(math.nan))]),
    "no height": packet(POSE[:-1]),
    "pan marked invalid": packet([(0x01, whole(1, status=1)), *POSE[1:]]),
    "wrong checksum": packet(POSE)[:-1] + b"\0",
    "no fields": packet([]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_packet_is_refused(name: str) -> None:
    with pytest.raises(F4Error):
        decode(BROKEN[name])


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_packet_costs_itself_and_never_the_clip(name: str) -> None:
    good = packet(POSE + LENS)
    recording = read(good + BROKEN[name] + good)
    assert (len(recording.frames), recording.skipped) == (2, 1)


def test_a_cut_off_file_keeps_what_it_holds() -> None:
    good = packet(POSE)
    recording = read(b"rubbish" + good + good + good[:-3])
    assert len(recording.frames) == 2
    assert recording.skipped == 2
    assert recording.rate is None


@pytest.mark.parametrize("data", [b"", b"\xf4", b"\xf4\x00\x00\x00", b"\xf4" * 1000, bytes(1000)])
def test_a_file_that_is_something_else_has_no_frames(data: bytes) -> None:
    assert read(data).frames == ()


def test_a_broken_packet_is_told_with_its_byte() -> None:
    good = packet(POSE + LENS)
    recording = read(good + b"rubbish" + good + BROKEN["wrong checksum"] + good)
    assert recording.faults == (
        f"byte {len(good)}: an F4 packet starts with 0xF4",
        f"byte {2 * len(good) + 7}: the checksum does not hold",
    )
    many = read(good + BROKEN["wrong checksum"] * 100 + good)
    assert (many.skipped, len(many.faults)) == (100, MOST_FAULTS)


@pytest.mark.parametrize("value", [1e7, -1e30, 3e38])
def test_a_lens_value_that_no_lens_has_is_refused(value: float) -> None:
    with pytest.raises(F4Error, match="more than any lens has"):
        decode(packet([*POSE, (0x51, real(value))]))


def single(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, width=32)


def steps(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(steps(24), min_size=6, max_size=6),
    single(1, 2**19),
    single(-1024, 1024),
    single(2**-10, 64),
    st.tuples(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 24)),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFF),
)
def test_what_a_tracker_packs_comes_back(
    pose: list[int],
    focal_px: float,
    k1: float,
    nearness: float,
    code: tuple[int, int, int, int],
    encoder: int,
    camera: int,
) -> None:
    hours, minutes, seconds, frames = code
    packed = hours << 18 | minutes << 12 | seconds << 6 | frames
    fields = [(name, whole(value)) for (name, _), value in zip(POSE, pose, strict=True)]
    fields += [(0x53, real(focal_px)), (0x51, real(k1)), (0x52, real(-k1)), (0x57, real(nearness))]
    fields += [
        (0x03, b"\0\0" + encoder.to_bytes(2, "big")),
        (0xF8, b"\x20" + packed.to_bytes(3, "big")),
    ]
    data = bytearray(packet(fields))
    data[1] = camera
    data[-1] = (0x40 - sum(data[:-1])) & 0xFF
    frame = decode(bytes(data))
    angles = (frame.pan_rad, frame.tilt_rad, frame.roll_rad)
    assert [round(math.degrees(angle) * 1000) for angle in angles] == pose[:3]
    assert [round(length * 100_000) for length in frame.position_m] == pose[3:]
    assert (frame.fx_px, frame.radial, frame.focus_encoder) == (focal_px, (k1, -k1), encoder)
    assert frame.focus_distance_m == 1 / nearness
    assert frame.timecode is not None
    assert (frame.timecode.fields(), frame.camera_id) == (code, camera)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 399), st.integers(0, 255)), max_size=6), st.integers(0, 400))
def test_a_changed_recording_raises_nothing_and_loses_no_more_than_it_must(
    changes: list[tuple[int, int]], length: int
) -> None:
    good = packet(POSE + LENS)
    data = bytearray((good * 5)[:length])
    for at, byte in changes:
        if at < len(data):
            data[at] = byte
    recording = read(bytes(data))
    assert len(recording.frames) >= length // len(good) - 3 * len(changes)


@given(st.binary(max_size=400))
def test_random_bytes_never_raise(data: bytes) -> None:
    read(data)
    read(packet(POSE) + data + packet(POSE))


def test_a_packet_knows_its_own_size() -> None:
    assert packet_size(packet(POSE)) == len(packet(POSE)) == 35
