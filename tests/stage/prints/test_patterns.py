"""What is black on a tag and a board, and the lines around it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from openset.primitives.errors import BadInput
from openset.stage.prints.model import parse_board
from openset.stage.prints.patterns import (
    Modules,
    board_markers,
    board_squares,
    marker_modules,
    outlines,
    tag_modules,
)


def test_a_tag_is_a_black_frame_around_six_by_six_modules() -> None:
    black = tag_modules(0)
    assert black.shape == (8, 8)
    assert black[[0, -1]].all()
    assert black[:, [0, -1]].all()
    assert not black[1:-1, 1:-1].all()


def test_a_mirrored_tag_is_four_bits_from_every_tag_at_every_turn() -> None:
    codes = np.array([tag_modules(number)[1:-1, 1:-1] for number in range(587)])
    plain = codes.reshape(587, 36).astype(int)
    for turns in range(4):
        mirrored = np.rot90(codes[:, :, ::-1], turns, axes=(1, 2)).reshape(587, 36).astype(int)
        apart = 36 - mirrored @ plain.T - (1 - mirrored) @ (1 - plain).T
        assert apart.min() >= 4


@settings(max_examples=60)
@given(arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_filling_the_outlines_by_the_even_odd_rule_gives_the_modules_back(black: Modules) -> None:
    lines = outlines(black)
    for row in range(black.shape[0]):
        for column in range(black.shape[1]):
            # Cast a ray to the left from the module's middle and count the upright edges it crosses.
            crossed = 0
            for line in lines:
                for (x0, y0), (x1, y1) in zip(line, (*line[1:], line[0]), strict=True):
                    if x0 == x1 and x0 <= column and min(y0, y1) <= row < max(y0, y1):
                        crossed += 1
            assert crossed % 2 == black[row, column]


def test_an_outline_has_a_corner_only_where_it_turns() -> None:
    assert outlines(np.ones((3, 5), dtype=np.bool_)) == [((0, 0), (5, 0), (5, 3), (0, 3))]


def test_a_charuco_board_is_laid_out_as_opencv_lays_it_out() -> None:
    board = parse_board("charuco:4x3:70:50:DICT_5X5_250")
    drawn = np.full((4 * 70, 5 * 70), 255, np.uint8)
    drawn[np.kron(board_squares(board), np.ones((70, 70), dtype=bool))] = 0
    for number, column, row in board_markers(board):
        black = np.kron(marker_modules(board.dictionary, number), np.ones((7, 7), dtype=bool))
        left, top = column * 70 + 10, row * 70 + 10  # a marker of 49 px stands 10.5 px in
        drawn[top : top + 49, left : left + 49][black] = 0
    book = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_5X5_250)
    theirs = cv2.aruco.CharucoBoard((5, 4), 70, 50, book).generateImage((350, 280))
    middles = np.ix_(range(13, 280, 7), range(13, 350, 7))
    assert (
        np.abs(cv2.blur(drawn, (3, 3)).astype(int) - cv2.blur(theirs, (3, 3)))[middles] > 128
    ).mean() < 0.01


def test_a_dictionary_that_is_not_there_or_too_small_is_refused() -> None:
    with pytest.raises(BadInput, match="is no marker dictionary"):
        marker_modules("DICT_9X9_3", 0)
    with pytest.raises(BadInput, match="is no marker dictionary"):
        marker_modules("CORNER_REFINE_SUBPIX", 0)
    # 31 x 31 squares, 480 of them white.
    with pytest.raises(BadInput, match="a board with 480 markers, and DICT_5X5_250 has 250"):
        list(board_markers(parse_board("charuco:30x30:10")))
