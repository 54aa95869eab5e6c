"""Pictures of sheets: what detectors find in them is where the simulation says it is."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from pupil_apriltags import Detector

from openset.sim.optics import Optics, rotation_from_angles
from openset.sim.prints import Sheet, board_sheet, facing, tag_sheet
from openset.sim.sightings import CLEAN, Look, in_view, picture, rolling_corners, still, tag_corners

LENS = Optics(1280, 720, 800.0, 644.0, 355.0, -0.10, 0.03, 5e-4, -3e-4, -0.005)
FISHEYE = Optics(1280, 720, 600.0, 644.0, 355.0, fisheye=(-0.02, 0.004, -0.002, 0.0003))
CODES = replace(CLEAN, linear_light=False)
"""For detectors that look at codes alone."""
EYE = np.array([0.1, 0.2, 1.5])
TURNED = rotation_from_angles(0.03, 0.02, 0.1)
UP = np.array([0.0, 0.0, 1.0])


def wall_of_tags() -> list[Sheet]:
    random = np.random.default_rng(4)
    return [
        tag_sheet(
            i,
            0.16,
            np.array([(i % 5 - 2) * 0.42, 2.2 + random.uniform(-0.2, 0.2), 1.5 + (i // 5 - 1) * 0.4]),
            facing(np.array([random.uniform(-0.5, 0.5), -1, random.uniform(-0.5, 0.5)]), UP),
        )
        for i in range(15)
    ]


def errors(seen: np.ndarray, truth: dict[int, np.ndarray]) -> np.ndarray:
    found = Detector(families="tag36h11", nthreads=1, quad_decimate=1).detect(seen)
    assert len(found) == len(truth)
    return np.array([tag.corners[[1, 0, 3, 2]] - truth[tag.tag_id] for tag in found])


@pytest.mark.parametrize("optics", [LENS, FISHEYE])
def test_tags_are_found_where_they_are_without_bias(optics: Optics) -> None:
    sheets = wall_of_tags()
    seen = picture(optics, still(EYE, TURNED), sheets, CODES, np.random.default_rng(1))
    off = errors(seen, {s.id: tag_corners(optics, EYE, TURNED, s) for s in sheets})
    assert np.sqrt(np.mean(off**2)) < 0.1
    assert np.abs(off.mean(axis=(0, 1))).max() < 0.02
    # Neither larger nor smaller than they are: the top edge's length, over all tags.
    assert abs(np.mean(off[:, 1, 0] - off[:, 0, 0])) < 0.04


def test_with_a_rolling_shutter_every_row_shows_its_own_moment() -> None:
    sheets = wall_of_tags()

    def moving(time_s: float) -> tuple[np.ndarray, np.ndarray]:
        return EYE + np.array([0.4, 0.1, 0.1]) * time_s, rotation_from_angles(
            0.03 + 0.4 * time_s, 0.02, 0.1
        )

    look = replace(CODES, exposure_s=1 / 200)
    seen = picture(LENS, moving, sheets, look, np.random.default_rng(1), readout_s=0.02)
    rolling = {s.id: rolling_corners(LENS, moving, s, 0.02) for s in sheets}
    assert np.sqrt(np.mean(errors(seen, rolling) ** 2)) < 0.1
    held = {s.id: tag_corners(LENS, *moving(0.0), s) for s in sheets}
    # 0.4 rad/s, less what the dolly gives back, over up to 6 ms: a global shutter it is not.
    assert np.sqrt(np.mean(errors(seen, held) ** 2)) > 0.4


def test_a_checkerboards_corners_are_found_by_opencv() -> None:
    board = board_sheet(
        "checkerboard",
        9,
        6,
        0.03,
        None,
        "",
        np.array([-0.1, 0.6, 1.4]),
        facing(np.array([0.3, -1, 0.2]), UP),
    )
    seen = picture(LENS, still(EYE, TURNED), [board], CLEAN, np.random.default_rng(1))
    found, corners = cv2.findChessboardCorners(seen, (9, 6))
    assert found
    corners = cv2.cornerSubPix(seen, corners, (5, 5), (-1, -1), (3, 50, 1e-3)).reshape(6, 9, 2)
    truth = tag_corners(LENS, EYE, TURNED, board).reshape(6, 9, 2)
    # OpenCV may count from either end of the board; the rows' order tells which.
    rows_down = corners[0, 0, 1] < corners[-1, 0, 1]
    off = (corners[::-1] if rows_down else corners[:, ::-1]) + 0.5 - truth
    assert np.abs(off).max() < 0.12
    assert np.abs(off.mean(axis=(0, 1))).max() < 0.03


def test_a_charuco_boards_corners_are_found_by_opencv_in_the_boards_order() -> None:
    board = board_sheet(
        "charuco",
        13,
        8,
        0.03,
        0.0225,
        "DICT_5X5_250",
        np.array([-0.15, 0.6, 1.4]),
        facing(np.array([0.2, -1, 0.1]), UP),
    )
    seen = picture(LENS, still(EYE, TURNED), [board], CLEAN, np.random.default_rng(1))
    family = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_5X5_250)
    detector = cv2.aruco.CharucoDetector(cv2.aruco.CharucoBoard((14, 9), 0.03, 0.0225, family))
    corners, ids, _, _ = detector.detectBoard(seen)
    corners = cv2.cornerSubPix(seen, corners, (5, 5), (-1, -1), (3, 50, 1e-3)).reshape(-1, 2)
    ids = np.asarray(ids).ravel()
    assert len(ids) == 104
    # OpenCV counts from the top left, rows down; a Board counts from the bottom left, rows up.
    truth = tag_corners(LENS, EYE, TURNED, board)[(7 - ids // 13) * 13 + ids % 13]
    assert np.sqrt(np.mean((corners + 0.5 - truth) ** 2)) < 0.08


def test_a_sheet_is_not_seen_from_behind_nor_behind_the_camera() -> None:
    plain = picture(LENS, still(EYE, TURNED), [], CLEAN, np.random.default_rng(1))
    away = tag_sheet(1, 0.3, np.array([0.0, 2.0, 1.5]), facing(np.array([0.0, 1.0, 0.0]), UP))
    back = tag_sheet(2, 0.3, np.array([0.0, -2.0, 1.5]), facing(np.array([0.0, 1.0, 0.0]), UP))
    for sheet in (away, back):
        assert not in_view(LENS, EYE, TURNED, sheet)
        assert np.array_equal(
            plain, picture(LENS, still(EYE, TURNED), [sheet], CLEAN, np.random.default_rng(1))
        )


def test_the_nearer_sheet_covers_the_farther_one() -> None:
    towards = facing(np.array([0.0, -1.0, 0.0]), UP)
    near = tag_sheet(1, 0.3, np.array([0.1, 1.5, 1.5]), towards)
    far = tag_sheet(2, 0.3, np.array([0.1, 2.5, 1.5]), towards)
    level = rotation_from_angles(0.0, 0.0, 0.0)
    both = picture(LENS, still(EYE, level), [near, far], CLEAN, np.random.default_rng(1))
    found = Detector(families="tag36h11", quad_decimate=1).detect(both)
    assert [tag.tag_id for tag in found] == [1]


def test_light_mixed_before_the_display_curve_makes_black_squares_smaller() -> None:
    sheets = wall_of_tags()
    seen = picture(LENS, still(EYE, TURNED), sheets, CLEAN, np.random.default_rng(1))
    off = errors(seen, {s.id: tag_corners(LENS, EYE, TURNED, s) for s in sheets})
    assert np.mean(off[:, 1, 0] - off[:, 0, 0]) < -0.3


def test_the_same_random_numbers_give_the_same_picture() -> None:
    one, two = (
        picture(LENS, still(EYE, TURNED), wall_of_tags()[:2], Look(), np.random.default_rng(8))
        for _ in "ab"
    )
    assert np.array_equal(one, two)
