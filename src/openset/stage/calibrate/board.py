"""Finding a printed board in a picture, its corners to a few hundredths of a pixel.

Checkerboards by OpenCV's classic detector; ChArUco boards by theirs, whose corners are refined a second
time: left alone, one in twenty is half a pixel off (opencv/opencv#23873). The window of the refinement
stays inside what surrounds a corner: half a square, or the gap before the next marker.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.image import U8Plane
from openset.primitives.space import F64
from openset.stage.calibrate.sighting import SeenBoard, square_px
from openset.stage.prints.model import Board

PIXEL_MIDDLE = 0.5
_BORDER_PX = 96
_STOP = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 60, 1e-4)
_PART_OF_SQUARE = 0.25
_MOST_WINDOW = 18
_MOST_CHARUCO_WINDOW = 9.0


def find_board(luma: U8Plane, board: Board, *, thorough: bool = True) -> SeenBoard | None:
    """The board in a picture (h, w), its corners refined; None where it is not seen.

    A checkerboard is seen whole or not at all; of a ChArUco board at least six corners, not in one
    line. `thorough` looks again, harder, where a quick look finds nothing.
    """
    if board.kind == "checkerboard":
        return _find_checkerboard(luma, board, thorough)
    return _find_charuco(luma, board)


def _find_checkerboard(luma: U8Plane, board: Board, thorough: bool) -> SeenBoard | None:
    rough = _rough_corners(luma, board, thorough)
    if rough is None:
        return None
    grid = rough.reshape(board.rows, board.columns, 2)
    across, up = grid[0, -1] - grid[0, 0], grid[-1, 0] - grid[0, 0]
    if across[0] * up[1] - across[1] * up[0] > 0:  # rows must go up as the print is read
        grid = grid[::-1]
    seen = SeenBoard(np.arange(board.rows * board.columns), grid.reshape(-1, 2))
    return refined(luma, board, seen)


def _rough_corners(luma: U8Plane, board: Board, thorough: bool) -> F64 | None:
    """Corners in Openset's pixels: at full size, at half, then with a border for boards at the edge."""
    usual = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE
    size = (board.columns, board.rows)
    quick = cv2.CALIB_CB_FAST_CHECK if not thorough else 0
    found, corners = cv2.findChessboardCorners(luma, size, flags=usual | quick)
    if found:
        return np.asarray(corners, np.float64).reshape(-1, 2) + PIXEL_MIDDLE
    if not thorough:
        return None
    if max(luma.shape) > 900:
        half = cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        found, corners = cv2.findChessboardCorners(half, size, flags=usual)
        if found:
            return (np.asarray(corners, np.float64).reshape(-1, 2) + PIXEL_MIDDLE) * 2.0
    wide = _BORDER_PX
    for border, value in ((cv2.BORDER_CONSTANT, 230), (cv2.BORDER_REPLICATE, 0)):
        padded = cv2.copyMakeBorder(luma, wide, wide, wide, wide, border, value=value)
        found, corners = cv2.findChessboardCorners(padded, size, flags=usual)
        if found:
            return np.asarray(corners, np.float64).reshape(-1, 2) + PIXEL_MIDDLE - _BORDER_PX
    found, corners = cv2.findChessboardCornersSB(luma, size, flags=cv2.CALIB_CB_EXHAUSTIVE)
    return np.asarray(corners, np.float64).reshape(-1, 2) + PIXEL_MIDDLE if found else None


@lru_cache(maxsize=8)
def charuco_detector(board: Board) -> Any:
    """OpenCV's detector of a ChArUco board. Raises BadInput for a dictionary that is none, or too
    small for the board."""
    number = getattr(cv2.aruco, board.dictionary, None)
    if not isinstance(number, int):
        raise BadInput(
            f"there is no dictionary {board.dictionary}", where="--board", todo="Try DICT_5X5_250"
        )
    family = cv2.aruco.getPredefinedDictionary(number)
    squares = (board.columns + 1, board.rows + 1)
    if squares[0] * squares[1] // 2 > len(family.bytesList):
        raise BadInput(
            f"{board.dictionary} has {len(family.bytesList)} markers, too few for this board",
            where="--board",
            todo="Print the board with a larger dictionary",
        )
    assert board.marker_m is not None
    drawn = cv2.aruco.CharucoBoard(squares, board.square_m, board.marker_m, family)
    return cv2.aruco.CharucoDetector(drawn)


def _find_charuco(luma: U8Plane, board: Board) -> SeenBoard | None:
    corners, ids, _, _ = charuco_detector(board).detectBoard(luma)
    if ids is None or len(ids) < 6:
        return None
    number = np.asarray(ids).reshape(-1)
    column, down = number % board.columns, number // board.columns
    if len(set(column.tolist())) < 2 or len(set(down.tolist())) < 2:
        return None
    index = (board.rows - 1 - down) * board.columns + column
    found = np.asarray(corners, np.float64).reshape(-1, 2) + PIXEL_MIDDLE
    order = np.argsort(index)
    return refined(luma, board, SeenBoard(index[order].astype(np.intp), found[order]))


def refined(luma: U8Plane, board: Board, seen: SeenBoard) -> SeenBoard:
    """The corners moved to where the edges meet (Förstner), with a window that fits the board."""
    side = square_px(board, seen)
    if board.marker_m is None:
        window = _PART_OF_SQUARE * side
    else:
        window = min(_MOST_CHARUCO_WINDOW, 0.8 * side * (1.0 - board.marker_m / board.square_m) / 2.0)
    half = int(np.clip(window, 2, _MOST_WINDOW))
    corners = np.ascontiguousarray(seen.corners_px - PIXEL_MIDDLE, np.float32).reshape(-1, 1, 2)
    moved = cv2.cornerSubPix(luma, corners, (half, half), (-1, -1), _STOP)
    return SeenBoard(seen.index, np.asarray(moved, np.float64).reshape(-1, 2) + PIXEL_MIDDLE)
