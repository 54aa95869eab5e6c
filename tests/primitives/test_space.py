from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from openset.primitives.space import (
    IDENTITY,
    Pose,
    angle_between_rad,
    interpolate,
    look_at,
    matrix_from_quaternion,
    moved_along_sight,
    pan_tilt_roll_from_pose,
    pose_from_pan_tilt_roll,
    quaternion_from_matrix,
    slerp,
    turned,
)

ANGLE = st.floats(-math.pi, math.pi)
PLACE = st.tuples(*[st.floats(-50, 50)] * 3)
POSE = st.builds(pose_from_pan_tilt_roll, PLACE, ANGLE, ANGLE, ANGLE)


def looks_along(pose: Pose) -> np.ndarray:
    return pose.matrix[:3, :3] @ [0.0, 0.0, -1.0]


def test_at_zero_the_camera_looks_along_y_with_z_up() -> None:
    pose = pose_from_pan_tilt_roll((0, 0, 0), 0, 0, 0)
    assert np.allclose(looks_along(pose), [0, 1, 0])
    assert np.allclose(pose.matrix[:3, 1], [0, 0, 1])
    assert np.allclose(pose.matrix[:3, 0], [1, 0, 0])


def test_positive_pan_turns_left_positive_tilt_up_positive_roll_clockwise_from_behind() -> None:
    left = pose_from_pan_tilt_roll((0, 0, 0), math.pi / 2, 0, 0)
    assert np.allclose(looks_along(left), [-1, 0, 0])
    up = pose_from_pan_tilt_roll((0, 0, 0), 0, math.pi / 4, 0)
    assert looks_along(up)[2] == pytest.approx(math.sqrt(0.5))
    rolled = pose_from_pan_tilt_roll((0, 0, 0), 0, 0, math.pi / 2)
    assert np.allclose(rolled.matrix[:3, 1], [1, 0, 0])  # its top points to the right


def test_tilt_is_about_the_panned_camera_and_roll_about_the_tilted_one() -> None:
    pose = pose_from_pan_tilt_roll((0, 0, 0), 0.5, 0.3, 0.8)
    forward = looks_along(pose)
    assert np.allclose(
        forward, [-math.sin(0.5) * math.cos(0.3), math.cos(0.5) * math.cos(0.3), math.sin(0.3)]
    )


@given(PLACE, ANGLE, st.floats(-1.5, 1.5), ANGLE)
def test_angles_read_back(
    place: tuple[float, float, float], pan: float, tilt: float, roll: float
) -> None:
    pose = pose_from_pan_tilt_roll(place, pan, tilt, roll)
    again = pose_from_pan_tilt_roll(place, *pan_tilt_roll_from_pose(pose))
    assert angle_between_rad(pose, again) < 1e-6
    found = pan_tilt_roll_from_pose(pose)
    assert found[1] == pytest.approx(tilt, abs=1e-9)


@pytest.mark.parametrize("tilt", [math.pi / 2, -math.pi / 2])
@pytest.mark.parametrize("pan", [0.0, 1.0, -2.5])
def test_straight_up_and_down_read_back_with_no_roll(tilt: float, pan: float) -> None:
    pose = pose_from_pan_tilt_roll((0, 0, 0), pan, tilt, 0.4)
    found = pan_tilt_roll_from_pose(pose)
    assert found[2] == 0.0
    assert angle_between_rad(pose, pose_from_pan_tilt_roll((0, 0, 0), *found)) < 1e-6


@given(POSE, POSE, POSE)
def test_poses_chain_in_any_grouping(a: Pose, b: Pose, c: Pose) -> None:
    assert np.allclose(a.after(b).after(c).matrix, a.after(b.after(c)).matrix, atol=1e-9)


@given(POSE)
def test_a_pose_and_its_inverse_are_nothing(pose: Pose) -> None:
    assert np.allclose(pose.after(pose.inverse()).matrix, IDENTITY.matrix, atol=1e-9)
    assert np.allclose(pose.matrix @ pose.inverse().matrix, np.eye(4), atol=1e-9)


@given(st.tuples(*[st.floats(-1, 1)] * 4))
def test_quaternions_survive_matrices(wxyz: tuple[float, float, float, float]) -> None:
    quaternion = np.array(wxyz)
    assume(np.linalg.norm(quaternion) > 0.1)
    quaternion /= np.linalg.norm(quaternion)
    again = quaternion_from_matrix(matrix_from_quaternion(quaternion))
    assert again[0] >= 0
    assert abs(float(again @ quaternion)) == pytest.approx(1.0, abs=1e-12)


