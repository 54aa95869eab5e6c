"""A printed board, read back from its PDF as a camera would see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from openset.primitives.errors import BadInput
from openset.stage.prints.board_page import board_page, choose_board, largest_board, short_name
from openset.stage.prints.model import parse_board
from openset.stage.prints.paper import EDGE_MM, PAPERS, parse_paper
from openset.stage.prints.typeset import pdf, pictures
from openset.stage.prints.words import LANGUAGES

Sheets = Callable[[bytes], list[Any]]
PX = 6.0


def printed(text: str, paper: str, sheets: Sheets) -> Any:
    sheet = parse_paper(paper)
    [page] = sheets(pdf([board_page(choose_board(text, sheet), sheet)], "board", "en"))
    return page


@pytest.mark.parametrize(
    ("paper", "name"),
    [("A4", "charuco:13x8:19"), ("A3", "charuco:13x8:28"), ("A2", "charuco:13x8:40")],
)
def test_the_suggested_board_is_the_largest_with_whole_millimetres(paper: str, name: str) -> None:
    board = choose_board("", parse_paper(paper))
    assert short_name(board) == name
    larger = f"charuco:13x8:{board.square_m * 1000 + 1:g}"
    with pytest.raises(BadInput, match=f"Take larger paper or {name}"):
        choose_board(larger, parse_paper(paper))


def test_every_corner_of_a_charuco_sheet_is_found_where_it_was_drawn(sheets: Sheets) -> None:
    luma = printed("", "A4", sheets).picture(PX)
    book = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_5X5_250)
    theirs = cv2.aruco.CharucoBoard((14, 9), 0.019, 0.01425, book)
    corners, ids, _, markers = cv2.aruco.CharucoDetector(theirs).detectBoard(luma)
    assert len(markers) == 63
    assert ids.ravel().tolist() == list(range(104))
    found = (corners.reshape(-1, 2) + 0.5) / PX  # OpenCV's (0, 0) is the first pixel's middle
    column, row = ids.ravel() % 13, ids.ravel() // 13
    # 266 mm of board on 297 mm of paper leave 15.5 mm at the left; OpenCV counts from the top.
    assert found[:, 0] == pytest.approx(15.5 + 19 * (column + 1), abs=0.1)
    assert np.ptp(found[:, 1] - 19 * row) < 0.2
    assert found[12, 0] - found[0, 0] == pytest.approx(12 * 19, abs=0.1)


def test_every_corner_of_a_checkerboard_sheet_is_found(sheets: Sheets) -> None:
    luma = printed("checkerboard:9x6:25", "A4", sheets).picture(PX)
    found, corners = cv2.findChessboardCorners(luma, (9, 6))
    assert found
    corners = cv2.cornerSubPix(luma, corners, (11, 11), (-1, -1), (3, 50, 1e-3)).reshape(6, 9, 2) / PX
    assert np.linalg.norm(corners[:, -1] - corners[:, 0], axis=1) == pytest.approx(8 * 25, abs=0.1)
    assert np.linalg.norm(corners[-1] - corners[0], axis=1) == pytest.approx(5 * 25, abs=0.1)


def test_squares_are_exact_in_the_pdf(sheets: Sheets) -> None:
    squares = printed("checkerboard:9x6:25", "A4", sheets).shapes[0]
    left, top, right, bottom = squares.box
    assert (right - left, bottom - top) == pytest.approx((250, 175), abs=1e-3)


@pytest.mark.parametrize("paper", ["A4", "A2", "letter"])
def test_a_sheet_has_a_bar_of_100_mm_each_way(paper: str, sheets: Sheets) -> None:
    sizes = [
        (each.box[2] - each.box[0], each.box[3] - each.box[1])
        for each in printed("", paper, sheets).shapes
    ]
    assert [size for size in sizes if size == pytest.approx((100, 1.2), abs=1e-3)]
    assert [size for size in sizes if size == pytest.approx((1.2, 100), abs=1e-3)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("paper", PAPERS)
def test_nothing_is_written_where_a_printer_cannot_print(paper: str, language: str) -> None:
    sheet = parse_paper(paper)
    for kind in ("charuco", "checkerboard"):
        page = board_page(largest_board(kind, sheet), sheet, language)
        [png] = pictures([page], "x", language, ppi=50.8)
        luma = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert luma is not None
        luma[int(2 * EDGE_MM) : -int(2 * EDGE_MM), int(2 * EDGE_MM) : -int(2 * EDGE_MM)] = 255
        assert luma.min() > 200


def test_a_board_that_fits_when_turned_is_offered_turned() -> None:
    with pytest.raises(BadInput, match=r"125 x 200 mm, and A4 has room for 269 x 175\. .*7x4:25$"):
        choose_board("checkerboard:4x7:25", parse_paper("A4"))


def test_the_name_on_the_sheet_means_this_board_and_no_other() -> None:
    for text in ("charuco:8x5:25:15", "charuco:8x5:25:18.75:DICT_4X4_50", "checkerboard:8x5:12.5"):
        board = parse_board(text)
        assert parse_board(short_name(board)) == board
    assert short_name(parse_board("charuco:8x5:25:18.75:DICT_5X5_250")) == "charuco:8x5:25"
