"""Turns between our world and other programs'."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.camera_shot import (
    Y_UP,
    angles_zxy,
    continuous_zxy,
    rotation,
    rotation_from_angles,
    same_side,
    turned,
    unturned,
)
from openset.primitives.space import Pose, angle_between_rad

degrees = st.floats(-180.0, 180.0)


def test_z_up_becomes_y_up_and_ahead_becomes_minus_z() -> None:
    assert pytest.approx([0, 1, 0]) == Y_UP @ [0, 0, 1]
    assert pytest.approx([0, 0, -1]) == Y_UP @ [0, 1, 0]
    assert np.linalg.det(Y_UP) == pytest.approx(1.0)


def test_a_rotation_is_right_handed_about_its_axis() -> None:
    assert rotation("Z", 90.0) @ [1, 0, 0] == pytest.approx([0, 1, 0])
    assert rotation("X", 90.0) @ [0, 1, 0] == pytest.approx([0, 0, 1])
    assert rotation("Y", 90.0) @ [0, 0, 1] == pytest.approx([1, 0, 0])


def test_an_order_names_what_is_turned_first() -> None:
    # ZXY: x goes to y by Z, then y to z by X; Y (0 degrees) leaves it.
    assert rotation_from_angles((90.0, 0.0, 90.0), "ZXY") @ [1, 0, 0] == pytest.approx([0, 0, 1])
    # XYZ: X leaves x alone, then Z takes it to y.
    assert rotation_from_angles((90.0, 0.0, 90.0), "XYZ") @ [1, 0, 0] == pytest.approx([0, 1, 0])


@given(degrees, degrees, degrees)
@settings(max_examples=200, deadline=None)
def test_angles_give_back_their_rotation(x: float, y: float, z: float) -> None:
    wanted = rotation_from_angles((x, y, z), "ZXY")
    again = rotation_from_angles(angles_zxy(wanted), "ZXY")
    # Near the pole two angles make one turn; what is left is asin's own precision there.
    assert np.abs(again - wanted).max() < 2e-6


@pytest.mark.parametrize("tilt", [90.0, -90.0])
def test_straight_up_and_down_have_angles_too(tilt: float) -> None:
    wanted = rotation_from_angles((tilt, 33.0, 12.0), "ZXY")
    x, _, z = angles_zxy(wanted)
    assert x == pytest.approx(tilt)
    assert z == 0.0
    assert np.allclose(rotation_from_angles(angles_zxy(wanted), "ZXY"), wanted, atol=1e-7)


def test_a_pan_past_half_a_turn_does_not_jump() -> None:
    jumping = [(0.0, angle, 0.0) for angle in (170.0, 178.0, -174.0, -166.0)]
    assert [y for _, y, _ in continuous_zxy(jumping)] == pytest.approx([170, 178, 186, 194])


def test_a_tilt_over_the_top_does_not_flip() -> None:
    turns = [rotation_from_angles((tilt, 10.0, 0.0), "ZXY") for tilt in (80.0, 88.0, 96.0)]
    smooth = list(continuous_zxy(map(angles_zxy, turns)))
    assert [x for x, _, _ in smooth] == pytest.approx([80, 88, 96])
    assert all(
        np.allclose(rotation_from_angles(s, "ZXY"), t) for s, t in zip(smooth, turns, strict=True)
    )


def test_quaternions_stay_on_one_side() -> None:
    turns = list(same_side([(1.0, 0.0, 0.0, 0.0), (-0.9, -0.1, 0.0, 0.0), (-0.8, -0.2, 0.0, 0.0)]))
    assert turns == [(1.0, 0.0, 0.0, 0.0), (0.9, 0.1, -0.0, -0.0), (0.8, 0.2, -0.0, -0.0)]


def test_a_turned_pose_comes_back() -> None:
    pose = Pose((1.0, 2.0, 3.0), (0.5, 0.5, -0.5, 0.5))
    again = unturned(turned(pose, Y_UP), Y_UP)
    assert again.position_m == pytest.approx(pose.position_m)
    assert angle_between_rad(again, pose) < 1e-6
    assert turned(pose, Y_UP)[:3, 3] == pytest.approx([1.0, 3.0, -2.0])
