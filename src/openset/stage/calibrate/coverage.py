"""What the views show of the picture and of the board, and what to shoot next.

A lens is known where a board was seen: the picture is counted in cells, its corners apart. Focal length
comes from tilt, so the board's tilts are counted too, in the four directions they go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from openset.primitives.space import F64
from openset.stage.calibrate.sighting import SeenBoard, View

COLUMNS, ROWS = 8, 6
ENOUGH = 0.7
"""The part of the cells a good set covers."""
TILTED_RAD = 0.3
"""A tilt that counts: 17 degrees."""
GOOD_VIEWS = 15
_NAMES = ("top left", "top right", "bottom left", "bottom right")
_DIRECTIONS = ("left edge", "right edge", "upper edge", "lower edge")


@dataclass(frozen=True)
class Shortfall:
    """Something a good set of views has and this one lacks: a `code`, and the words for people."""

    code: str
    text: str


@dataclass(frozen=True, eq=False)
class Coverage:
    """`cells` (ROWS, COLUMNS) counts the corners seen in each part of the picture; `part` is the share
    that has any. `corners` says of the picture's four corners (top left, top right, bottom left, bottom
    right) whether a board reached them. `tilts` counts views tilted with their left, right, upper or
    lower edge nearer."""

    cells: tuple[tuple[int, ...], ...]
    part: float
    corners: tuple[bool, bool, bool, bool]
    tilts: tuple[int, int, int, int]
    views: int

    @property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        """What to shoot next, the most wanting first."""
        out = []
        if self.views < GOOD_VIEWS:
            out.append(Shortfall("views", f"Shoot {GOOD_VIEWS - self.views} more views"))
        for place, there in enumerate(self.corners):
            if not there:
                code = _NAMES[place].replace(" ", "-")
                out.append(Shortfall(code, f"Hold the board into the {_NAMES[place]} of the picture"))
        for place, count in enumerate(self.tilts):
            if not count:
                code = f"tilt-{_DIRECTIONS[place].split()[0]}"
                out.append(
                    Shortfall(code, f"Tilt the board: its {_DIRECTIONS[place]} towards the camera")
                )
        if self.part < ENOUGH and all(self.corners):
            out.append(
                Shortfall("cells", f"Fill the picture: {self.part * 100:.0f} % of it is covered")
            )
        return tuple(out)


def coverage(views: Sequence[View], poses: F64 | None, width_px: int, height_px: int) -> Coverage:
    """What the views cover; `poses` (v, 4, 4) are camera from board, None where not known yet."""
    cells = np.zeros((ROWS, COLUMNS), int)
    for view in views:
        across = np.clip(view.seen.corners_px[:, 0] * COLUMNS / width_px, 0, COLUMNS - 1).astype(int)
        down = np.clip(view.seen.corners_px[:, 1] * ROWS / height_px, 0, ROWS - 1).astype(int)
        np.add.at(cells, (down, across), 1)
    tilts = [0, 0, 0, 0]
    for place in range(len(views)) if poses is not None else ():
        assert poses is not None
        for direction in tilt_directions(poses[place]):
            tilts[direction] += 1
    left_top, right_top, left_low, right_low = _corners_reached(views, width_px, height_px)
    return Coverage(
        tuple(tuple(row) for row in cells.tolist()),
        float((cells > 0).mean()),
        (left_top, right_top, left_low, right_low),
        (tilts[0], tilts[1], tilts[2], tilts[3]),
        len(views),
    )


def _corners_reached(views: Sequence[View], width_px: int, height_px: int) -> list[bool]:
    """Whether any corner of a board came within a sixth of the picture to each of its corners."""
    out = []
    for x, y in ((0, 0), (width_px, 0), (0, height_px), (width_px, height_px)):
        near = False
        for view in views:
            off = np.abs(view.seen.corners_px - [x, y]) / [width_px, height_px]
            near = near or bool((off.max(axis=-1) < 1 / 6).any())
        out.append(near)
    return out


def tilt_directions(pose: F64) -> list[int]:
    """Which edges of the board are tilted towards the camera: 0 left, 1 right, 2 upper, 3 lower."""
    towards = -pose[:3, 3] / np.linalg.norm(pose[:3, 3])
    facing = pose[:3, 2] if pose[:3, 2] @ towards > 0 else -pose[:3, 2]
    side = facing - towards * float(facing @ towards)
    out = []
    limit = np.sin(TILTED_RAD)
    if abs(side[0]) > limit:
        out.append(1 if side[0] < 0 else 0)
    if abs(side[1]) > limit:
        out.append(2 if side[1] < 0 else 3)
    return out


def outline(seen: SeenBoard) -> F64:
    """The board's outline in the picture (n, 2), for drawing."""
    hull = cv2.convexHull(seen.corners_px.astype(np.float32))
    return np.asarray(hull, np.float64).reshape(-1, 2)
