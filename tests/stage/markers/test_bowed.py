"""Corners of tags with bowed edges."""

from __future__ import annotations

import numpy as np
import pytest

from openset.sim.optics import Optics, rotation_from_angles
from openset.sim.prints import facing, tag_sheet
from openset.sim.sightings import CLEAN, picture, still, tag_corners
from openset.stage.lens.model import Lens, pinhole, project, rays
from openset.stage.markers.bowed import straightened, straightened_tags
from openset.stage.markers.detect import TagDetector

BARREL = Lens(1920, 1080, 1190.0, 1190.0, 963.0, 534.5, -0.11, 0.035, 4e-4, -3e-4)
SQUARE = np.array([[[1500.0, 200.0], [1620.0, 210.0], [1610.0, 330.0], [1490.0, 320.0]]])


def fitted(lens: Lens, corners: np.ndarray) -> np.ndarray:
    """Where lines fitted to many points of each edge, drawn through the lens, meet."""
    sight = rays(lens, corners)
    lines = []
    for edge in range(4):
        part = np.linspace(0.0, 1.0, 401)[:, None]
        points = project(lens, sight[edge] + (sight[(edge + 1) % 4] - sight[edge]) * part)
        middle = points.mean(axis=0)
        direction = np.linalg.svd(points - middle)[2][0]
        normal = np.array([-direction[1], direction[0]])
        lines.append((normal, float(normal @ middle)))
    meets = []
    for corner in range(4):
        (a, c), (b, d) = lines[corner - 1], lines[corner]
        meets.append(np.linalg.solve(np.stack([a, b]), [c, d]))
    return np.array(meets)


def test_corners_of_lines_fitted_to_bowed_edges_are_taken_back() -> None:
    seen = fitted(BARREL, SQUARE[0])
    assert np.abs(seen - SQUARE[0]).max() > 0.08
    assert np.abs(straightened(BARREL, seen[None])[0] - SQUARE[0]).max() < 0.005


def test_a_lens_without_distortion_leaves_corners_alone() -> None:
    assert np.allclose(straightened(pinhole(1920, 1080, 24.0, 36.0), SQUARE), SQUARE, atol=1e-9)


def test_a_tag_seen_edge_on_is_left_alone() -> None:
    line = np.array([[[100.0, 100.0], [200.0, 100.0], [300.0, 100.0], [150.0, 100.0]]])
    assert np.allclose(straightened(BARREL, line), line)
    assert straightened(BARREL, np.zeros((0, 4, 2))).shape == (0, 4, 2)
    assert straightened_tags(BARREL, ()) == ()


@pytest.mark.parametrize("column", [-1, 1])
def test_a_tag_at_the_edge_of_a_barrel_picture_is_found_where_it_is(column: int) -> None:
    optics = Optics(1280, 720, 640.0, 642.0, 357.0, -0.16, 0.03)
    lens = Lens(1280, 720, 640.0, 640.0, 642.0, 357.0, -0.16, 0.03)
    eye, level = np.array([0.0, 0.0, 1.5]), rotation_from_angles(0.0, 0.0, 0.0)
    towards = facing(np.array([0.0, -1.0, 0.0]), np.array([0.1, 0.0, 1.0]))
    sheets = [
        tag_sheet(i, 0.3, np.array([column * 1.1, 1.6, 1.05 + 0.45 * i]), towards) for i in range(3)
    ]
    seen = TagDetector(1, 1.0).detect(
        picture(optics, still(eye, level), sheets, CLEAN, np.random.default_rng(1))
    )
    assert len(seen) == 3
    truth = np.array([tag_corners(optics, eye, level, sheets[tag.id]) for tag in seen])
    before = np.array([tag.corners_px for tag in seen]) - truth
    after = np.array([tag.corners_px for tag in straightened_tags(lens, seen)]) - truth
    assert abs(before[..., 0].mean()) > 0.15
    assert abs(after[..., 0].mean()) < 0.03
    assert np.sqrt(np.mean(after**2)) < 0.5 * np.sqrt(np.mean(before**2))
