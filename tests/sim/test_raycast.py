"""Sight lines meet paper where projecting the paper says they do."""

from __future__ import annotations

import numpy as np

from openset.sim.optics import Optics, project, rotation_from_angles, sight_lines
from openset.sim.prints import facing, tag_sheet
from openset.sim.raycast import MARGIN, box_of, finer, moments_of, sights, texels
from openset.sim.sightings import still

LENS = Optics(640, 360, 500.0, 322.0, 178.0, -0.10, 0.03, 5e-4, -3e-4)
EYE = np.array([0.1, 0.2, 1.5])
TURNED = rotation_from_angles(0.03, 0.02, 0.1)
SHEET = tag_sheet(
    3, 0.3, np.array([0.0, 1.6, 1.45]), facing(np.array([0.4, -1.0, 0.2]), np.array([0.0, 0.0, 1.0]))
)


def test_sight_lines_drawn_by_a_spline_are_those_solved_pixel_by_pixel() -> None:
    x, y, farthest = sights(LENS)
    inner = np.s_[MARGIN:-MARGIN, MARGIN:-MARGIN]
    assert np.abs(np.stack([x[inner], y[inner]]) - sight_lines(LENS)).max() * LENS.f_px < 1e-3
    assert farthest > np.hypot(x, y).max() - 1e-6


def test_a_finer_grid_keeps_straight_lines_straight() -> None:
    ramp = np.repeat(np.arange(5, dtype=np.float32)[None], 5, axis=0)
    # A box of 3 pixels with one around: samples of pixel 1 are at 1 - 1/3, 1, 1 + 1/3.
    assert np.allclose(finer(ramp, 3)[0, :3], [2 / 3, 1.0, 4 / 3], atol=1e-6)


def test_the_texel_under_a_corners_pixel_is_that_corner() -> None:
    moments = moments_of(LENS, still(EYE, TURNED), 0.0, 0.0)
    pixel = project(LENS, EYE, TURNED, SHEET.outline_m.mean(axis=0))
    x, y, _ = sights(LENS)
    column, row = int(pixel[0]), int(pixel[1])
    here = np.s_[row + MARGIN : row + MARGIN + 1, column + MARGIN : column + MARGIN + 1]
    maps = texels(moments, 0, SHEET, np.array([row + 0.5]), (220, 220), x[here], y[here])
    assert maps is not None
    across, down, inside = maps
    # The pixel's middle is at most half a pixel from the sheet's: 0.5 * 1.4 m / 500 px, of 0.4125 m.
    assert inside.all()
    assert abs(float(across[0, 0]) - 109.5) < 3.0
    assert abs(float(down[0, 0]) - 109.5) < 3.0


def test_the_box_holds_the_paper_and_not_much_more() -> None:
    box = box_of(LENS, moments_of(LENS, still(EYE, TURNED), 0.0, 0.0), SHEET)
    assert box is not None
    left, top, right, bottom = box
    seen = project(LENS, EYE, TURNED, SHEET.outline_m)
    assert left <= seen[:, 0].min() < left + 8
    assert right - 8 < seen[:, 0].max() <= right
    assert top <= seen[:, 1].min() < top + 8
    assert bottom - 8 < seen[:, 1].max() <= bottom


def test_a_floor_that_passes_under_the_camera_is_cut_at_the_near_plane() -> None:
    floor = tag_sheet(1, 4.0, np.zeros(3), facing(np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])))
    down = rotation_from_angles(0.0, -0.5, 0.0)
    box = box_of(LENS, moments_of(LENS, still(EYE, down), 0.0, 0.0), floor)
    assert box is not None
    assert box[3] == LENS.height_px


def test_every_strip_has_its_own_pose_and_every_exposure_its_own_time() -> None:
    def moving(time_s: float) -> tuple[np.ndarray, np.ndarray]:
        return EYE + np.array([time_s, 0.0, 0.0]), TURNED

    moments = moments_of(LENS, moving, 0.004, 0.02)
    # Middle row, first of four exposures: -3/8 of 4 ms.
    middle = moments.rows == LENS.height_px / 2
    assert np.allclose(moments.positions[:, 0, 0] - moments.positions[:, -1, 0], -0.02)
    if middle.any():
        assert np.isclose(moments.positions[0, middle, 0][0] - EYE[0], -0.0015)
    assert np.isclose(moments.positions[:, :, 0].mean(), EYE[0])
