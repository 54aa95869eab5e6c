"""Boards and tags as numbers on paper."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.primitives.errors import BadInput
from openset.stage.prints.model import Board, parse_board, tag_corners_m


def test_a_checkerboard_counts_inner_corners_in_millimetres() -> None:
    board = parse_board("checkerboard:4x7:60")
    assert board == Board("checkerboard", 4, 7, 0.06)
    assert board.points_m.shape == (28, 3)
    assert board.points_m[5].tolist() == pytest.approx([0.06, 0.06, 0.0])  # column 1, row 1


def test_a_charuco_marker_takes_three_quarters_of_its_square_unless_said() -> None:
    assert parse_board("charuco:13x8:30").marker_m == pytest.approx(0.0225)
    assert parse_board("charuco:13x8:30:20").marker_m == pytest.approx(0.02)
    assert parse_board("charuco:13x8:30:20:DICT_4X4_250").dictionary == "DICT_4X4_250"


@given(
    st.sampled_from(["checkerboard", "charuco"]),
    st.integers(3, 60),
    st.integers(3, 60),
    st.integers(1, 1000),
)
def test_what_a_board_is_called_names_the_same_board(
    kind: str, columns: int, rows: int, square_mm: int
) -> None:
    board = parse_board(f"{kind}:{columns}x{rows}:{square_mm}")
    assert parse_board(str(board)).points_m == pytest.approx(board.points_m)
    assert parse_board(str(board)).dictionary == board.dictionary


@pytest.mark.parametrize(
    "text",
    ["", "chess:9x6:25", "checkerboard:9x6", "checkerboard:2x6:25", "checkerboard:9x61:25",
     "checkerboard:9x6:0.5", "checkerboard:9x6:25:20", "charuco:9x6:25:24", "charuco:9x6:25:5",
     "checkerboard:9x6:1e9", "charuco:9x6:nan"],
)  # fmt: skip
def test_what_names_no_board_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_board(text)
    assert caught.value.line.startswith("--board: ")
    assert caught.value.todo


def test_a_tag_has_its_corners_from_the_top_left_clockwise_as_it_is_read() -> None:
    corners = tag_corners_m(0.16)
    assert corners.tolist() == [
        [-0.08, 0.08, 0.0], [0.08, 0.08, 0.0], [0.08, -0.08, 0.0], [-0.08, -0.08, 0.0]
    ]  # fmt: skip
    assert np.linalg.norm(corners[1] - corners[0]) == pytest.approx(0.16)
