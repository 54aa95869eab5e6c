"""Corners of whatever stands still, followed through a take's pictures.

Each corner is followed from frame to frame (Lucas and Kanade 1981; Bouguet 2001) and then laid again
against the picture it was first seen in, so that its place does not creep: what no longer looks as it
did is let go. Corners are born one to a cell, where the cell holds none (Shi and Tomasi 1994).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from openset.primitives.image import U8Plane
from openset.primitives.space import F64
from openset.stage.solve.model import I64

WORKING_WIDTH = 960
CELLS = (8, 14)
BIRTH_EVERY = 8
MOST_ANCHORS = 6
"""First pictures kept at once; a corner older than that has long changed its looks."""
_MARGIN = 12
_WINDOW = (17, 17)
_CREEP_PX = 1.5
_LOOKS = 12.0
"""Codes by which a corner's neighbourhood may differ from the first picture's, on average."""
_FAINTEST = 4e-4
_APART = 14
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.02)

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Anchor:
    """A picture in which corners were born, the corners' numbers and places in it."""

    picture: U8Plane
    numbers: I64
    places: F32


@dataclass(eq=False)
class Follower:
    """Feed it the pictures of a take in order; it numbers the corners it follows."""

    width_px: int
    height_px: int
    _anchors: list[Anchor] = field(default_factory=list)
    _before: U8Plane | None = None
    _numbers: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    _places: F32 = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    _next: int = 0
    _frames: int = 0

    @property
    def _scale(self) -> float:
        return min(1.0, WORKING_WIDTH / self.width_px)

    def add(self, luma: U8Plane) -> tuple[I64, F64]:
        """The next picture (h, w): the numbers of the corners seen in it (k,) and their pixels (k, 2)
        in the whole picture."""
        size = (round(self.width_px * self._scale), round(self.height_px * self._scale))
        small = luma.copy()
        if size != luma.shape[::-1]:
            small = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
        if self._before is not None and len(self._numbers):
            self._follow(self._before, small)
        if self._frames % BIRTH_EVERY == 0 or len(self._numbers) < CELLS[0] * CELLS[1] // 4:
            self._bear(small)
        self._before = small
        self._frames += 1
        ratio = np.array([self.width_px / size[0], self.height_px / size[1]])
        return self._numbers.copy(), (self._places.astype(np.float64) + 0.5) * ratio

    def restart(self) -> None:
        """Forget what was followed: the next picture has nothing to do with the last."""
        self._before, self._anchors = None, []
        self._numbers, self._places = np.zeros(0, np.int64), np.zeros((0, 2), np.float32)

    def _follow(self, before: U8Plane, small: U8Plane) -> None:
        # A fresh array each time: OpenCV writes its answer into the one it is given.
        there, seen, _ = cv2.calcOpticalFlowPyrLK(
            before, small, self._places, np.zeros_like(self._places), winSize=_WINDOW, maxLevel=3,
            criteria=_STOP,
        )  # fmt: skip
        alive = seen.ravel() == 1
        for anchor in self._anchors:
            _, ours, theirs = np.intersect1d(self._numbers, anchor.numbers, return_indices=True)
            if not len(ours):
                continue
            laid, found, looks = cv2.calcOpticalFlowPyrLK(
                anchor.picture, small, anchor.places[theirs], there[ours].copy(), winSize=_WINDOW,
                maxLevel=0, criteria=_STOP, flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
            )  # fmt: skip
            good = (found.ravel() == 1) & (looks.ravel() < _LOOKS)
            good &= np.abs(laid - there[ours]).max(axis=1) < _CREEP_PX
            there[ours] = laid
            alive[ours] &= good
        height, width = small.shape
        inside = (there > _MARGIN) & (there < (width - _MARGIN, height - _MARGIN))
        alive &= inside.all(axis=1)
        self._numbers, self._places = self._numbers[alive], np.asarray(there[alive], np.float32)

    def _bear(self, small: U8Plane) -> None:
        """New corners in cells that hold none."""
        while len(self._anchors) >= MOST_ANCHORS:
            gone = np.isin(self._numbers, self._anchors.pop(0).numbers)
            self._numbers, self._places = self._numbers[~gone], self._places[~gone]
        places = _corners(small, self._places)
        numbers = np.arange(self._next, self._next + len(places))
        self._next += len(places)
        if len(places):
            self._anchors.append(Anchor(small, numbers, places))
            self._numbers = np.concatenate([self._numbers, numbers])
            self._places = np.concatenate([self._places, places])


def _corners(small: U8Plane, taken: F32) -> F32:
    """The best corner of each cell (k, 2), away from those that are `taken`."""
    strength = cv2.cornerMinEigenVal(small, 7, ksize=3)
    strength[:_MARGIN], strength[-_MARGIN:] = 0.0, 0.0
    strength[:, :_MARGIN], strength[:, -_MARGIN:] = 0.0, 0.0
    for x, y in np.rint(taken).astype(int).tolist():
        strength[max(0, y - _APART) : y + _APART + 1, max(0, x - _APART) : x + _APART + 1] = 0.0
    rows, columns = CELLS
    tall, wide = small.shape[0] // rows, small.shape[1] // columns
    cells = strength[: tall * rows, : wide * columns].reshape(rows, tall, columns, wide)
    flat = np.ascontiguousarray(cells.swapaxes(1, 2)).reshape(rows * columns, tall * wide)
    best = flat.argmax(axis=1)
    row, column = np.divmod(np.arange(rows * columns), columns)
    x, y = column * wide + best % wide, row * tall + best // wide
    filled = np.zeros(rows * columns, bool)
    if len(taken):
        cell = np.clip(taken[:, 1].astype(int) // tall, 0, rows - 1) * columns
        filled[cell + np.clip(taken[:, 0].astype(int) // wide, 0, columns - 1)] = True
    chosen = (flat.max(axis=1) > _FAINTEST) & ~filled
    found: F32 = np.stack([x, y], axis=1)[chosen].astype(np.float32)
    if not len(found):
        return np.zeros((0, 2), np.float32)
    refined: F32 = np.asarray(found.reshape(-1, 1, 2), np.float32)
    cv2.cornerSubPix(small, refined, (3, 3), (-1, -1), _STOP)
    corners: F32 = refined.reshape(-1, 2)
    return corners
