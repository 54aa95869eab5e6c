"""How a camera's picture moved from one frame to the next, seen by what stands still in it.

Pyramidal optical flow (Lucas and Kanade 1981; Bouguet 2001) on corners spread over the picture, the
similarity most of them agree with (RANSAC, Fischler and Bolles 1981), and through those a field of
motion: shift, roll, and what a rolling shutter bends. Everything refers to the picture's middle row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from openset.primitives.image import U8Plane
from openset.primitives.space import F64
from openset.primitives.time import NS_PER_S

WORKING_WIDTH = 640
"""Pictures are measured at this width: sub-pixel flow needs no more, and it costs 8 ms."""

_CELLS = (9, 16)
_MARGIN = 8
_NEIGHBOURS = np.ones((9, 9), np.uint8)
_NOISE_FACTOR = 4e-5  # pure noise of 1 code reaches 2.6e-5 in a 7 x 7 window
_WIDEST = 1.5
"""Focal lengths from the axis (56 degrees) beyond which a fisheye's rays are too long."""
_SPREAD = 0.12
"""Corners spread over less of the picture than this (standard deviation) fix no field, only a shift."""


@dataclass(frozen=True, eq=False)
class Motion:
    """The picture's flow (n, 2) in pixels, x right, y down, from `from_ns` (n,) to `to_ns` (n,).

    `roll_rad` (n,) is how far the picture turned, clockwise; `shear` (n, 2) how many pixels more the
    last row moved than the first, as a rolling shutter makes it do; nan where it is not known. Either
    is None where nothing is known of it.
    """

    from_ns: npt.NDArray[np.int64]
    to_ns: npt.NDArray[np.int64]
    flow_px: F64
    roll_rad: F64 | None = None
    shear_px: F64 | None = None


@dataclass(frozen=True)
class Sight:
    """What has to be known of a lens: its focal length and the height of its axis in pixels of a
    picture of this size, and `ideal`, which takes pixels (n, 2) of that picture to directions (n, 2),
    right and down per unit of depth, as a lens without distortion would see them."""

    width_px: int
    height_px: int
    focal_px: float
    axis_y_px: float
    ideal: Callable[[F64], F64]


@dataclass(frozen=True)
class Step:
    """One frame to the next: the shift in the picture's middle, the roll, the shear (see Motion); with
    a lens as its pinhole would show it."""

    x_px: float
    y_px: float
    roll_rad: float
    shear_x_px: float
    shear_y_px: float


def working_picture(luma: U8Plane) -> U8Plane:
    """A luma plane (h, w) shrunk to the working width, for image_motion."""
    height, width = luma.shape
    if width <= WORKING_WIDTH:
        return luma
    size = (WORKING_WIDTH, max(2, round(height * WORKING_WIDTH / width)))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)


def image_motion(previous_gray: U8Plane, gray: U8Plane) -> tuple[float, float] | None:
    """The flow of the still part of the picture in its middle, (x, y) pixels; None where nothing holds.

    Corners are taken from all over the picture; they are followed forth and back, and the similarity
    (shift, roll, scale) that most agree with is read in the middle, free of roll and zoom. Actors are
    outvoted while they cover less of the picture than what stands still behind them.
    """
    step = image_step(previous_gray, gray)
    return None if step is None else (step.x_px, step.y_px)


def image_step(previous_gray: U8Plane, gray: U8Plane, lens: Sight | None = None) -> Step | None:
    """The motion of the still part of the picture; None where nothing holds. `lens` is of any size of
    the same framing."""
    points = _corners(previous_gray)
    if len(points) < 8:
        return None
    there, seen = _followed(previous_gray, gray, points)
    back, returned = _followed(gray, previous_gray, there)
    error = np.abs(back - points).max(axis=(1, 2))
    good = seen & returned & (error < 0.5)
    if int(good.sum()) < 8:
        return None
    start, end = points[good].reshape(-1, 2), there[good].reshape(-1, 2)
    typical = float(np.median(np.abs(end - start)))
    fit, inliers = cv2.estimateAffinePartial2D(
        start, end, method=cv2.RANSAC, ransacReprojThreshold=max(0.8, 0.08 * typical), maxIters=300
    )
    if fit is None or int(inliers.sum()) < 6:
        return None
    height, width = gray.shape
    middle = np.array([width / 2, height / 2])
    step = _field(start + 0.5, end + 0.5, inliers.ravel() == 1, (width, height), lens)
    if step is not None:
        return step
    x, y = (fit[:, :2] @ middle + fit[:, 2] - middle).tolist()
    return Step(x, y, float(np.arctan2(fit[1, 0], fit[0, 0])), np.nan, np.nan)


