"""Boards are found where they were drawn."""

from __future__ import annotations

import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.sim.optics import Optics, project
from openset.sim.sightings import Look
from openset.stage.calibrate.board import charuco_detector, find_board, refined
from openset.stage.calibrate.sighting import SeenBoard
from openset.stage.prints.model import Board, parse_board

OPTICS = Optics(960, 540, 800.0, 485.0, 262.0, -0.1, 0.02)
LOOK = Look(0.8, 2.0, 85, 0.2, 0.0)
BOARDS = ["checkerboard:9x6:30", "charuco:9x6:30:22.5:DICT_5X5_250"]


def pose(tilt: float = 0.4, roll: float = 0.2, away: float = 0.45) -> np.ndarray:
    from openset.primitives.rotation import matrix_from_vector

    out = np.eye(4)
    out[:3, :3] = matrix_from_vector(np.array([0.1, tilt, 0.0])) @ matrix_from_vector(
        np.array([0.0, 0.0, roll])
    )
    out[:3, 3] = np.array([0.0, 0.0, -away]) - out[:3, :3] @ [0.12, 0.075, 0.0]
    return out


def truth(board: Board, at: np.ndarray) -> np.ndarray:
    points = board.points_m @ at[:3, :3].T + at[:3, 3]
    return np.asarray(project(OPTICS, np.zeros(3), np.eye(3), points))


@pytest.mark.parametrize("text", BOARDS)
def test_corners_are_found_to_a_few_hundredths_without_bias(text: str, film: object) -> None:
    board = parse_board(text)
    at = pose()
    seen = find_board(film(board, at, OPTICS, LOOK), board)  # type: ignore[operator]
    assert seen is not None
    off = seen.corners_px - truth(board, at)[seen.index]
    if board.kind == "checkerboard" and np.abs(off).max() > 5:  # a plain board reads from both ends
        off = seen.corners_px - truth(board, at)[::-1][seen.index]
    assert np.sqrt((off**2).mean()) < 0.08
    assert np.abs(off.mean(axis=0)).max() < 0.02


def test_a_charuco_board_is_found_half_hidden(film: object) -> None:
    board = parse_board(BOARDS[1])
    luma = film(board, pose(), OPTICS, LOOK)  # type: ignore[operator]
    luma[:, :430] = 120
    seen = find_board(luma, board)
    assert seen is not None
    assert 6 <= len(seen.index) < board.columns * board.rows
    off = seen.corners_px - truth(board, pose())[seen.index]
    assert np.median(np.abs(off)) < 0.1


def test_a_board_that_touches_the_edge_is_found(film: object) -> None:
    board = parse_board("checkerboard:9x6:30")
    at = pose(0.0, 0.0, 0.36)
    luma = film(board, at, OPTICS, LOOK)  # type: ignore[operator]
    left = int(truth(board, at)[:, 0].min()) - 20
    seen = find_board(np.ascontiguousarray(luma[:, left:]), board)
    assert seen is not None


@pytest.mark.parametrize("text", BOARDS)
def test_an_empty_picture_shows_no_board(text: str) -> None:
    luma = np.random.default_rng(1).integers(90, 140, (270, 480)).astype(np.uint8)
    assert find_board(luma, parse_board(text)) is None


def test_a_dictionary_that_is_none_or_too_small_is_refused() -> None:
    with pytest.raises(BadInput, match="no dictionary"):
        charuco_detector(parse_board("charuco:9x6:30:20:DICT_NONE"))
    with pytest.raises(BadInput, match="too few"):
        charuco_detector(parse_board("charuco:20x20:30:20:DICT_4X4_50"))


def test_refining_moves_a_rough_corner_onto_the_crossing() -> None:
    luma = np.kron([[20, 230], [230, 20]], np.ones((40, 40))).astype(np.uint8)
    board = Board("checkerboard", 2, 2, 0.03)
    rough = SeenBoard(np.arange(1), np.array([[41.3, 39.2]]))
    # The four squares meet at the corner between pixels 39 and 40: 40.0 from the edge. One corner has
    # no neighbour, so the window is the smallest.
    assert refined(luma, board, rough).corners_px[0].tolist() == pytest.approx([40.0, 40.0], abs=0.05)
