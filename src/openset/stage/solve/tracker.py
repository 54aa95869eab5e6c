"""What the tracker's reports, and a camera's weight, say of the path.

A report is the path at that moment plus white noise and a slow error that runs straight between knots.
The path itself cannot change its speed at once: a camera has weight, and a hand only so much strength.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openset.primitives.rotation import matrix_from_vector, vector_from_matrix
from openset.primitives.space import F64
from openset.stage.solve.model import DELAY, I64, NODAL, Path, RawTrack
from openset.stage.solve.path import LONGEST_GAP_S, covered, read_path
from openset.stage.solve.prior import knot_weights

REACH = 3.0
"""Reports further off than this many standard deviations lose weight."""
ACCELERATION_SD = np.array([3.0] * 3 + [4.0] * 3)
"""Metres and radians per second squared: a shoulder's tremor at its wildest."""


@dataclass(frozen=True, eq=False)
class Ties:
    """k statements of six numbers, each divided by its standard deviation: what is off (k, 6), the
    frames (k, f) and how the statement changes with them (k, f, 6, 6), and with shared columns (k, c),
    (k, 6, c)."""

    off: F64
    frames: I64
    by_pose: F64
    columns: I64
    by_column: F64

    @property
    def weight(self) -> F64:
        """How far each is believed (k,): Cauchy's weights."""
        return np.asarray(1.0 / (1.0 + (self.off**2).mean(axis=1) / REACH**2))

    @property
    def cost(self) -> float:
        """The sum that is made small."""
        return float(3.0 * REACH**2 * np.log1p((self.off**2).mean(axis=1) / REACH**2).sum())


def report_ties(
    times_s: F64, path: Path, raw: RawTrack, shared: F64, knots_s: F64, drift: F64, first: int
) -> Ties:
    """The tracker's reports against the path; `drift` (knots, 6) is the slow error, `first` its first
    column."""
    moments = raw.times_s + shared[DELAY]
    use = covered(times_s, moments)
    moments, sd = moments[use], raw.sd[use]
    read = read_path(path, times_s, moments)
    turned = raw.rotations[use]
    place = raw.positions_m[use] + turned @ shared[NODAL][:3]
    turned = turned @ matrix_from_vector(shared[NODAL][3:])
    near, share = knot_weights(knots_s, moments)
    slow = np.einsum("ka,kai->ki", share, drift[near])
    back = np.swapaxes(read.rotations, 1, 2)
    off = np.concatenate([place - read.positions_m, vector_from_matrix(back @ turned)], axis=1) - slow
    count = len(moments)
    by_pose = np.zeros((count, 4, 6, 6))
    by_pose[:, :, :3, :3] = read.weights[:, :, None, None] * np.eye(3)
    by_pose[:, :, 3:, 3:] = read.weights[:, :, None, None] * (
        back[:, None] @ path.rotations[read.frames]
    )
    by_column = np.zeros((count, 6, 19))
    by_column[:, :, 0] = read.velocity
    by_column[:, :3, 1:4], by_column[:, 3:, 4:7] = -raw.rotations[use], -np.eye(3)
    for knot in range(2):
        rows = np.arange(6)
        by_column[:, rows, 7 + 6 * knot + rows] = share[:, knot, None]
    columns = np.empty((count, 19), np.int64)
    columns[:, 0], columns[:, 1:7] = DELAY, np.arange(NODAL.start, NODAL.stop)
    columns[:, 7:] = (first + 6 * near[:, :, None] + np.arange(6)).reshape(count, 12)
    return Ties(
        off / sd, read.frames, by_pose / sd[:, None, :, None], columns, by_column / sd[:, :, None]
    )


def weight_ties(times_s: F64, path: Path) -> Ties:
    """How suddenly the path changes its speed at each frame between two near ones."""
    before, after = np.diff(times_s)[:-1], np.diff(times_s)[1:]
    middle = np.flatnonzero((before <= LONGEST_GAP_S) & (after <= LONGEST_GAP_S)) + 1
    before, after = before[middle - 1], after[middle - 1]
    frames = np.stack([middle - 1, middle, middle + 1], axis=1)
    turns = vector_from_matrix(np.swapaxes(path.rotations[:-1], 1, 2) @ path.rotations[1:])
    steps = np.concatenate([np.diff(path.positions_m, axis=0), turns], axis=1)
    half = (before + after)[:, None] / 2
    sudden = (steps[middle] / after[:, None] - steps[middle - 1] / before[:, None]) / half
    share = np.stack([1 / before, -1 / before - 1 / after, 1 / after], axis=1) / half
    by_pose = share[:, :, None, None] * np.diag(1.0 / ACCELERATION_SD)
    empty = np.zeros((len(middle), 0), np.int64)
    return Ties(-sudden / ACCELERATION_SD, frames, by_pose, empty, np.zeros((len(middle), 6, 0)))


def reading_floor(times_s: F64, raw: RawTrack) -> F64:
    """What the cubic between frames misses of the tracker's own track, one standard deviation (6,):
    tremor faster than the frames follow."""
    use = covered(raw.times_s, times_s)
    inside = covered(times_s[use], raw.times_s) if use.sum() > 4 else np.zeros(len(raw.times_s), bool)
    if inside.sum() < 20:
        return np.zeros(6)
    known = read_path(Path(raw.positions_m, raw.rotations), raw.times_s, times_s[use])
    read = read_path(Path(known.positions_m, known.rotations), times_s[use], raw.times_s[inside])
    turned = vector_from_matrix(np.swapaxes(read.rotations, 1, 2) @ raw.rotations[inside])
    off = np.concatenate([raw.positions_m[inside] - read.positions_m, turned], axis=1)
    spread = 1.4826 * np.median(np.abs(off), axis=0)
    noise = np.median(raw.sd, axis=0)
    return np.asarray(np.sqrt(np.maximum(spread**2 - 1.9 * noise**2, 0.0)))
