"""Browsers' own poses in the stage's axes, and standing on the mark."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.space import Pose, look_at, pan_tilt_roll_from_pose
from openset.stage.markers.phone_pose import aligned_on_mark, pose_from_facing, pose_from_xr

angles = st.floats(-180, 180)


def ahead(pose: Pose) -> np.ndarray:
    return -pose.matrix[:3, 2]


def test_xr_at_rest_looks_along_plus_y_with_z_up() -> None:
    pose = pose_from_xr((1.0, 1.6, -2.0), (0.0, 0.0, 0.0, 1.0))
    assert pose is not None
    # XR's (x right, y up, -z ahead) is the stage's (x right, z up, y ahead).
    assert np.allclose(pose.position_m, (1.0, 2.0, 1.6))
    assert np.allclose(ahead(pose), (0, 1, 0))
    assert np.allclose(pose.matrix[:3, 1], (0, 0, 1))


@pytest.mark.parametrize("q", [(0.0, 0.0, 0.0, 0.0), (1.0, 1.0, 0.0, 0.0)])
def test_xr_without_a_rotation_is_no_pose(q: tuple[float, ...]) -> None:
    assert pose_from_xr((0.0, 0.0, 0.0), q) is None


@pytest.mark.parametrize(
    ("given_deg", "looks", "up"),
    [
        ((0, 90, 0, 0), (0, 1, 0), (0, 0, 1)),  # upright, its back to the north
        ((90, 90, 0, 0), (-1, 0, 0), (0, 0, 1)),  # turned left: to the west
        ((0, 0, 0, 0), (0, 0, -1), (0, 1, 0)),  # flat on the table: the camera looks down
        ((0, 0, -90, 90), (1, 0, 0), (0, 0, 1)),  # on its side, top to the left, beta 0 gamma -90
    ],
)
def test_how_the_phone_is_held_is_how_its_rear_camera_looks(
    given_deg: tuple[float, float, float, float], looks: tuple[int, ...], up: tuple[int, ...]
) -> None:
    pose = pose_from_facing(*given_deg)
    assert np.allclose(ahead(pose), looks, atol=1e-9)
    assert np.allclose(pose.matrix[:3, 1], up, atol=1e-9)


@given(angles, st.floats(-78, 78), angles, angles, st.tuples(*[st.floats(-3, 3)] * 3))
def test_on_the_mark_only_heading_and_place_change(
    heading: float, tilt: float, roll: float, wanted: float, place: tuple[float, float, float]
) -> None:
    from openset.primitives.space import pose_from_pan_tilt_roll

    own = pose_from_pan_tilt_roll(place, *(math.radians(each) for each in (heading, tilt, roll)))
    aligned = aligned_on_mark(own, (0.5, -2.0, 1.4), math.radians(wanted))
    stage = aligned.of(own)
    assert np.allclose(stage.position_m, (0.5, -2.0, 1.4), atol=1e-9)
    pan, now_tilt, now_roll = pan_tilt_roll_from_pose(stage)
    assert math.isclose(math.cos(pan - math.radians(wanted)), 1.0, abs_tol=1e-9)
    assert math.isclose(now_tilt, math.radians(tilt), abs_tol=1e-6)
    assert math.isclose(math.cos(now_roll - math.radians(roll)), 1.0, abs_tol=1e-6)


def test_after_the_mark_a_step_ahead_is_a_step_along_y() -> None:
    own = look_at((4.0, 1.0, 1.5), (7.0, 1.0, 1.5))  # looks along its own +X
    aligned = aligned_on_mark(own, (0.0, 0.0, 1.5))
    later = look_at((5.0, 1.0, 1.5), (8.0, 1.0, 1.5))
    assert np.allclose(aligned.of(later).position_m, (0.0, 1.0, 1.5), atol=1e-9)


def test_held_straight_down_the_top_of_the_picture_is_ahead() -> None:
    own = pose_from_facing(90, 0, 0, 0)  # flat on the table, its top to the west
    stage = aligned_on_mark(own, (0.0, 0.0, 1.0)).of(own)
    assert np.allclose(ahead(stage), (0, 0, -1), atol=1e-9)
    assert np.allclose(stage.matrix[:3, 1], (0, 1, 0), atol=1e-9)
