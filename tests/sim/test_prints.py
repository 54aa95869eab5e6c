"""The simulation's sheets, held against the detectors that read them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from pupil_apriltags import Detector

from openset.sim.prints import board_sheet, facing, tag_sheet, textured_sheet
from openset.stage.prints.model import parse_board, tag_corners_m

UPRIGHT = facing(np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
HERE = np.array([0.0, 2.0, 1.5])


@pytest.mark.parametrize("number", [0, 7, 123, 586])
def test_a_tag_is_read_as_itself(number: int) -> None:
    texture = cv2.resize(tag_sheet(number, 0.16, HERE, UPRIGHT).texture, None, fx=0.3, fy=0.3)
    seen = Detector(families="tag36h11", quad_decimate=1).detect(np.ascontiguousarray(texture))
    assert [tag.tag_id for tag in seen] == [number]


def test_a_tags_quiet_zone_is_white_and_its_black_square_is_as_wide_as_it_says() -> None:
    sheet = tag_sheet(3, 0.16, HERE, UPRIGHT)
    # 8 modules of 0.02 m and 1.5 modules of white on either side: 11 modules, 0.22 m.
    assert sheet.width_m == pytest.approx(0.22)
    module = sheet.texture.shape[0] / 11
    assert sheet.texture[: int(1.5 * module) - 1].min() == sheet.texture.max()
    assert (
        sheet.texture[int(1.5 * module) + 1, int(1.5 * module) + 1 : -int(1.5 * module) - 1].max() < 30
    )


def test_points_are_those_of_the_printed_originals() -> None:
    board = parse_board("charuco:13x8:30:22.5:DICT_4X4_250")
    sheet = board_sheet("charuco", 13, 8, 0.03, 0.0225, "DICT_4X4_250", HERE, UPRIGHT)
    assert np.allclose(sheet.points_m, board.points_m)
    assert np.allclose(tag_sheet(1, 0.2, HERE, UPRIGHT).points_m, tag_corners_m(0.2))


def test_a_mirrored_tag_is_not_read() -> None:
    texture = tag_sheet(11, 0.16, HERE, UPRIGHT, mirrored=True).texture
    small = np.ascontiguousarray(cv2.resize(texture, None, fx=0.3, fy=0.3))
    assert Detector(families="tag36h11", quad_decimate=1).detect(small) == []


def test_an_upright_sheet_has_its_right_to_the_readers_right() -> None:
    # Read from -Y with Z up: right is +X, out of the paper is -Y.
    assert np.allclose(UPRIGHT, [[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    outline = textured_sheet(2.0, 1.0, HERE, UPRIGHT, 3).outline_m
    assert np.allclose(outline[0], [-1.0, 2.0, 2.0])
    assert np.allclose(outline[2], [1.0, 2.0, 1.0])


def test_painted_walls_differ_by_seed_alone() -> None:
    one, again, other = (textured_sheet(0.6, 0.4, HERE, UPRIGHT, seed).texture for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
