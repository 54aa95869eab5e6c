from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.axes import NAMED, UNITY, UNREAL, Y_UP, Axes, unit
from openset.primitives.space import Pose, angle_between_rad, pan_tilt_roll_from_pose

HALF = math.sqrt(0.5)
units = (
    st.tuples(*[st.floats(-1, 1)] * 4)
    .filter(lambda q: math.hypot(*q) > 0.1)
    .map(lambda q: tuple(each / math.hypot(*q) for each in q))
)
places = st.tuples(*[st.floats(-100, 100)] * 3)


def ahead(pose: Pose) -> list[float]:
    return (pose.matrix[:3, :3] @ [0.0, 0.0, -1.0]).round(9).tolist()  # type: ignore[no-any-return]


def up(pose: Pose) -> list[float]:
    return (pose.matrix[:3, :3] @ [0.0, 1.0, 0.0]).round(9).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["unity", "unreal", "y-up", "z-up"])
def test_their_camera_at_rest_looks_along_our_y_with_z_up(name: str) -> None:
    pose = NAMED[name].camera((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    assert pan_tilt_roll_from_pose(pose) == pytest.approx((0.0, 0.0, 0.0))


def test_a_unity_camera_stands_and_turns_where_unity_shows_it() -> None:
    # One metre right, 1.5 up, 2 ahead. Unity's turn of +90 degrees about its Y is to the right.
    pose = UNITY.camera((1.0, 1.5, 2.0), (HALF, 0.0, HALF, 0.0))
    assert pose.position_m == (1.0, 2.0, 1.5)
    assert ahead(pose) == [1.0, 0.0, 0.0]
    assert pan_tilt_roll_from_pose(pose) == pytest.approx((-math.pi / 2, 0.0, 0.0))
    # Unity's turn of +90 degrees about its X tips the camera down.
    down = UNITY.camera((0.0, 0.0, 0.0), (HALF, HALF, 0.0, 0.0))
    assert ahead(down) == [0.0, 0.0, -1.0]
    assert up(down) == [0.0, 1.0, 0.0]


def test_an_unreal_camera_stands_and_turns_where_unreal_shows_it() -> None:
    # 200 cm ahead, 100 right, 150 up; yaw +90 degrees (about Z) is to the right.
    pose = UNREAL.camera((200.0, 100.0, 150.0), (HALF, 0.0, 0.0, HALF))
    assert pose.position_m == pytest.approx((1.0, 2.0, 1.5))
    assert ahead(pose) == [1.0, 0.0, 0.0]


def test_a_y_up_camera_pans_to_the_left_about_y() -> None:
    # Right-handed about Y: x turns to -z, so the camera's ahead, -z, turns to -x.
    pose = Y_UP.camera((1.0, 1.5, -2.0), (HALF, 0.0, HALF, 0.0))
    assert pose.position_m == (1.0, 2.0, 1.5)
    assert ahead(pose) == [-1.0, 0.0, 0.0]


@pytest.mark.parametrize("name", sorted(NAMED))
@given(place=places, turn=units)
def test_a_pose_goes_out_and_comes_back(
    name: str, place: tuple[float, float, float], turn: tuple[float, float, float, float]
) -> None:
    axes, pose = NAMED[name], Pose(place, turn)
    for out, back in ((axes.camera_out, axes.camera), (axes.frame_out, axes.frame)):
        again = back(*out(pose))
        assert again.position_m == pytest.approx(place, abs=1e-9)
        assert angle_between_rad(again, pose) < 1e-6


@given(units, places)
def test_the_closed_form_is_the_product_of_the_matrices(
    turn: tuple[float, float, float, float], place: tuple[float, float, float]
) -> None:
    # Unity: C swaps y and z, D turns our camera (right, up, back) into theirs (right, up, ahead).
    swap = np.array([[1.0, 0, 0], [0, 0, 1], [0, 1, 0]])
    theirs = Pose(place, turn).matrix
    expected = swap @ theirs[:3, :3] @ np.diag([1.0, 1.0, -1.0])
    got = UNITY.camera(place, turn).matrix
    assert got[:3, :3] == pytest.approx(expected, abs=1e-9)
    assert got[:3, 3] == pytest.approx(swap @ np.array(place))


def test_what_is_no_rotation_is_refused() -> None:
    for bad in [(0.0,) * 4, (math.nan, 0.0, 0.0, 1.0), (0.0, 1.0, math.inf, 0.0), (1e300,) * 4]:
        with pytest.raises(ValueError, match="quaternion"):
            unit(bad)  # type: ignore[arg-type]
    assert unit((2.0, 0.0, 0.0, 0.0)) == (1.0, 0.0, 0.0, 0.0)


def test_a_mirrored_camera_and_an_unknown_axis_are_refused() -> None:
    with pytest.raises(ValueError, match="mirrored"):
        Axes("odd", ("+x", "+y", "+z"), right="-x", up="+y", ahead="-z")
    with pytest.raises(ValueError, match="no axis"):
        Axes("odd", ("+x", "+y", "up"), right="+x", up="+y", ahead="-z")
