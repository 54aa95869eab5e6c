from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.stage.lens.model import Lens, distort, pinhole, pixel_grid, project, rays, undistort

LENSES = st.builds(
    Lens,
    width_px=st.just(1280),
    height_px=st.just(720),
    fx_px=st.floats(700, 3000),
    fy_px=st.floats(700, 3000),
    cx_px=st.floats(560, 720),
    cy_px=st.floats(300, 420),
    k1=st.floats(-0.15, 0.3),
    k2=st.floats(0.0, 0.1),
    p1=st.floats(-0.002, 0.002),
    p2=st.floats(-0.002, 0.002),
    k3=st.floats(0.0, 0.01),
)
PIXEL = st.tuples(st.floats(0, 1280), st.floats(0, 720))


@given(LENSES, PIXEL)
def test_a_ray_comes_back_to_its_pixel(lens: Lens, pixel: tuple[float, float]) -> None:
    direction = rays(lens, np.array(pixel))
    assert direction[2] == -1.0
    assert project(lens, direction * 7.5).tolist() == pytest.approx(list(pixel), abs=1e-6)


@given(LENSES, PIXEL)
def test_undistort_undoes_distort(lens: Lens, pixel: tuple[float, float]) -> None:
    ideal = np.array([(pixel[0] - 640) / 1200, (pixel[1] - 360) / 1200])
    assert undistort(lens, distort(lens, ideal)).tolist() == pytest.approx(ideal.tolist(), abs=1e-9)


def test_projection_is_opencvs_half_a_pixel_apart() -> None:
    lens = Lens(1920, 1080, 1500, 1510, 970, 530, k1=-0.2, k2=0.08, p1=0.0012, p2=-0.0008, k3=-0.01)
    rng = np.random.default_rng(1)
    points = np.stack([rng.uniform(-2, 2, 50), rng.uniform(-1, 1, 50), rng.uniform(-6, -3, 50)], axis=1)
    camera = np.array([[1500.0, 0, 970 - 0.5], [0, 1510.0, 530 - 0.5], [0, 0, 1]])
    opencv_points = points * [1, -1, -1]
    seen, _ = cv2.projectPoints(
        opencv_points, np.zeros(3), np.zeros(3), camera, np.array([-0.2, 0.08, 0.0012, -0.0008, -0.01])
    )
    assert np.abs(project(lens, points) - (seen.reshape(-1, 2) + 0.5)).max() < 1e-9


def test_up_in_the_room_is_up_in_the_picture() -> None:
    lens = pinhole(1280, 720, 35.0, 36.0)
    x, y = project(lens, np.array([0.5, 0.5, -3.0])).tolist()
    assert x > 640
    assert y < 360


def test_a_pinhole_has_its_focal_length_and_axis() -> None:
    lens = pinhole(1920, 1080, 35.0, 24.9)
    assert lens.focal_length_mm == pytest.approx(35.0)
    assert project(lens, np.array([0.0, 0.0, -1.0])).tolist() == [960.0, 540.0]


@given(LENSES, PIXEL, st.sampled_from([(640, 360), (1920, 1080), (2560, 720)]))
def test_a_scaled_lens_frames_the_same(
    lens: Lens, pixel: tuple[float, float], size: tuple[int, int]
) -> None:
    scaled = lens.scaled_to(*size)
    moved = np.array(pixel) * [size[0] / 1280, size[1] / 720]
    assert np.allclose(rays(scaled, moved), rays(lens, np.array(pixel)), atol=1e-9)


@pytest.mark.parametrize("k1", [-0.35, -2.0, 50.0, -1e3])
def test_past_its_fold_a_lens_still_gives_finite_rays(k1: float) -> None:
    lens = replace(pinhole(640, 360, 12.0, 36.0), k1=k1, k2=0.03)
    assert np.isfinite(rays(lens, pixel_grid(64, 36) * 10)).all()


def test_the_first_pixels_centre_is_half_a_pixel_in() -> None:
    grid = pixel_grid(4, 3)
    assert grid.shape == (3, 4, 2)
    assert grid[0, 0].tolist() == [0.5, 0.5]
    assert grid[2, 3].tolist() == [3.5, 2.5]
    assert math.isclose(float(grid[..., 0].mean()), 2.0)


def test_a_fisheye_projection_is_opencvs_half_a_pixel_apart() -> None:
    lens = Lens(1920, 1080, 900.0, 905.0, 951.0, 533.0, fisheye=(-0.02, 0.004, -0.002, 0.0003))
    rng = np.random.default_rng(2)
    points = np.column_stack([rng.uniform(-4, 4, (40, 2)), rng.uniform(-4, -1, 40)])
    matrix = np.array([[900.0, 0.0, 950.5], [0.0, 905.0, 532.5], [0.0, 0.0, 1.0]])
    seen, _ = cv2.fisheye.projectPoints(
        (points * [1, -1, -1])[:, None], np.zeros(3), np.zeros(3), matrix, np.array(lens.fisheye)
    )
    np.testing.assert_allclose(project(lens, points), seen[:, 0] + 0.5, atol=1e-9)
    pixels = pixel_grid(64, 36) * 30
    np.testing.assert_allclose(project(lens, rays(lens, pixels) * 3.0), pixels, atol=1e-6)
