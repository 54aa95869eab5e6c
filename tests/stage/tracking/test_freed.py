from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.formats.freed import D1, decode, encode
from openset.primitives.errors import BadInput
from openset.primitives.space import angle_between_rad, pan_tilt_roll_from_pose, pose_from_pan_tilt_roll
from openset.stage.tracking.freed import PROFILES, freed_from_sample, profile_named, sample_from_freed
from openset.stage.tracking.samples import TrackSample

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


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadInput, match="syncro-link"):
        profile_named("unknown")
    assert profile_named("z-cam") is PROFILES["z-cam"]
