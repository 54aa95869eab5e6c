"""Neighbours and sizes of what was seen of a board."""

from __future__ import annotations

import numpy as np

from openset.stage.calibrate.sighting import SeenBoard, neighbours, square_px
from openset.stage.prints.model import Board

BOARD = Board("checkerboard", 3, 2, 0.03)


def test_neighbours_are_pairs_in_rows_and_columns() -> None:
    seen = SeenBoard(np.arange(6), np.zeros((6, 2)))
    first, second = neighbours(BOARD, seen)
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    # Rows 0-1-2 and 3-4-5, columns 0-3, 1-4, 2-5.
    assert pairs == {(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)}


def test_a_missing_corner_has_no_neighbours() -> None:
    seen = SeenBoard(np.array([0, 2, 3, 5]), np.zeros((4, 2)))
    first, second = neighbours(BOARD, seen)
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == {(0, 2), (1, 3)}


def test_the_smallest_square_counts() -> None:
    places = BOARD.points_m[:, :2] / 0.03 * [20.0, 12.0]
    seen = SeenBoard(np.arange(6), places)
    assert abs(square_px(BOARD, seen) - 12.0) < 1e-9
    assert square_px(BOARD, SeenBoard(np.array([0]), np.zeros((1, 2)))) == 0.0
    assert SeenBoard(np.arange(6), places).extent_px == (0.0, 0.0, 40.0, 12.0)
