from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openset.formats import mosys_f4
from openset.primitives.space import pan_tilt_roll_from_pose
from openset.stage.tracking.mosys import sample_from_f4


@pytest.fixture(scope="module")
def frame(shared_data: Path) -> mosys_f4.F4Frame:
    data = (shared_data / "tracking" / "mosys_A003_C001.f4").read_bytes()
    return mosys_f4.read(data).frames[0]


def test_the_pupil_is_in_front_of_the_sensor_that_mosys_reports(frame: mosys_f4.F4Frame) -> None:
    sample = sample_from_f4(frame, 42)
    assert sample.time_ns == 42
    assert pan_tilt_roll_from_pose(sample.stage_from_camera) == pytest.approx(
        (frame.pan_rad, frame.tilt_rad, frame.roll_rad)
    )
    forward = sample.stage_from_camera.matrix[:3, :3] @ [0.0, 0.0, -1.0]
    moved = np.array(sample.stage_from_camera.position_m) - frame.position_m
    assert moved.tolist() == pytest.approx((forward * frame.entrance_pupil_offset_m).tolist())


@pytest.mark.parametrize("sensor_width_mm", [36.0, 24.9])
def test_the_angle_of_view_is_mosys_own_whatever_sensor_is_named(
    frame: mosys_f4.F4Frame, sensor_width_mm: float
) -> None:
    lens = sample_from_f4(frame, 0, sensor_width_mm).lens
    assert lens is not None
    assert lens.sensor_height_mm is not None
    assert lens.focal_length_mm is not None
    across = 2 * math.atan(sensor_width_mm / 2 / lens.focal_length_mm)
    up = 2 * math.atan(lens.sensor_height_mm / 2 / lens.focal_length_mm)
    assert across == pytest.approx(frame.horizontal_fov_rad)
    assert up == pytest.approx(frame.vertical_fov_rad)


def test_a_frame_without_lens_has_no_report(frame: mosys_f4.F4Frame) -> None:
    assert sample_from_f4(replace(frame, fx_px=None), 0).lens is None
