"""Which modules of a tag, a marker and a board are black, and the outlines around them.

The bits come from OpenCV's dictionaries. A tag stands upright the way OpenCV draws it; the layout of a
ChArUco board is OpenCV's since 4.6 (top left square black, markers counted row by row from the top).
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from openset.primitives.errors import BadInput
from openset.stage.prints.model import Board

Modules = NDArray[np.bool_]
"""What is black, (rows, columns), the top row first."""
Outline = tuple[tuple[int, int], ...]
"""The corners of one closed line along module edges: (x, y) from the top left, y down."""

TAG_DICTIONARY = "DICT_APRILTAG_36h11"
TAG_MODULES = 8
"""A 36h11 tag's black square in modules a side: six of code, one of border on each side."""
MOST_ID = 586


def tag_modules(tag_id: int) -> Modules:
    """The black modules (8, 8) of an AprilTag 36h11."""
    return marker_modules(TAG_DICTIONARY, tag_id)


def marker_modules(dictionary: str, marker_id: int) -> Modules:
    """The black modules of one marker, its border one module wide."""
    book = dictionary_named(dictionary)
    side = int(book.markerSize) + 2
    return np.asarray(cv2.aruco.generateImageMarker(book, marker_id, side) == 0)


def dictionary_named(name: str) -> cv2.aruco.Dictionary:
    """One of OpenCV's marker dictionaries. Raises BadInput where it has none of that name."""
    number = getattr(cv2.aruco, name, None)
    if not (name.startswith("DICT_") and isinstance(number, int)):
        raise BadInput(
            f"{name[:40]!r} is no marker dictionary",
            where="--board",
            todo="Choose one of OpenCV's: DICT_4X4_250, DICT_5X5_250, DICT_6X6_250, ...",
        )
    return cv2.aruco.getPredefinedDictionary(number)


def board_squares(board: Board) -> Modules:
    """A board's black squares, (rows + 1, columns + 1)."""
    row, column = np.mgrid[: board.rows + 1, : board.columns + 1]
    return np.asarray((column + row) % 2 == 0)


def board_markers(board: Board) -> Iterator[tuple[int, int, int]]:
    """A ChArUco board's markers: (id, column, row) of the white square each one stands in. Raises
    BadInput where the dictionary has fewer markers than the board has white squares."""
    white = np.argwhere(~board_squares(board))
    known = len(dictionary_named(board.dictionary).bytesList)
    if len(white) > known:
        raise BadInput(
            f"a board with {len(white)} markers, and {board.dictionary} has {known}",
            where="--board",
            todo="Take fewer squares, or a dictionary with more markers, DICT_5X5_1000",
        )
    for number, (row, column) in enumerate(white.tolist()):
        yield number, column, row


def outlines(black: Modules) -> list[Outline]:
    """The lines around everything black, to be filled by the even-odd rule: black modules that touch
    are one shape, so that no renderer can leave a hairline between them."""
    after = _edges(black)
    found: list[Outline] = []
    while after:
        start = min(after)
        corners, at = [start], after[start].pop()
        while at != start:
            corners.append(at)
            at = after[at].pop()
        after = {place: ways for place, ways in after.items() if ways}
        found.append(_without_straights(corners))
    return found


def _edges(black: Modules) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """Where each step along an edge leads, black always on its right hand."""
    framed = np.pad(black, 1)
    after: dict[tuple[int, int], list[tuple[int, int]]] = {}
    rows, columns = black.shape
    for row in range(rows):
        for column in range(columns):
            if not black[row, column]:
                continue
            left, right, top, bottom = column, column + 1, row, row + 1
            sides = (
                (framed[row, column + 1], (left, top), (right, top)),
                (framed[row + 1, column + 2], (right, top), (right, bottom)),
                (framed[row + 2, column + 1], (right, bottom), (left, bottom)),
                (framed[row + 1, column], (left, bottom), (left, top)),
            )
            for neighbour, here, there in sides:
                if not neighbour:
                    after.setdefault(here, []).append(there)
    return after


def _without_straights(corners: list[tuple[int, int]]) -> Outline:
    """Only the places where the line turns."""
    kept = []
    for index, (x, y) in enumerate(corners):
        (x0, y0), (x1, y1) = corners[index - 1], corners[(index + 1) % len(corners)]
        if (x - x0) * (y1 - y) != (y - y0) * (x1 - x):
            kept.append((x, y))
    return tuple(kept)
