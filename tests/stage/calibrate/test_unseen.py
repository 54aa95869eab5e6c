"""Why a board was not seen, as far as a picture tells."""

from __future__ import annotations

import numpy as np

from openset.stage.calibrate.sighting import SeenBoard
from openset.stage.calibrate.unseen import goes_on, larger_board, why_unseen
from openset.stage.prints.model import Board, parse_board


def drawn(columns: int, rows: int) -> np.ndarray:
    """A whole board of squares of 40 px on white, its first inner corner at (120, 120)."""
    column, row = np.meshgrid(np.arange(columns + 1), np.arange(rows + 1))
    codes = np.where((column + row) % 2, 220, 30).astype(np.uint8)
    return np.pad(np.kron(codes, np.ones((40, 40), np.uint8)), 80, constant_values=220)


def found(board: Board) -> SeenBoard:
    return SeenBoard(
        np.arange(board.columns * board.rows), board.points_m[:, :2] / board.square_m * 40.0 + 120.0
    )


def test_a_board_that_ends_where_it_should_does_not_go_on() -> None:
    board = Board("checkerboard", 7, 5, 0.03)
    assert not goes_on(drawn(7, 5), board, found(board))


def test_a_board_with_more_squares_goes_on_and_is_named_with_its_counts() -> None:
    board = Board("checkerboard", 5, 4, 0.03)
    luma = drawn(7, 5)
    assert goes_on(luma, board, found(board))
    told = larger_board("a", luma, board)
    assert told.code == "wrong-board"
    assert "7x5" in told.todo or "5x7" in told.todo


def test_a_board_cut_off_by_the_picture_does_not_go_on() -> None:
    board = Board("checkerboard", 7, 5, 0.03)
    luma = drawn(7, 5)[:, 81:]
    seen = found(board)
    moved = SeenBoard(seen.index, seen.corners_px - [81.0, 0.0])
    assert not goes_on(np.ascontiguousarray(luma), board, moved)


def test_clutter_without_a_board_is_no_board() -> None:
    luma = np.random.default_rng(2).integers(0, 255, (200, 300)).astype(np.uint8)
    for text in ("checkerboard:7x5:30", "charuco:7x5:30"):
        assert why_unseen("a", luma, parse_board(text)).code == "no-board"