def _field(
    start: npt.NDArray[np.float32],
    end: npt.NDArray[np.float32],
    keep: npt.NDArray[np.bool_],
    size: tuple[int, int],
    lens: Sight | None,
) -> Step | None:
    """The field of motion through followed points (n, 2), by least squares: first through those to
    `keep` (n,), then twice through all that lie near it; None where they are too few or too close
    together to tell.

    Each axis is a constant and a slope along both axes of the picture; with a lens the constants are
    turns of the camera, whose flow grows towards the edges (x + x * x and x * y, at the place halfway).
    A similarity would be pulled by the rolling shutter wherever the points lie above or below the
    middle.
    """
    first, last, focal = _ideal(start, size, lens), _ideal(end, size, lens), _focal_px(size, lens)
    place, step = 0.5 * (first + last), last - first
    x, y = place[:, 0], place[:, 1]
    one, none = np.ones_like(x), np.zeros_like(x)
    xx, xy, yy = (x * x, x * y, y * y) if lens is not None else (none, none, none)
    # Columns: shift x, shift y, slopes of the x flow along x and y, of the y flow along x and y.
    across = np.stack([one + xx, xy, x, y, none, none], axis=1)
    down = np.stack([xy, one + yy, none, none, x, y], axis=1)
    usable = np.hypot(x, y) < _WIDEST
    keep = keep & usable
    for _ in range(3):
        if keep.sum() < 16 or (place[keep].std(axis=0) * focal / np.array(size)).min() < _SPREAD:
            return None
        columns = np.concatenate([across[keep], down[keep]])
        found = np.linalg.lstsq(columns, np.concatenate([step[keep, 0], step[keep, 1]]), rcond=None)[0]
        off = np.hypot(across @ found - step[:, 0], down @ found - step[:, 1])
        keep = usable & (off <= max(3.0 * float(np.median(off[keep])), 0.02 / focal))
    high = size[1] / focal
    # A rolling shutter adds only what grows along the rows: the turn is read along a row.
    roll = found[4]
    shear = ((found[3] + roll) * high * focal, (found[5] - found[2]) * high * focal)
    # The axis of a lens may lie off the middle row, to whose time everything refers.
    aside = 0.0 if lens is None else 0.5 - lens.axis_y_px / lens.height_px
    values = (found[0] * focal + aside * shear[0], found[1] * focal + aside * shear[1], roll)
    if not np.isfinite([*values, *shear]).all():
        return None
    return Step(*(float(each) for each in (*values, *shear)))


def _focal_px(size: tuple[int, int], lens: Sight | None) -> float:
    return float(size[0]) if lens is None else lens.focal_px * size[0] / lens.width_px


def _ideal(points: npt.NDArray[np.float32], size: tuple[int, int], lens: Sight | None) -> F64:
    """Picture points (n, 2) in units of the focal length about the middle (about the axis, without
    distortion, where the lens is known; in widths of the picture where not)."""
    if lens is None:
        return np.asarray((points - np.array(size) / 2) / size[0], np.float64)
    own_size = np.array([lens.width_px / size[0], lens.height_px / size[1]])
    return lens.ideal(np.asarray(points * own_size, np.float64))


