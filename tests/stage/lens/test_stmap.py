from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.stage.lens.model import Lens, pinhole, pixel_grid, project, rays
from openset.stage.lens.stmap import overscan, ray_map, st_map, straight_size

BARREL = replace(
    pinhole(640, 360, 24.0, 36.0), k1=-0.18, k2=0.05, p1=0.0012, p2=-0.0008, cx_px=324.0, cy_px=177.0
)
PINCUSHION = replace(pinhole(640, 360, 85.0, 36.0), k1=0.25, k2=0.4)
FISHY = replace(pinhole(640, 360, 14.0, 36.0), k1=-0.25, k2=0.07)
LENSES = [BARREL, PINCUSHION, FISHY]


def looked_up(values: np.ndarray, at_px: np.ndarray) -> np.ndarray:
    """A map at pixel positions (n, 2), bilinear; OpenCV's remap knows only 1/32 of a pixel."""
    x, y = (at_px - 0.5).T
    left = np.clip(np.floor(x).astype(int), 0, values.shape[1] - 2)
    top = np.clip(np.floor(y).astype(int), 0, values.shape[0] - 2)
    u, v = (x - left)[:, None], (y - top)[:, None]
    upper = values[top, left] * (1 - u) + values[top, left + 1] * u
    lower = values[top + 1, left] * (1 - u) + values[top + 1, left + 1] * u
    return upper * (1 - v) + lower * v


@pytest.mark.parametrize("lens", LENSES)
def test_bending_and_straightening_again_is_nothing_within_a_hundredth_of_a_pixel(lens: Lens) -> None:
    factor = overscan(lens)
    straighten, bend = st_map(lens, "undistort", factor), st_map(lens, "distort", factor)
    width, height = straight_size(lens, factor)
    assert straighten.shape == (height, width, 2)
    assert bend.shape == (360, 640, 2)
    start = pixel_grid(640, 360)[5:-5:9, 5:-5:11].reshape(-1, 2)
    rows, columns = (start - 0.5).astype(int).T[::-1]
    straight = bend[rows, columns] * [width, height]
    again = looked_up(straighten, straight) * [640, 360]
    assert np.abs(again - start).max() < 0.01


@pytest.mark.parametrize("lens", LENSES)
def test_overscan_is_just_enough(lens: Lens) -> None:
    factor = overscan(lens)
    bend = st_map(lens, "distort", factor)
    assert bend.min() >= 0.0
    assert bend.max() <= 1.0
    if factor > 1.01:
        assert st_map(lens, "distort", factor * 0.99 - 0.004).min() < 0.01


def test_a_lens_without_distortion_has_no_overscan_and_an_even_map() -> None:
    lens = pinhole(640, 360, 35.0, 36.0)
    assert overscan(lens) == 1.0
    expected = pixel_grid(640, 360) / [640, 360]
    for direction in ("undistort", "distort"):
        assert np.abs(st_map(lens, direction) - expected).max() < 1e-6


def test_a_straightened_picture_has_straight_lines() -> None:
    """A line in the room, bent by the lens, is straight in the picture that the map makes."""
    points = np.stack([np.linspace(-1.0, 1.2, 40), np.full(40, 0.7), np.full(40, -2.2)], axis=1)
    factor = overscan(BARREL)
    size = straight_size(BARREL, factor)
    seen = project(BARREL, points)
    assert np.abs(seen[:, 1] - seen[0, 1]).max() > 2.0
    straight = looked_up(st_map(BARREL, "distort", factor), seen) * size
    assert np.abs(straight[:, 1] - straight[0, 1]).max() < 0.02


def test_the_straight_picture_is_even_and_keeps_the_scale() -> None:
    width, height = straight_size(BARREL, 1.1)
    assert (width % 2, height % 2) == (0, 0)
    assert 704 <= width <= 706
    grid = st_map(pinhole(640, 360, 35.0, 36.0), "undistort", 1.1) * [640, 360]
    assert np.allclose(np.diff(grid[..., 0], axis=1), 1.0, atol=1e-4)


@pytest.mark.parametrize("lens", [*LENSES, replace(pinhole(640, 360, 12.0, 36.0), k1=-0.35, k2=0.03)])
def test_ray_maps_are_the_lens_solved_at_every_pixel(lens: Lens) -> None:
    expected = rays(lens, pixel_grid(640, 360))
    found = ray_map(lens)
    assert found.dtype == np.float32
    assert found.shape == (2, 360, 640)
    assert found.flags.c_contiguous
    assert np.abs(found - np.moveaxis(expected, -1, 0)[:2]).max() * lens.fx_px < 2e-3
