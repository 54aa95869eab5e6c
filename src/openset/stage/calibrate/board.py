"""Finding a printed board in a picture, its corners to a few hundredths of a pixel.

Checkerboards by OpenCV's classic detector, ChArUco boards by theirs, whose corners are refined a second
time: left alone, one in twenty is a tenth of a pixel off and more (opencv/opencv#23873). The window of
that stays inside what surrounds a corner: a quarter of a square, or the gap before the nearest marker.
A thorough look then follows the edges (edges.py), which makes corners four times as good.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.image import U8Plane
from openset.primitives.space import F64
from openset.stage.calibrate.edges import along_edges
from openset.stage.calibrate.sighting import Index, SeenBoard, neighbours
from openset.stage.prints.model import Board

PIXEL_MIDDLE = 0.5
_BORDER_PX = 96
_STOP = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 60, 1e-4)
_PART_OF_SQUARE = 0.25
_MOST_WINDOW = 18
_MOST_CHARUCO_WINDOW = 9
_MOST_MOVED_PX = 0.25
"""A ChArUco corner that the refinement would move farther stays where its markers put it."""


def find_board(luma: U8Plane, board: Board, *, thorough: bool = True) -> SeenBoard | None:
    """The board in a picture (h, w), its corners refined; None where it is not seen.

    A checkerboard is seen whole or not at all; of a ChArUco board at least six corners, not in one
    line. `thorough` looks again, harder, where a quick look finds nothing, and follows the edges.
    """
    if board.kind == "checkerboard":
        seen = _find_checkerboard(luma, board, thorough)
    else:
        seen = _find_charuco(luma, board)
    return along_edges(luma, board, seen) if seen is not None and thorough else seen


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
    cv2.setRNGSeed(0)  # it draws lots: one picture is to have one answer
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
    """The corners moved to where the edges meet (Förstner), with windows that fit the board."""
    corners = seen.corners_px.copy()
    windows = _windows(board, seen)
    for half in np.unique(windows).tolist():
        these = windows == half
        start = np.ascontiguousarray(corners[these] - PIXEL_MIDDLE, np.float32).reshape(-1, 1, 2)
        moved = cv2.cornerSubPix(luma, start, (half, half), (-1, -1), _STOP)
        corners[these] = np.asarray(moved, np.float64).reshape(-1, 2) + PIXEL_MIDDLE
    if board.marker_m is not None:
        far = np.linalg.norm(corners - seen.corners_px, axis=-1) > _MOST_MOVED_PX
        corners[far] = seen.corners_px[far]
    return SeenBoard(seen.index, corners)


def _windows(board: Board, seen: SeenBoard) -> Index:
    """Half the side of each corner's window (n,), from its nearest neighbour."""
    first, second = neighbours(board, seen)
    apart = np.linalg.norm(seen.corners_px[first] - seen.corners_px[second], axis=-1)
    side = np.full(len(seen.index), np.inf)
    np.minimum.at(side, first, apart)
    np.minimum.at(side, second, apart)
    side[np.isinf(side)] = 0.0
    if board.marker_m is None:
        return np.clip(_PART_OF_SQUARE * side, 2, _MOST_WINDOW).astype(np.intp)
    gap = side * (1.0 - board.marker_m / board.square_m) / 2.0
    return np.clip(gap, 2, _MOST_CHARUCO_WINDOW).astype(np.intp)
