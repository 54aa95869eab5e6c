"""Each thing that is wrong with a view is told by its name."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from openset.sim.optics import Optics
from openset.sim.sightings import Look
from openset.stage.calibrate.board import find_board
from openset.stage.calibrate.gate import (
    blunt,
    blurred,
    edge_blur,
    judged,
    look,
    measure,
    same_view,
    twin,
)
from openset.stage.calibrate.sighting import Refusal, SeenBoard, View
from openset.stage.prints.model import Board, parse_board

OPTICS = Optics(960, 540, 800.0, 485.0, 262.0, -0.1, 0.02)
SHARP = Look(0.8, 2.0, 85, 0.2, 0.0)
PLAIN = parse_board("checkerboard:9x6:30")
CHARUCO = parse_board("charuco:9x6:30:22.5:DICT_5X5_250")


def pose(away: float = 0.45, turned: float = 0.3) -> np.ndarray:
    from openset.primitives.rotation import matrix_from_vector

    out = np.eye(4)
    out[:3, :3] = matrix_from_vector(np.array([0.1, turned, 0.1]))
    out[:3, 3] = np.array([0.0, 0.0, -away]) - out[:3, :3] @ [0.12, 0.075, 0.0]
    return out


def code(found: View | Refusal) -> str:
    return found.code if isinstance(found, Refusal) else "view"


@pytest.mark.parametrize("board", [PLAIN, CHARUCO], ids=str)
def test_a_good_view_passes_and_its_blur_is_measured(board: Board, film: object) -> None:
    found = look("a", film(board, pose(), OPTICS, SHARP), board)  # type: ignore[operator]
    assert isinstance(found, View)
    # The point spread's 0.8 px, and the pixel's own width of 1 / sqrt(12); the display curve, which
    # comes after both, draws the dark half of an edge wider.
    assert found.blur_px == pytest.approx(np.hypot(0.8, 0.29), abs=0.4)


def test_a_blurred_board_is_named(film: object) -> None:
    luma = film(CHARUCO, pose(), OPTICS, replace(SHARP, blur_px=2.6))  # type: ignore[operator]
    assert code(look("a", luma, CHARUCO)) == "blurred"


def test_markers_blurred_beyond_reading_are_blurred_and_not_missing(film: object) -> None:
    luma = film(CHARUCO, pose(), OPTICS, SHARP)  # type: ignore[operator]
    for spoilt in (cv2.GaussianBlur(luma, (0, 0), 5), cv2.blur(luma, (21, 1))):
        assert code(look("a", spoilt, CHARUCO)) == "blurred"
    plain = film(PLAIN, pose(), OPTICS, SHARP)  # type: ignore[operator]
    found = look("a", plain, CHARUCO)
    assert isinstance(found, Refusal)
    assert "--board checkerboard" in found.todo


@pytest.mark.parametrize(("away", "turned"), [(0.6, 0.9), (0.9, 0.3), (0.9, 1.15), (1.2, 0.9)])
def test_a_sharp_board_far_off_and_tilted_is_too_fine_and_not_blurred(
    film: object, away: float, turned: float
) -> None:
    found = look("a", film(CHARUCO, pose(away, turned), OPTICS, SHARP), CHARUCO)  # type: ignore[operator]
    assert isinstance(found, Refusal)
    assert found.code == "too-fine"
    assert "nearer, or tilt it less" in found.todo
    soft = film(CHARUCO, pose(away, turned), OPTICS, replace(SHARP, blur_px=2.2))  # type: ignore[operator]
    assert code(look("a", soft, CHARUCO)) == "blurred"


def test_motion_in_one_direction_counts_as_blur(film: object) -> None:
    luma = film(PLAIN, pose(), OPTICS, SHARP)  # type: ignore[operator]
    smeared = cv2.blur(luma, (9, 1))
    seen = find_board(luma, PLAIN)
    assert seen is not None
    assert edge_blur(smeared, PLAIN, seen)[0] > 2 * edge_blur(luma, PLAIN, seen)[0]


@pytest.mark.parametrize("board", [PLAIN, CHARUCO], ids=str)
def test_a_half_covered_board_is_named(board: Board, film: object) -> None:
    luma = film(board, pose(), OPTICS, SHARP)  # type: ignore[operator]
    luma[:, :470] = 130
    assert code(look("a", luma, board)) == "half-covered"


def test_a_board_far_away_is_named(film: object) -> None:
    luma = film(PLAIN, pose(1.9), OPTICS, SHARP)  # type: ignore[operator]
    assert code(look("a", luma, PLAIN)) in ("too-small", "no-board")
    seen = SeenBoard(np.arange(54), PLAIN.points_m[:, :2] * 300 + 100)
    trouble = judged("a", PLAIN, seen, measure(luma, PLAIN, seen))
    assert trouble is not None
    assert trouble.code == "too-small"


def test_a_mirrored_print_is_named(film: object) -> None:
    luma = np.ascontiguousarray(film(CHARUCO, pose(), OPTICS, SHARP)[:, ::-1])  # type: ignore[operator]
    assert code(look("a", luma, CHARUCO)) == "mirrored"


def test_a_board_of_other_counts_is_named_with_its_own(film: object) -> None:
    luma = film(PLAIN, pose(), OPTICS, SHARP)  # type: ignore[operator]
    found = look("a", luma, parse_board("checkerboard:5x4:30"))
    assert isinstance(found, Refusal)
    assert found.code == "wrong-board"
    assert "9x6" in found.todo or "6x9" in found.todo


def test_markers_of_another_dictionary_are_named(film: object) -> None:
    luma = film(CHARUCO, pose(), OPTICS, SHARP)  # type: ignore[operator]
    found = look("a", luma, parse_board("charuco:9x6:30:22.5:DICT_7X7_250"))
    assert isinstance(found, Refusal)
    assert found.code == "wrong-board"
    assert "DICT_5X5" in found.todo


def test_a_dark_and_a_white_picture_are_named() -> None:
    assert code(look("a", np.full((270, 480), 8, np.uint8), PLAIN)) == "underexposed"
    assert code(look("a", np.full((270, 480), 250, np.uint8), PLAIN)) == "overexposed"


def test_a_board_flooded_by_light_is_named(film: object) -> None:
    luma = film(PLAIN, pose(), OPTICS, SHARP)  # type: ignore[operator]
    seen = find_board(luma, PLAIN)
    assert seen is not None
    flooded = replace(measure(luma, PLAIN, seen), ink=0.3)
    trouble = judged("a", PLAIN, seen, flooded)
    assert trouble is not None
    assert trouble.code == "overexposed"


def test_the_same_view_twice_is_noticed() -> None:
    seen = SeenBoard(np.arange(54), PLAIN.points_m[:, :2] * 2000 + 100)
    one = View("one", seen)
    two = View("two", SeenBoard(seen.index, seen.corners_px + 3.0))
    other = View("three", SeenBoard(seen.index, seen.corners_px + 60.0))
    assert same_view(two, [one], 960) is one
    assert same_view(other, [one], 960) is None
    assert twin(two, one).code == "same"


def test_views_blunter_than_twelve_sharp_ones_go() -> None:
    seen = SeenBoard(np.arange(54), PLAIN.points_m[:, :2] * 2000 + 100)
    sharp = [View(f"s{index}", seen, 1.0) for index in range(12)]
    soft = View("soft", seen, 2.4)
    assert [view.name for view in blunt([*sharp, soft])] == ["soft"]
    assert blunt([*sharp[:8], soft]) == []
    assert blurred("soft", 2.4).code == "blurred"
