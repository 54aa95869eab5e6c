"""The blur of edges is measured in pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from openset.stage.calibrate.sharpness import edge_blur, edge_reach, step_widths
from openset.stage.calibrate.sighting import SeenBoard
from openset.stage.prints.model import Board, parse_board

BOARD = Board("checkerboard", 5, 4, 0.03)


def drawn(blur_px: float) -> tuple[np.ndarray, SeenBoard]:
    """Squares of 40 px from (40, 40) on, the corners at multiples of 40."""
    column, row = np.meshgrid(np.arange(8), np.arange(7))
    codes = np.where((column + row) % 2, 220, 30).astype(np.uint8)
    luma = cv2.GaussianBlur(np.kron(codes, np.ones((40, 40), np.uint8)), (0, 0), blur_px)
    grid_x, grid_y = np.meshgrid(np.arange(5), np.arange(4))
    places = np.stack([grid_x.ravel(), grid_y.ravel()], axis=-1) * 40.0 + 80.0
    return np.asarray(luma), SeenBoard(np.arange(20), places)


@pytest.mark.parametrize("blur_px", [0.8, 1.5, 3.0])
def test_a_gaussian_blur_is_measured(blur_px: float) -> None:
    luma, seen = drawn(blur_px)
    blur, white, black = edge_blur(luma, BOARD, seen)
    assert blur == pytest.approx(np.hypot(blur_px, 0.29), rel=0.12)
    assert (white, black) == (pytest.approx(220, abs=3), pytest.approx(30, abs=3))


def test_the_worse_direction_counts() -> None:
    luma, seen = drawn(0.8)
    smeared = cv2.blur(luma, (1, 9))
    # A box of nine has a standard deviation of sqrt((81 - 1) / 12) = 2.58; its edge's steepest part is
    # 1 / 9 of the step a pixel, as of a gaussian of 9 / sqrt(2 pi) = 3.6.
    assert edge_blur(smeared, BOARD, seen)[0] == pytest.approx(3.6, rel=0.15)


def test_where_no_step_is_there_is_no_width() -> None:
    flat = np.full((100, 100), 128, np.uint8)
    widths, _, _ = step_widths(flat, np.array([[20.0, 50.0]]), np.array([[60.0, 50.0]]), 0.3)
    assert np.isnan(widths).all()


def test_beside_markers_less_is_looked_at() -> None:
    # A marker of 0.75 leaves an eighth of a square on each side.
    assert edge_reach(parse_board("charuco:9x6:40:30")) == pytest.approx(0.9 / 8)
    assert edge_reach(BOARD) == 0.3
