from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.formats.opentrackio import Reading, read, validate
from openset.primitives.space import angle_between_rad, pose_from_pan_tilt_roll
from openset.stage.tracking.opentrackio_reading import (
    lens_of_reading,
    moved_forward,
    reading_from_sample,
    sample_from_reading,
    sample_from_track,
)
from openset.stage.tracking.samples import MODEL_UD, LensReport, TrackSample

ANGLE = st.floats(-1.4, 1.4)
LENS = LensReport(
    focal_length_mm=35.0,
    focus_distance_m=2.5,
    f_stop=2.8,
    entrance_pupil_offset_m=0.08,
    sensor_width_mm=24.9,
    sensor_height_mm=14.0,
    projection_offset_mm=(0.1, -0.05),
    distortion_offset_mm=(0.01, 0.02),
    distortion_model=MODEL_UD,
    radial=(1e-4, 0.0, 1e-7),
    tangential=(1e-5, -2e-5),
)


@given(st.tuples(*[st.floats(-30, 30)] * 3), ANGLE, ANGLE, ANGLE)
def test_a_sample_survives_opentrackio_and_back(
    place: tuple[float, float, float], pan: float, tilt: float, roll: float
) -> None:
    sample = TrackSample(
        123_456_789, pose_from_pan_tilt_roll(place, pan, tilt, roll), LENS, sequence=7, status="ok"
    )
    again = sample_from_reading(reading_from_sample(sample), sample.time_ns)
    assert again.lens == LENS
    assert (again.sequence, again.status, again.source_time_ns) == (7, "ok", sample.time_ns)
    assert np.allclose(again.stage_from_camera.position_m, place, atol=1e-9)
    assert angle_between_rad(again.stage_from_camera, sample.stage_from_camera) < 1e-6


def test_the_pose_is_of_the_entrance_pupil_in_front_of_the_sensor() -> None:
    reading = Reading((1.0, 2.0, 1.5), math.pi / 2, 0.0, 0.0, entrance_pupil_offset_m=0.1)
    sample = sample_from_reading(reading, 0)
    assert sample.stage_from_camera.position_m == pytest.approx((0.9, 2.0, 1.5))


@given(ANGLE, ANGLE, st.floats(-1, 1))
def test_moving_forward_and_back_is_nothing(pan: float, tilt: float, distance_m: float) -> None:
    pose = pose_from_pan_tilt_roll((1, 2, 3), pan, tilt, 0.2)
    there = moved_forward(pose, distance_m)
    assert math.dist(there.position_m, pose.position_m) == pytest.approx(abs(distance_m), abs=1e-9)
    assert moved_forward(there, -distance_m).position_m == pytest.approx((1, 2, 3))


def test_a_tracker_that_knows_no_lens_reports_none() -> None:
    bare = Reading((0.0, 0.0, 0.0), 0.0, 0.0, 0.0)
    assert lens_of_reading(bare) is None
    assert sample_from_reading(bare, 5).lens is None
    assert sample_from_reading(bare, 5, LensReport()).lens is None


def test_what_was_known_of_the_lens_earlier_is_used_for_the_pose_too() -> None:
    bare = Reading((0.0, 0.0, 0.0), 0.0, 0.0, 0.0)
    sample = sample_from_reading(bare, 5, LENS)
    assert sample.lens == LENS
    assert sample.stage_from_camera.position_m == pytest.approx((0.0, 0.08, 0.0))


def test_any_trackers_sample_is_recorded_as_valid_opentrackio() -> None:
    pose = pose_from_pan_tilt_roll((1.0, -2.0, 1.5), 0.3, -0.1, 0.02)
    for lens in (LENS, None):
        raw = sample_from_track(TrackSample(77_000_000_001, pose, lens))
        assert validate(raw) == []
        again = sample_from_reading(read(raw), 0)
        assert again.source_time_ns == 77_000_000_001
        assert again.stage_from_camera.position_m == pytest.approx((1.0, -2.0, 1.5))
        assert again.lens == lens


def test_a_sample_before_time_zero_is_recorded_without_a_stamp() -> None:
    pose = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 0.0, 0.0, 0.0)
    raw = sample_from_track(TrackSample(-5, pose))
    assert validate(raw) == []
    assert read(raw).sample_time_ns is None
