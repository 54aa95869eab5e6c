"""A camera's path as the search for the delay reads it: how far it turned and travelled between any two
moments, in its own axes.

The track is integrated in the camera's axes and smoothed onto an even grid by local quadratics
(Savitzky and Golay 1964, for uneven samples). Read by plain interpolation the tracker's noise would
be full on a sample and less between two, and the fit would be drawn to delays that fall between
(measured: by up to 4 ms where the rates are multiples of each other).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openset.primitives.rotation import vector_from_matrix
from openset.primitives.space import F64
from openset.primitives.time import NS_PER_S
from openset.stage.tracking.samples import TrackSample

GAP_S = 0.2
"""A tracker silent for longer has stopped: what is between is not filled in."""
FROZEN_S = 0.4
"""A tracker that reports one pose for longer, to the last digit, has stopped too."""
_STEP_S = 0.001
_MOST_STEPS = 600_000
_LEAST_WINDOW_S = 0.05
_MOST_NEIGHBOURS = 30


@dataclass(frozen=True, eq=False)
class Path:
    """The path on an even grid: `start_s` and `step_s`, `sums` (6, m): turned about x, y, z (radians)
    and travelled along x, y, z (metres) since the beginning, each in the camera's own axes (right, up,
    back). `gaps` (k, 2) are seconds in which the tracker said nothing new; `frozen` of those it filled
    with one pose."""

    start_s: float
    step_s: float
    sums: F64
    first_s: float
    last_s: float
    margin_s: float
    gaps: F64
    frozen: F64

    def at(self, seconds: F64) -> F64:
        """`sums` at (n,) moments: (6, n)."""
        place = (seconds - self.start_s) / self.step_s
        left = np.clip(np.floor(place).astype(np.intp), 0, self.sums.shape[1] - 2)
        part = np.clip(place - left, 0.0, 1.0)
        low = self.sums[:, left]
        return np.asarray(low + part * (self.sums[:, left + 1] - low))

    def covers(self, start: F64, stop: F64) -> npt.NDArray[np.bool_]:
        """Which intervals (n,) the tracker covers whole."""
        inside = (start >= self.first_s) & (stop <= self.last_s)
        for left, right in self.gaps:
            inside &= (stop <= left + self.margin_s) | (start >= right - self.margin_s)
        return np.asarray(inside)


def path_of(track: Sequence[TrackSample], origin_ns: int) -> Path:
    """The path of a track (two samples or more, in order of time), in seconds since `origin_ns`."""
    seconds = np.array([sample.time_ns - origin_ns for sample in track], np.float64) / NS_PER_S
    rotations = _matrices(np.array([sample.stage_from_camera.rotation_wxyz for sample in track]))
    positions = np.array([sample.stage_from_camera.position_m for sample in track])
    new = np.concatenate([[True], np.diff(seconds) > 0])
    seconds, rotations, positions = seconds[new], rotations[new], positions[new]
    turn = vector_from_matrix(np.einsum("nji,njk->nik", rotations[:-1], rotations[1:]))
    travel = np.einsum("nji,nj->ni", rotations[:-1], np.diff(positions, axis=0))
    steps = np.concatenate([turn, travel], axis=1).T
    sums = np.concatenate([np.zeros((6, 1)), np.cumsum(steps, axis=1)], axis=1)
    intervals = np.diff(seconds)
    usual = float(np.median(intervals)) if len(intervals) else 1.0
    frozen = _frozen(seconds, np.abs(steps).sum(axis=0) == 0.0)
    wide = np.flatnonzero(intervals > max(GAP_S, 4 * usual))
    gaps = np.concatenate([np.stack([seconds[wide], seconds[wide + 1]], axis=1), frozen])
    window = min(max(2.5 * usual, _LEAST_WINDOW_S), 0.5 * GAP_S)
    start, span = float(seconds[0]), float(seconds[-1] - seconds[0])
    step_s = max(_STEP_S, span / _MOST_STEPS)
    grid = start + step_s * np.arange(max(2, int(span / step_s) + 1))
    smooth = np.concatenate(
        [
            _smoothed(seconds, sums, part, window)
            for part in np.array_split(grid, 1 + len(grid) // 8192)
        ],
        axis=1,
    )
    return Path(start, step_s, smooth, start, float(seconds[-1]), usual, gaps, frozen)


def _matrices(wxyz: F64) -> F64:
    """Quaternions (n, 4) to rotation matrices (n, 3, 3)."""
    w, x, y, z = (wxyz / np.linalg.norm(wxyz, axis=1, keepdims=True)).T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def _frozen(seconds: F64, still: npt.NDArray[np.bool_]) -> F64:
    """Stretches (k, 2) in which every report was the one before, to the last digit; none where that is
    most of the track (a camera that stood still)."""
    if still.mean() > 0.8:
        return np.zeros((0, 2))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], still.astype(np.int8), [0]])))
    runs = edges.reshape(-1, 2)
    spans = np.stack([seconds[runs[:, 0]], seconds[np.minimum(runs[:, 1], len(seconds) - 1)]], axis=1)
    return np.asarray(spans[spans[:, 1] - spans[:, 0] > FROZEN_S])


def _smoothed(seconds: F64, sums: F64, grid: F64, window: float) -> F64:
    """`sums` (6, m) at the moments of the grid: the value of a quadratic through the samples within
    `window` (weights 1 - d * d); plain interpolation where those are too few."""
    plain = np.stack([np.interp(grid, seconds, row) for row in sums])
    middle = np.searchsorted(seconds, grid)
    reach = int(min(_MOST_NEIGHBOURS, max(3.0, np.ceil(window / np.median(np.diff(seconds))))))
    reach = min(reach, (len(seconds) - 1) // 2)
    if reach < 1:
        return plain
    near = np.clip(middle, reach, len(seconds) - 1 - reach)[:, None] + np.arange(-reach, reach + 1)
    apart = (seconds[near] - grid[:, None]) / window
    weight = np.maximum(1.0 - apart * apart, 0.0)
    m0, m1, m2, m3, m4 = ((weight * apart**power).sum(axis=1) for power in range(5))
    # First row of the inverse of the normal matrix [[m0 m1 m2] [m1 m2 m3] [m2 m3 m4]].
    a, b, c = m2 * m4 - m3 * m3, m2 * m3 - m1 * m4, m1 * m3 - m2 * m2
    whole = m0 * a + m1 * b + m2 * c
    firm = whole > 1e-4 * np.maximum(m0, 1e-9) ** 3
    safe = np.where(firm, whole, 1.0)
    kernel = weight * (a[:, None] + b[:, None] * apart + c[:, None] * apart * apart) / safe[:, None]
    local = np.einsum("ni,cni->cn", kernel, sums[:, near] - plain[:, :, None]) + plain
    return np.where(firm, local, plain)