def _followed(
    first: U8Plane, second: U8Plane, points: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Points (n, 1, 2) of the first picture in the second, and which of them were found."""
    # A fresh array each time: OpenCV writes its answer into the one it is given.
    there, seen, _ = cv2.calcOpticalFlowPyrLK(
        first, second, points, np.zeros_like(points), winSize=(21, 21), maxLevel=3
    )
    return np.asarray(there, np.float32), np.asarray(seen).ravel() == 1


def _corners(gray: U8Plane) -> npt.NDArray[np.float32]:
    """The two best corners (n, 1, 2) of each cell of the picture, where they stand out of the noise.

    By cells, because a green cloth is plain and actors are not: the best corners of the whole picture
    are all on the actors. Above the noise, because what is followed in noise stands still.
    """
    strength = cv2.cornerMinEigenVal(gray, 7)
    peaks = cv2.dilate(strength, _NEIGHBOURS) == strength
    strength = np.where(peaks, strength, 0)
    high, wide = gray.shape[0] // _CELLS[0], gray.shape[1] // _CELLS[1]
    if min(high, wide) < 8:
        return np.zeros((0, 1, 2), np.float32)
    strength[:_MARGIN], strength[-_MARGIN:] = 0, 0
    strength[:, :_MARGIN], strength[:, -_MARGIN:] = 0, 0
    cells = _in_cells(np.asarray(strength, np.float32), high, wide)
    best = np.argsort(cells, axis=1)[:, -2:]
    good = np.take_along_axis(cells, best, axis=1) > _NOISE_FACTOR * _noise(gray, high, wide) ** 2
    cell, place = np.nonzero(good)[0], best[good]
    y = cell // _CELLS[1] * high + place // wide
    x = cell % _CELLS[1] * wide + place % wide
    return np.ascontiguousarray(np.stack([x, y], axis=-1)[:, None], np.float32)


def _noise(gray: U8Plane, high: int, wide: int) -> float:
    """The picture's noise in codes: its smooth cells under a mask blind to edges (Immerkaer 1996)."""
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.asarray(np.abs(cv2.filter2D(gray, cv2.CV_32F, mask)), np.float32)
    return max(
        0.25, float(np.percentile(np.median(_in_cells(response, high, wide), axis=1), 20)) / 4.05
    )


def _in_cells(values: npt.NDArray[np.float32], high: int, wide: int) -> npt.NDArray[np.float32]:
    """A plane cut into cells: (cells, high * wide)."""
    rows, columns = _CELLS
    cut = values[: rows * high, : columns * wide].reshape(rows, high, columns, wide)
    return np.ascontiguousarray(cut.transpose(0, 2, 1, 3)).reshape(rows * columns, high * wide)


class MotionLog:
    """The picture's motion as frames come in, for the last `capacity_s` seconds; through `lens` where
    it is known (of any size of the same framing)."""

    def __init__(self, capacity_s: float = 20.0, lens: Sight | None = None) -> None:
        self._capacity_ns = round(capacity_s * NS_PER_S)
        self._lens = lens
        self._previous: tuple[int, U8Plane] | None = None
        self._steps: deque[tuple[int, int, Step]] = deque()

    def add(self, time_ns: int, luma: U8Plane) -> None:
        """Take in one frame: its time on the engine's clock and its luma plane of any size."""
        gray = working_picture(luma)
        if self._previous is not None and time_ns > self._previous[0]:
            since_ns, before = self._previous
            step = image_step(before, gray, self._lens) if before.shape == gray.shape else None
            if step is not None:
                self._steps.append((since_ns, time_ns, step))
        self._previous = (time_ns, gray)
        while self._steps and self._steps[0][0] < time_ns - self._capacity_ns:
            self._steps.popleft()

    def motion(self) -> Motion:
        """What has been seen."""
        table = np.array([step[:2] for step in self._steps], np.int64).reshape(-1, 2)
        steps = [step for _, _, step in self._steps]
        seen = np.array(
            [(s.x_px, s.y_px, s.roll_rad, s.shear_x_px, s.shear_y_px) for s in steps], np.float64
        ).reshape(-1, 5)
        return Motion(table[:, 0], table[:, 1], seen[:, :2], seen[:, 2], seen[:, 3:])
