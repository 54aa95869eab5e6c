"""The judge's own optics, held against hand-computed points, OpenCV and the shared pose conventions."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.primitives.space import look_at, pan_tilt_roll_from_pose, pose_from_pan_tilt_roll
from openset.sim.optics import (
    Optics,
    angles_towards,
    bend,
    project,
    rotation_from_angles,
    sight_lines,
    unbend,
)

PLAIN = Optics(1280, 720, 1600.0, 640.0, 360.0)
REAL = Optics(1280, 720, 1493.3, 644.1, 357.3, -0.12, 0.03, 5e-4, -4e-4)
angles = st.floats(-1.2, 1.2)


def test_a_point_one_metre_right_and_up_at_four_metres_lands_where_a_hand_computes() -> None:
    level = rotation_from_angles(0.0, 0.0, 0.0)
    seen = project(PLAIN, np.array([0.0, -4.0, 1.5]), level, np.array([1.0, 0.0, 2.5]))
    assert np.allclose(seen, [640 + 1600 / 4, 360 - 1600 / 4])


def test_distortion_of_one_point_is_the_polynomial_worked_out_by_hand() -> None:
    lens = Optics(100, 100, 1.0, 0.0, 0.0, k1=-0.1, k2=0.05, p1=0.01, p2=-0.02)
    x, y = bend(lens, np.array(0.5), np.array(0.25))
    r2 = 0.3125
    stretch = 1 - 0.1 * r2 + 0.05 * r2 * r2
    assert np.isclose(x, 0.5 * stretch + 2 * 0.01 * 0.125 + -0.02 * (r2 + 0.5))
    assert np.isclose(y, 0.25 * stretch + 0.01 * (r2 + 0.125) + 2 * -0.02 * 0.125)


def test_projection_agrees_with_opencv_but_for_its_half_pixel() -> None:
    random = np.random.default_rng(5)
    points = random.uniform((-1.5, -0.5, 0.2), (1.5, 2.8, 2.4), (200, 3))
    position, rotation = np.array([0.4, -4.1, 1.5]), rotation_from_angles(0.1, -0.07, 0.03)
    to_opencv = np.diag([1.0, -1.0, -1.0]) @ rotation.T
    matrix = np.array([[REAL.f_px, 0, REAL.cx_px - 0.5], [0, REAL.f_px, REAL.cy_px - 0.5], [0, 0, 1.0]])
    theirs, _ = cv2.projectPoints(
        points,
        cv2.Rodrigues(to_opencv)[0],
        -to_opencv @ position,
        matrix,
        np.array([REAL.k1, REAL.k2, REAL.p1, REAL.p2]),
    )
    assert np.allclose(project(REAL, position, rotation, points), theirs[:, 0] + 0.5, atol=1e-6)


@settings(deadline=None)
@given(angles, angles, angles)
def test_rotations_follow_the_shared_conventions(pan: float, tilt: float, roll: float) -> None:
    shared = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), pan, tilt, roll).matrix[:3, :3]
    assert np.allclose(rotation_from_angles(pan, tilt, roll), shared, atol=1e-12)


@settings(deadline=None)
@given(angles, angles, st.floats(0.0, 2.0))
def test_a_camera_pointed_at_a_target_looks_at_it(x: float, y: float, z: float) -> None:
    eye, target = np.array([x, y - 4.0, 1.5]), np.array([0.1, 0.0, z])
    pan, tilt = angles_towards(eye, target)
    shared = pan_tilt_roll_from_pose(look_at(tuple(eye.tolist()), tuple(target.tolist())))
    assert np.allclose((pan, tilt, 0.0), shared, atol=1e-9)
    assert np.allclose(project(PLAIN, eye, rotation_from_angles(pan, tilt, 0.0), target), (640, 360))


@settings(deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(-0.3, 0.3))
def test_unbending_undoes_bending(x: float, y: float) -> None:
    bent = bend(REAL, np.array([x]), np.array([y]))
    back = unbend(REAL, *bent)
    assert np.allclose(back, [[x], [y]], atol=1e-12)


def test_the_sight_line_of_a_pixel_projects_back_to_its_centre() -> None:
    lines = sight_lines(REAL)
    ideal = np.array([lines[0, 17, 1200], -lines[1, 17, 1200], -1.0])
    rotation = rotation_from_angles(0.2, 0.1, 0.0)
    seen = project(REAL, np.zeros(3), rotation, rotation @ ideal * 3.0)
    assert np.allclose(seen, (1200.5, 17.5), atol=1e-3)


def test_a_fisheye_is_opencvs_but_for_its_half_pixel_and_comes_back() -> None:
    wide = Optics(1280, 720, 620.0, 641.0, 357.0, fisheye=(-0.02, 0.004, -0.002, 0.0003))
    random = np.random.default_rng(6)
    points = random.uniform((-3.5, 1.5, -2.0), (3.5, 3.0, 3.0), (200, 3))
    position, rotation = np.array([0.1, 0.0, 0.4]), rotation_from_angles(0.05, 0.02, -0.03)
    to_opencv = np.diag([1.0, -1.0, -1.0]) @ rotation.T
    matrix = np.array([[620.0, 0, 640.5], [0, 620.0, 356.5], [0, 0, 1.0]])
    theirs, _ = cv2.fisheye.projectPoints(
        points[:, None],
        cv2.Rodrigues(to_opencv)[0],
        -to_opencv @ position,
        matrix,
        np.array([-0.02, 0.004, -0.002, 0.0003]),
    )
    seen = project(wide, position, rotation, points)
    assert np.allclose(seen, theirs[:, 0] + 0.5, atol=1e-6)
    x, y = random.uniform(-2.0, 2.0, (2, 300))
    back_x, back_y = unbend(wide, *bend(wide, x, y))
    assert np.allclose([back_x, back_y], [x, y], atol=1e-9)


def test_the_sixth_power_and_oblong_pixels_count() -> None:
    lens = Optics(100, 100, 1.0, 0.0, 0.0, k3=0.2, fy_px=2.0)
    x, y = bend(lens, np.array(0.5), np.array(0.25))
    # r2 = 0.3125, stretch 1 + 0.2 r2^3
    assert np.allclose([x, y], [0.5 * (1 + 0.2 * 0.3125**3), 0.25 * (1 + 0.2 * 0.3125**3)])
    level = rotation_from_angles(0.0, 0.0, 0.0)
    assert np.allclose(
        project(Optics(100, 100, 1.0, 0, 0, fy_px=2.0), np.zeros(3), level, np.array([0, 1, 0.5])),
        [0, -1],
    )