@given(POSE, POSE, st.floats(0, 1))
def test_interpolation_turns_at_an_even_speed_the_short_way(
    start: Pose, end: Pose, fraction: float
) -> None:
    whole = angle_between_rad(start, end)
    assume(whole < math.pi - 1e-3)
    middle = interpolate(start, end, fraction)
    assert angle_between_rad(start, middle) == pytest.approx(fraction * whole, abs=2e-6)
    assert np.allclose(
        middle.position_m,
        np.array(start.position_m) * (1 - fraction) + np.array(end.position_m) * fraction,
    )


def test_slerp_takes_the_short_way_between_opposite_signs() -> None:
    a = np.array([math.cos(0.1), math.sin(0.1), 0, 0])
    middle = slerp(np.array([1.0, 0, 0, 0]), -a, 0.5)
    assert abs(middle[1]) == pytest.approx(math.sin(0.05))


@given(PLACE, PLACE)
def test_look_at_puts_the_target_on_the_axis(
    place: tuple[float, float, float], target: tuple[float, float, float]
) -> None:
    assume(math.dist(place, target) > 1e-3)
    pose = look_at(place, target)
    seen = pose.inverse().matrix @ [*target, 1.0]
    assert seen[2] < 0
    assert math.hypot(seen[0], seen[1]) < 1e-6 * max(1.0, math.dist(place, target))


def test_a_camera_may_look_straight_down() -> None:
    pose = look_at((1, 2, 5), (1, 2, 0))
    assert np.allclose(looks_along(pose), [0, 0, -1])
    assert np.allclose(pose.matrix[:3, 1], [0, 1, 0])


def test_a_camera_cannot_look_at_itself() -> None:
    with pytest.raises(ValueError, match="where it stands"):
        look_at((1, 2, 3), (1, 2, 3))


TRACK_FROM_CAMERA = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])


def about(axis: str, angle: float) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array(
        {
            "x": [[1, 0, 0], [0, c, -s], [0, s, c]],
            "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
            "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
        }[axis]
    )


@given(PLACE, *[st.floats(-10, 10)] * 3)
def test_the_closed_form_of_pan_tilt_roll_is_the_product_of_the_three_matrices(
    place: tuple[float, float, float], pan: float, tilt: float, roll: float
) -> None:
    pose = pose_from_pan_tilt_roll(place, pan, tilt, roll)
    whole = about("z", pan) @ about("x", tilt) @ about("y", roll) @ TRACK_FROM_CAMERA
    assert np.allclose(pose.matrix[:3, :3], whole, rtol=0, atol=1e-14)
    assert pose.rotation_wxyz[0] >= 0
    assert pose.position_m == place


@given(POSE, POSE)
def test_poses_chain_and_turn_back_as_their_matrices_do(a: Pose, b: Pose) -> None:
    assert np.allclose(a.after(b).matrix, a.matrix @ b.matrix, rtol=0, atol=1e-12)
    assert np.allclose(a.inverse().matrix, np.linalg.inv(a.matrix), rtol=0, atol=1e-12)
    for pose in (a.after(b), a.inverse()):
        assert pose.rotation_wxyz[0] >= 0
        assert math.hypot(*pose.rotation_wxyz) == pytest.approx(1.0, abs=1e-15)


@given(POSE, PLACE, st.floats(0.5, 2.0))
def test_a_vector_turns_as_its_matrix_turns_it_whatever_the_quaternions_length(
    pose: Pose, vector: tuple[float, float, float], length: float
) -> None:
    w, x, y, z = (length * each for each in pose.rotation_wxyz)
    assert np.allclose(turned((w, x, y, z), vector), pose.matrix[:3, :3] @ vector, atol=1e-12)


@given(POSE, st.floats(-10, 10))
def test_moving_along_the_sight_is_moving_along_minus_z(pose: Pose, distance_m: float) -> None:
    by_matrix = np.array(pose.position_m) + distance_m * looks_along(pose)
    moved = moved_along_sight(pose, distance_m)
    assert np.allclose(moved.position_m, by_matrix, rtol=0, atol=1e-12)
    assert moved.rotation_wxyz == pose.rotation_wxyz


@given(POSE)
def test_angles_are_those_of_the_matrix(pose: Pose) -> None:
    m = pose.matrix[:3, :3] @ TRACK_FROM_CAMERA.T
    assume(abs(m[2, 1]) < 1 - 1e-6)
    pan, tilt, roll = pan_tilt_roll_from_pose(pose)
    assert tilt == pytest.approx(math.asin(m[2, 1]), abs=1e-9)
    assert math.remainder(pan - math.atan2(-m[0, 1], m[1, 1]), math.tau) == pytest.approx(0, abs=1e-9)
    assert math.remainder(roll - math.atan2(-m[2, 0], m[2, 2]), math.tau) == pytest.approx(0, abs=1e-9)
