from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.freed import CHECKSUM, D1, LENGTH, OTHER, UNKNOWN, checksum, decode, encode
from openset.primitives.space import (
    Pose,
    angle_between_rad,
    pan_tilt_roll_from_pose,
    pose_from_pan_tilt_roll,
)
from openset.stage.tracking.freed import (
    FAULTS,
    PROFILES,
    RANGE,
    TOO_FAR,
    FreeDDecoder,
    FreeDEncoder,
    freed_from_sample,
    sample_from_freed,
)
from openset.stage.tracking.freed_profiles import read_calibration
from openset.stage.tracking.samples import LensReport, TrackSample

ANGLE = st.floats(-1.4, 1.4)


def test_freed_pans_to_the_right_for_positive_angles() -> None:
    sample = sample_from_freed(D1(math.radians(90), 0.0, 0.0, (1.0, 2.0, 1.5)), 9)
    forward = sample.stage_from_camera.matrix[:3, :3] @ [0.0, 0.0, -1.0]
    assert forward.tolist() == pytest.approx([1.0, 0.0, 0.0])
    assert sample.stage_from_camera.position_m == pytest.approx((1.0, 2.0, 1.5))
    assert sample.time_ns == 9


def test_tilt_and_roll_keep_their_signs() -> None:
    sample = sample_from_freed(D1(0.0, 0.2, 0.1, (0.0, 0.0, 0.0)), 0)
    assert pan_tilt_roll_from_pose(sample.stage_from_camera) == pytest.approx((0.0, 0.2, 0.1))


@given(st.tuples(*[st.floats(-100, 100)] * 3), ANGLE, ANGLE, ANGLE)
def test_a_pose_survives_the_wire_within_its_steps(
    place: tuple[float, float, float], pan: float, tilt: float, roll: float
) -> None:
    sample = TrackSample(0, pose_from_pan_tilt_roll(place, pan, tilt, roll))
    again = sample_from_freed(decode(encode(freed_from_sample(sample))), 0)
    assert again.stage_from_camera.position_m == pytest.approx(place, abs=1e-5)
    assert angle_between_rad(again.stage_from_camera, sample.stage_from_camera) < 2e-6


def test_bare_encoder_counts_say_nothing_of_the_lens() -> None:
    assert sample_from_freed(D1(0, 0, 0, (0, 0, 0), zoom=0x80000, focus=0x81234), 0).lens is None


def test_a_profile_gives_millimetres_metres_and_stops() -> None:
    packet = D1(0, 0, 0, (0, 0, 0), zoom=3500, focus=25_000, user=(0x3 << 12) | 280)
    lens = sample_from_freed(packet, 0, PROFILES["z-cam"]).lens
    assert lens is not None
    assert lens.focal_length_mm == 35.0
    assert lens.focus_distance_m == 2.5
    assert lens.f_stop == 2.8


PANASONIC = PROFILES["panasonic"].calibrated(
    read_calibration(
        "zoom,1365,4\nzoom,4095,48\nfocus,1365,0.5\nfocus,4095,10\niris,1365,11\niris,4095,2"
    )
)
LENS = LensReport(focal_length_mm=35.0, focus_distance_m=2.5, f_stop=2.8)


def sample(lens: LensReport | None = LENS, x: float = 1.0) -> TrackSample:
    return TrackSample(7, pose_from_pan_tilt_roll((x, 2.0, 1.5), 0.3, -0.1, 0.02), lens)


def test_a_calibrated_head_says_its_lens_in_millimetres_and_metres() -> None:
    # Half way from 1365 to 4095: 26 mm; 1 / ((2 + 0.1) / 2) m; (11 + 2) / 2.
    packet = D1(0, 0, 0, (0, 0, 0), zoom=2730, focus=2730, user=2730)
    assert sample_from_freed(packet, 0, PANASONIC).lens == LensReport(
        focal_length_mm=26.0,
        focus_distance_m=pytest.approx(1 / 1.05),
        f_stop=6.5,
        zoom_ring=0.5,
        focus_ring=0.5,
    )


