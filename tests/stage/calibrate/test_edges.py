"""Corners are found along their edges, and the lens tells how far those bow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openset.primitives.rotation import matrix_from_vector
from openset.sim.optics import Optics, project
from openset.sim.sightings import Look
from openset.stage.calibrate.board import find_board
from openset.stage.calibrate.edges import along_edges, rebowed
from openset.stage.calibrate.sighting import SeenBoard, View
from openset.stage.lens.model import Lens
from openset.stage.prints.model import Board, parse_board

OPTICS = Optics(1280, 720, 850.0, 645.0, 352.0, -0.2, 0.05)
LENS = Lens(1280, 720, 850.0, 850.0, 645.0, 352.0, -0.2, 0.05)
LOOK = Look(0.8, 3.0, 80, 0.2, 0.0)
PLAIN = parse_board("checkerboard:9x6:30")
CHARUCO = parse_board("charuco:9x6:30:22.5:DICT_5X5_250")


def pose() -> np.ndarray:
    out = np.eye(4)
    out[:3, :3] = matrix_from_vector(np.array([0.25, 0.4, 0.0])) @ matrix_from_vector(
        np.array([0.0, 0.0, 0.2])
    )
    out[:3, 3] = np.array([-0.05, 0.02, -0.3]) - out[:3, :3] @ [0.12, 0.075, 0.0]
    return out


def truth(board: Board) -> np.ndarray:
    points = board.points_m @ pose()[:3, :3].T + pose()[:3, 3]
    return np.asarray(project(OPTICS, np.zeros(3), np.eye(3), points))


def off(board: Board, seen: SeenBoard) -> float:
    """Root mean square distance of the corners from the truth; a plain board reads from both ends."""
    ends = (truth(board), truth(board)[::-1])
    return min(
        float(np.sqrt(((seen.corners_px - end[seen.index]) ** 2).sum(-1).mean())) for end in ends
    )


@pytest.mark.parametrize("board", [PLAIN, CHARUCO], ids=["checkerboard", "charuco"])
def test_edges_make_corners_twice_as_good_at_least(board: Board, film: object) -> None:
    luma = film(board, pose(), OPTICS, LOOK)  # type: ignore[operator]
    quick = find_board(luma, board, thorough=False)
    followed = find_board(luma, board)
    assert quick is not None
    assert followed is not None
    assert off(board, followed) < 0.5 * off(board, quick)
    assert off(board, followed) < 0.03


def test_corners_half_a_pixel_off_are_brought_back(film: object) -> None:
    luma = film(CHARUCO, pose(), OPTICS, LOOK)  # type: ignore[operator]
    random = np.random.default_rng(3)
    index = np.arange(CHARUCO.columns * CHARUCO.rows)
    rough = SeenBoard(index, truth(CHARUCO) + random.uniform(-0.4, 0.4, (len(index), 2)))
    assert off(CHARUCO, along_edges(luma, CHARUCO, rough)) < 0.06 < 0.2 < off(CHARUCO, rough)


def test_the_lens_corrects_how_far_edges_were_taken_to_bow(film: object) -> None:
    luma = film(CHARUCO, pose(), OPTICS, LOOK)  # type: ignore[operator]
    # Of a dozen corners, too few to tell how this lens bends its edges.
    few = np.flatnonzero(np.isin(np.arange(54) % 9, (0, 1, 2)) & (np.arange(54) // 9 < 4))
    seen = along_edges(luma, CHARUCO, SeenBoard(few, truth(CHARUCO)[few]))
    assert seen.followed is not None
    view = rebowed(View("a", seen), CHARUCO, LENS, pose())
    assert off(CHARUCO, view.seen) < off(CHARUCO, seen)
    assert off(CHARUCO, view.seen) < 0.02
    again = rebowed(view, CHARUCO, LENS, pose())
    np.testing.assert_allclose(again.seen.corners_px, view.seen.corners_px, atol=1e-9)


@pytest.mark.parametrize("behind_m", [0.0, 0.3])
def test_a_lens_or_a_pose_that_is_far_off_moves_no_corner(film: object, behind_m: float) -> None:
    luma = film(CHARUCO, pose(), OPTICS, LOOK)  # type: ignore[operator]
    seen = along_edges(luma, CHARUCO, SeenBoard(np.arange(54), truth(CHARUCO)))
    lens = LENS if behind_m else replace(LENS, k1=-2.0, k2=0.0)
    away = pose()
    away[2, 3] += behind_m
    view = rebowed(View("a", seen), CHARUCO, lens, away)
    assert np.linalg.norm(view.seen.corners_px - seen.corners_px, axis=1).max() < 1.5


def test_corners_whose_edges_are_hidden_stay_where_they_were(film: object) -> None:
    luma = film(CHARUCO, pose(), OPTICS, LOOK)  # type: ignore[operator]
    start = truth(CHARUCO)
    hidden = start[:, 0] < np.median(start[:, 0])
    luma = luma.copy()
    luma[:, : int(np.median(start[:, 0]))] = 120
    seen = along_edges(luma, CHARUCO, SeenBoard(np.arange(54), start))
    assert seen.followed is not None
    assert np.isnan(seen.followed.bow_px[hidden]).all()
    np.testing.assert_array_equal(seen.corners_px[hidden], start[hidden])
    shown = start[:, 0] > np.median(start[:, 0]) + 60
    assert np.isfinite(seen.followed.bow_px[shown]).all()


def test_too_few_corners_are_left_alone(film: object) -> None:
    luma = film(CHARUCO, pose(), OPTICS, LOOK)  # type: ignore[operator]
    seen = SeenBoard(np.arange(8), truth(CHARUCO)[:8])
    assert along_edges(luma, CHARUCO, seen) is seen


def test_corners_found_without_edges_are_not_bowed() -> None:
    view = View("a", SeenBoard(np.arange(54), truth(CHARUCO)))
    assert rebowed(view, CHARUCO, LENS, pose()) is view
