"""One view of a printed board: its corners in the picture, how sharp and how large they are.

What every part of the lens's calibration passes on. Picture coordinates are Openset's (docs/
conventions.md): what OpenCV finds plus half a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openset.primitives.space import F64
from openset.stage.prints.model import Board

Index = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Followed:
    """How the edges that meet in corners were followed, for the board's two axes: from where on, in
    squares (n, 2), and how far they were taken to bow, in pixels (n, 2), nan where they were not."""

    start: F64
    bow_px: F64


@dataclass(frozen=True, eq=False)
class SeenBoard:
    """The corners found: `index` (n,) counts `Board.points_m`, `corners_px` (n, 2) says where;
    `followed` how, where they were found along their edges."""

    index: Index
    corners_px: F64
    followed: Followed | None = None

    @property
    def extent_px(self) -> tuple[float, float, float, float]:
        """The box around the corners: left, top, right, bottom."""
        left, top = self.corners_px.min(axis=0).tolist()
        right, bottom = self.corners_px.max(axis=0).tolist()
        return left, top, right, bottom


@dataclass(frozen=True, eq=False)
class View:
    """A view that may be used. `blur_px` is the standard deviation of the edges' blur, `time_s` when it
    was taken, or its number among photographs."""

    name: str
    seen: SeenBoard
    blur_px: float = 0.0
    time_s: float = 0.0


@dataclass(frozen=True)
class Refusal:
    """Why a view is not used: a `code` for programs and pages, the reason and what to do for people."""

    view: str
    code: str
    reason: str
    todo: str


def neighbours(board: Board, seen: SeenBoard) -> tuple[Index, Index]:
    """Pairs of corners next to each other in a row or a column, as places in `seen` (k,), (k,)."""
    place = np.full((board.rows, board.columns), -1)
    place[seen.index // board.columns, seen.index % board.columns] = np.arange(len(seen.index))
    first = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    second = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    both = (first >= 0) & (second >= 0)
    return first[both], second[both]


def square_px(board: Board, seen: SeenBoard) -> float:
    """The shortest side of a square in the picture, 0 where no two neighbours are seen."""
    first, second = neighbours(board, seen)
    if not len(first):
        return 0.0
    sides = np.linalg.norm(seen.corners_px[first] - seen.corners_px[second], axis=-1)
    return float(np.percentile(sides, 5))
