"""A calibration while it goes on: look at pictures as they come, keep the good ones, solve at the end.

A look is quick: the board is sought in a reduced picture, so that a page can show ten a second. What is
kept is found again at full size. Nothing here waits or reads: pictures and times are given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.image import U8Plane
from openset.primitives.space import F64
from openset.stage.calibrate.board import find_board
from openset.stage.calibrate.conclude import Conclusion, conclude
from openset.stage.calibrate.coverage import Coverage, Shortfall, coverage, outline
from openset.stage.calibrate.gate import judged, look, measure, same_view, twin
from openset.stage.calibrate.sighting import Refusal, SeenBoard, View
from openset.stage.calibrate.start import bare_lens, view_pose
from openset.stage.lens.measured import MeasuredLens
from openset.stage.prints.model import Board

LOOK_WIDTH = {"charuco": 960, "checkerboard": 640}
"""To how many pixels across a picture is reduced for a quick look: markers need more."""
STILL_PX_S = 0.02
"""How fast the board may move, in picture widths a second, to be sharp and to be there still."""
LEAST_PX = 64
"""The shorter side of the smallest picture that is looked at."""
_LIKELY_FOCAL = 1.2


@dataclass(frozen=True, eq=False)
class Seen:
    """One look: the board's `outline_px` (n, 2) and `corners_px` (m, 2) in the picture's own pixels
    (empty where none is seen), its edges' blur, how fast it moves in picture widths a second, what is
    wrong with it, and whether it may be kept now."""

    time_s: float
    outline_px: F64
    corners_px: F64
    blur_px: float
    speed: float
    trouble: Refusal | None
    good: bool


class Session:
    """One lens at one setting of its rings. `width_px` by `height_px` is the size of all pictures;
    `distinct` leaves out views that show the board where another does. Raises BadInput for pictures too
    small to see a board in."""

    def __init__(self, board: Board, width_px: int, height_px: int, *, distinct: bool = True) -> None:
        if min(width_px, height_px) < LEAST_PX:
            raise BadInput(
                f"pictures of {width_px} x {height_px} pixels are too small to measure a lens from",
                todo=f"Give pictures of {LEAST_PX} pixels and more each way",
            )
        self.board = board
        self._distinct = distinct
        self.width_px, self.height_px = width_px, height_px
        self.views: list[View] = []
        self.refused: list[Refusal] = []
        self._last: tuple[float, SeenBoard] | None = None
        self._luma: U8Plane | None = None
        self._time_s = 0.0
        self._count = 0

    def look(self, luma: U8Plane, time_s: float) -> Seen:
        """A quick look at one picture (h, w)."""
        self._check(luma)
        self._luma, self._time_s = luma, time_s
        shrink = min(1.0, LOOK_WIDTH[self.board.kind] / luma.shape[1])
        small = luma
        if shrink < 1.0:
            small = np.asarray(
                cv2.resize(luma, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8
            )
        found = find_board(small, self.board, thorough=False)
        if found is None:
            self._last = None
            nothing = np.zeros((0, 2))
            none = Refusal("", "no-board", "no board is seen", "Show the whole board, evenly lit")
            return Seen(time_s, nothing, nothing, 0.0, 0.0, none, False)
        seen = SeenBoard(found.index, found.corners_px / shrink)
        speed = self._speed(seen, time_s)
        measures = measure(small, self.board, found)
        measures = replace(
            measures, blur_px=measures.blur_px / shrink, square_px=measures.square_px / shrink
        )
        trouble = judged("", self.board, found, measures)
        trouble = trouble or self._moving(speed) or self._twin(View("", seen))
        good = trouble is None
        blur = measures.blur_px
        return Seen(time_s, outline(seen), seen.corners_px, blur, speed, trouble, good)

    def keep(self, name: str = "") -> View | Refusal:
        """Take the picture last looked at, found again at full size; or why not."""
        if self._luma is None:
            return Refusal(name, "no-board", "no picture has been looked at", "Look first")
        return self.add(name or f"view {self._count + 1}", self._luma, self._time_s)

    def add(self, name: str, luma: U8Plane, time_s: float = 0.0) -> View | Refusal:
        """Take a picture (h, w) of a set; or why not."""
        self._check(luma)
        self._count += 1
        found = look(name, luma, self.board, time_s)
        if isinstance(found, View) and self._distinct:
            other = same_view(found, self.views, self.width_px)
            if other is not None:
                found = self._sharper(found, other)
        if isinstance(found, Refusal):
            self.refused.append(found)
        else:
            self.views.append(found)
        return found

    def coverage(self) -> Coverage:
        """What the kept views cover; tilts by a likely focal length until the lens is known."""
        lens = bare_lens(self.width_px, self.height_px, _LIKELY_FOCAL * self.width_px, fisheye=False)
        poses = [view_pose(view, self.board.points_m, lens)[0] for view in self.views]
        stacked = np.array(poses) if poses else None
        return coverage(self.views, stacked, self.width_px, self.height_px)

    def advice(self) -> tuple[Shortfall, ...]:
        """What to shoot next, the most wanting first."""
        return self.coverage().shortfalls

    def result(self, *, model: str = "auto", start: MeasuredLens | None = None) -> Conclusion:
        """The lens of what was kept. Raises BadInput where it tells none."""
        return conclude(self.views, self.board, self.width_px, self.height_px, model=model, start=start)

    def _check(self, luma: U8Plane) -> None:
        if luma.shape != (self.height_px, self.width_px):
            raise BadInput(
                f"a picture of {luma.shape[1]} x {luma.shape[0]} among pictures of {self.width_px} x "
                f"{self.height_px}",
                todo="Keep the camera's format and way up as they are for all pictures",
            )

    def _speed(self, seen: SeenBoard, time_s: float) -> float:
        before, self._last = self._last, (time_s, seen)
        if before is None or time_s <= before[0]:
            return 0.0
        _, mine, its = np.intersect1d(seen.index, before[1].index, return_indices=True)
        if not len(mine):
            return 0.0
        moved = np.linalg.norm(seen.corners_px[mine] - before[1].corners_px[its], axis=-1).mean()
        return float(moved) / self.width_px / (time_s - before[0])

    def _moving(self, speed: float) -> Refusal | None:
        if speed <= STILL_PX_S:
            return None
        return Refusal("", "moving", "the board is moving", "Hold it still for a moment")

    def _twin(self, view: View) -> Refusal | None:
        other = same_view(view, self.views, self.width_px)
        return None if other is None else twin(view, other)

    def _sharper(self, view: View, other: View) -> View | Refusal:
        """Of two views of the same place the sharper one stays."""
        if view.blur_px >= 0.9 * other.blur_px:
            return twin(view, other)
        self.views.remove(other)
        self.refused.append(twin(other, view))
        return view
