"""A calibration board and a tag, as numbers on paper.

A print has its own frame: metres, X right, Y up as the print is read, Z out of the paper towards the
reader. A tag's origin is its middle. A board's origin is its first inner corner, the bottom left one as
it is read; corner i of `points_m` is column i % columns, row i // columns, rows upwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.space import F64

MARKER_PART = 0.75
"""A ChArUco marker's side in squares, where none is given."""
DICTIONARY = "DICT_5X5_250"
_GRAMMAR = re.compile(
    r"(?P<kind>checkerboard|charuco):(?P<columns>\d{1,3})x(?P<rows>\d{1,3}):(?P<square>\d+(\.\d+)?)"
    r"(:(?P<marker>\d+(\.\d+)?))?(:(?P<dictionary>DICT_\w+))?"
)


@dataclass(frozen=True)
class Board:
    """A printed board. `columns` and `rows` count inner corners; `marker_m` and `dictionary` are those
    of a ChArUco board, None and "" for a plain one."""

    kind: str
    columns: int
    rows: int
    square_m: float
    marker_m: float | None = None
    dictionary: str = ""

    @property
    def points_m(self) -> F64:
        """The inner corners (columns * rows, 3) in the board's own frame."""
        column, row = np.meshgrid(np.arange(self.columns), np.arange(self.rows))
        flat = np.stack([column.ravel(), row.ravel(), np.zeros(column.size)], axis=-1)
        return np.asarray(flat * self.square_m, dtype=np.float64)

    def __str__(self) -> str:
        text = f"{self.kind}:{self.columns}x{self.rows}:{self.square_m * 1000:g}"
        if self.marker_m is None:
            return text
        return f"{text}:{self.marker_m * 1000:g}:{self.dictionary}"


def parse_board(text: str) -> Board:
    """`checkerboard:4x7:60` or `charuco:13x8:30[:22.5[:DICT_5X5_250]]`: inner corners, millimetres."""
    found = _GRAMMAR.fullmatch(text.strip())
    if not found or (found["kind"] == "checkerboard" and (found["marker"] or found["dictionary"])):
        raise BadInput(
            f"{text[:60]!r} names no board",
            where="--board",
            todo="Write checkerboard:COLSxROWS:SQUARE_MM or charuco:COLSxROWS:SQUARE_MM, "
            "counting inner corners: checkerboard:9x6:25",
        )
    columns, rows, square_mm = int(found["columns"]), int(found["rows"]), float(found["square"])
    if not (3 <= columns <= 60 and 3 <= rows <= 60 and 1.0 <= square_mm <= 1000.0):
        raise BadInput(
            f"a board of {columns} x {rows} corners and squares of {square_mm:g} mm",
            where="--board",
            todo="Corners go from 3 to 60 a side, squares from 1 to 1000 mm",
        )
    if found["kind"] == "checkerboard":
        return Board("checkerboard", columns, rows, square_mm / 1000)
    marker_mm = float(found["marker"] or square_mm * MARKER_PART)
    if not 0.3 * square_mm <= marker_mm <= 0.95 * square_mm:
        raise BadInput(
            f"markers of {marker_mm:g} mm in squares of {square_mm:g} mm",
            where="--board",
            todo="A marker takes 0.3 to 0.95 of its square",
        )
    dictionary = found["dictionary"] or DICTIONARY
    return Board("charuco", columns, rows, square_mm / 1000, marker_mm / 1000, dictionary)


def tag_corners_m(size_m: float) -> F64:
    """A tag's corners (4, 3) in its own frame: top left, top right, bottom right, bottom left as it is
    read. `size_m` is the side of the black square."""
    half = size_m / 2
    return np.array([[-half, half, 0.0], [half, half, 0.0], [half, -half, 0.0], [-half, -half, 0.0]])