def test_a_head_whose_range_is_published_says_where_its_rings_stand() -> None:
    packet = D1(0, 0, 0, (0, 0, 0), zoom=0x7AC0 // 4, focus=0xF000)
    lens = sample_from_freed(packet, 0, PROFILES["sony"]).lens
    assert lens is not None
    assert (lens.zoom_ring, lens.focus_ring, lens.focal_length_mm) == (0.25, 1.0, None)
    outside = D1(0, 0, 0, (0, 0, 0), zoom=0x7AC1, focus=0)
    told = sample_from_freed(outside, 0, PROFILES["sony"]).lens
    assert told is None or (told.zoom_ring, told.focus_ring) == (None, None)


def test_vizrt_counts_stand_about_the_middle_of_the_field() -> None:
    profile = PROFILES["vizrt"].calibrated(read_calibration("zoom,-100,10\nzoom,100,20"))
    packet = D1(0, 0, 0, (0, 0, 0), zoom=0x80000, focus=0)
    lens = sample_from_freed(packet, 0, profile).lens
    assert lens == LensReport(focal_length_mm=15.0)
    assert freed_from_sample(sample(lens), profile=profile).zoom == 0x80000


@pytest.mark.parametrize("profile", [PROFILES["z-cam"], PROFILES["syncro-link"], PANASONIC])
def test_a_lens_survives_the_wire_in_every_profile_that_says_it(profile: object) -> None:
    assert isinstance(profile, type(PANASONIC))
    packet = decode(encode(freed_from_sample(sample(), 3, profile)))
    lens = sample_from_freed(packet, 0, profile).lens
    assert lens is not None
    assert lens.focal_length_mm == pytest.approx(35.0, abs=0.02)
    assert lens.focus_distance_m == pytest.approx(2.5, rel=0.01)
    assert lens.f_stop == pytest.approx(2.8, abs=0.05)


def test_the_raw_profile_sends_no_lens() -> None:
    packet = freed_from_sample(sample())
    assert (packet.zoom, packet.focus, packet.user) == (0, 0, 0)


def test_absurd_lenses_are_held_within_the_fields() -> None:
    wild = LensReport(focal_length_mm=1e300, focus_distance_m=1e300, f_stop=1e300)
    packet = freed_from_sample(sample(wild), profile=PROFILES["z-cam"])
    assert (packet.zoom, packet.focus, packet.user) == (10_000_000, 10_000_000, 0xFFF)


def test_z_cam_counts_its_frames_in_the_user_field() -> None:
    out, heard = FreeDEncoder(2, PROFILES["z-cam"]), FreeDDecoder(PROFILES["z-cam"])
    sequences = [
        each.sequence
        for _ in range(18)
        for packet in out.encode(sample(), 0)
        for each in heard.feed(packet, "10.0.0.9:4000", 5)
    ]
    assert sequences == [*range(16), 0, 1]


def test_a_datagram_is_heard_as_a_camera_of_a_sender() -> None:
    decoder = FreeDDecoder()
    packet = encode(D1(0.1, 0, 0, (1, 2, 3), camera_id=4))
    assert decoder.takes(packet)
    (heard,) = decoder.feed(packet, "10.0.0.9:4000", 5)
    assert heard.source == "FreeD camera 4 from 10.0.0.9"
    assert heard.pose is not None
    assert heard.pose.position_m == pytest.approx((1, 2, 3))
    assert (heard.lens, heard.sequence) == (None, None)
    assert heard.fields == ("zoom count", "focus count", "iris count")
    assert len(decoder.feed(packet * 3, "10.0.0.9:4000", 5)) == 3


def test_the_same_number_from_two_programs_of_one_machine_is_two_cameras() -> None:
    decoder = FreeDDecoder()
    one, two = (encode(D1(0, 0, 0, (0, 0, 0), camera_id=number)) for number in (1, 2))
    for _ in range(9):
        decoder.feed(one, "10.0.0.9:4000", 5)
    told = [
        decoder.feed(packet, f"10.0.0.9:{port}", 5)[0].source
        for packet, port in ((one, 4000), (one, 4001), (two, 4001))
    ]
    host = "from 10.0.0.9"
    assert told == [f"FreeD camera 1 {host}", f"FreeD camera 1 {host}:4001", f"FreeD camera 2 {host}"]


def test_faults_are_counted_by_name_and_every_name_is_explained() -> None:
    decoder = FreeDDecoder(PROFILES["panasonic"])
    good = encode(D1(0, 0, 0, (0, 0, 0), zoom=0x600, focus=0x600, user=0x600))
    status = bytes((0xD2, 1, *range(13)))
    for datagram in (
        good,
        good[:-1] + b"\0",
        good[:20],
        b"",
        b"GET / HTTP/1.1",
        status + bytes((checksum(status),)),
        encode(D1(0, 0, 0, (0, 0, 0))),
    ):
        decoder.feed(datagram, "a", 0)
    assert decoder.faults == {CHECKSUM: 1, LENGTH: 2, UNKNOWN: 1, OTHER: 1, RANGE: 1}
    assert set(decoder.faults) <= set(FAULTS)


def test_a_pose_beyond_the_fields_is_counted_not_sent() -> None:
    encoder = FreeDEncoder()
    assert encoder.encode(sample(x=500.0), 0) == ()
    assert encoder.faults == {TOO_FAR: 1}
    assert len(encoder.encode(sample(), 0)) == 1


@given(st.binary(max_size=90), st.sampled_from(sorted(PROFILES)))
def test_a_decoder_never_raises(datagram: bytes, profile: str) -> None:
    decoder = FreeDDecoder(PROFILES[profile])
    decoder.takes(datagram)
    decoder.feed(datagram, "a", 0)
    decoder.feed(b"\xd1" + datagram[:27] + bytes((checksum(b"\xd1" + datagram[:27]),)), "a", 0)


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.floats()] * 3), st.lists(st.none() | st.floats(), min_size=5, max_size=5))
def test_an_encoder_never_raises_whatever_the_numbers(
    place: tuple[float, float, float], lens: list[float | None]
) -> None:
    pose = Pose(place, (1.0, 0.0, 0.0, 0.0))
    report = LensReport(*lens[:3], sensor_width_mm=lens[3], sensor_height_mm=lens[4])
    for encoder in (FreeDEncoder(1, PANASONIC), FreeDEncoder(1, PROFILES["z-cam"])):
        for datagram in encoder.encode(TrackSample(0, pose, report), 5):
            assert datagram
            assert all(map(math.isfinite, place))
